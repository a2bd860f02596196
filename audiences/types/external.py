"""A list that is made elsewhere and uploaded; its members leave when it is not renewed in time."""

from __future__ import annotations

from audiences.types.member_list import MemberListType


class External(MemberListType):
    name = "external"
    label = "External list"
    help_text = "Members of a list that is made elsewhere and uploaded, until it runs out."
    takes_imports = True
    follows = "the files that are uploaded"
    days_to_live = 30
