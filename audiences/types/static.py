"""A list that people and programs put members on, and take them off."""

from __future__ import annotations

from audiences.types.member_list import MemberListType


class Static(MemberListType):
    name = "static"
    label = "Static list"
    help_text = "Members who are put on a list, and stay on it until they are taken off."
    takes_imports = True
    follows = ""
