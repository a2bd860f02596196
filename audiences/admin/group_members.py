"""On a group's page: who is in it, and in which of its audiences; found and paged."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.http import HttpRequest

from audiences.admin.seen import seen
from audiences.models import AudienceGroup
from audiences.services.group_members import GroupMembers
from segments.admin.paging import read_after
from segments.models import Membership
from segments.search import numbers_found

PAGE = 50


class GroupMembersPanel:
    """Pages follow the memberships' numbers, so that a page deep in a million is as fast."""

    template = "admin/groups/members.html"

    def context(self, request: HttpRequest, row: AudienceGroup) -> Mapping[str, Any]:
        words = request.GET.get("q", "").strip()
        members = GroupMembers(row, partial(seen, request))
        held = members.held
        if words:
            held = held & numbers_found(space=row.space, words=words)
        first = held.rank(read_after(request))
        numbers = list(held[first : first + PAGE])
        told = members.of(numbers)
        rows = Membership.objects.filter(pk__in=numbers).order_by("number")
        return {
            "group": row,
            "words": words,
            "members": [(membership, told[membership.pk]) for membership in rows],
            "beginning": not first,
            "next": numbers[-1] if first + PAGE < len(held) else None,
            "size": len(held),
        }
