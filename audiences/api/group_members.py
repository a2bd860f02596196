"""``/audience-groups/ID/members``: who is in a group, and in which of its audiences."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.api.members import MemberViewSet
from audiences.models import AudienceGroup
from audiences.services.group_members import GroupMembers
from segments.api.errors import Problem, Refused, shown
from segments.api.memberships import MembershipFilters
from segments.api.parameters import in_brackets
from segments.api.relationships import ToMany
from segments.api.resource import ResourceViewSet


class GroupMemberFilters(MembershipFilters):
    audience = django_filters.UUIDFilter(
        method="by_set", help_text="In the audience of this id, which is one of the group."
    )


class GroupMemberViewSet(MemberViewSet):
    """Memberships in any audience of a group. The ``meta`` of each tells which it is in."""

    filterset_class = GroupMemberFilters
    chosen_by_set: ClassVar[frozenset[str]] = frozenset({"audience"})
    members: GroupMembers

    def list(self, request: Request, **kwargs: Any) -> Response:
        response = super().list(request, **kwargs)
        told = self.members.of([membership.pk for membership in self._page])
        for resource, membership in zip(response.data["data"], self._page, strict=True):
            resource["meta"] = {
                "audiences": [
                    {"id": str(audience.id), "name": str(audience)}
                    for audience in told[membership.pk]
                ]
            }
        return response

    def paginate_queryset(self, queryset: Any) -> Any:
        self.held = self._held()
        self._page = super().paginate_queryset(queryset) or []
        return self._page

    def _held(self) -> Any:
        given = in_brackets(self.request, "filter").get("audience")
        if given is None:
            return self.members.held
        named = [one for one in self.members.audiences if str(one.id) == given.lower()]
        if not named:
            detail = f"This group has no audience with the id {shown(given)}. Name one of its own."
            raise Refused(404, Problem("not_found", detail, parameter="filter[audience]"))
        return self.members.held_by(named)


class MembersOfAGroup(ToMany):
    """Who is in any of a group's audiences now, by their versions in force. It is only read."""

    def _listing(self, view: ResourceViewSet, row: AudienceGroup) -> ResourceViewSet:
        return self.view(view, action="list", members=GroupMembers(row, view.access.seen))
