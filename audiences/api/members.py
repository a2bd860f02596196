"""Pages of memberships from a member set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from pyroaring import BitMap

from audiences.api.enrolments import not_by_hand
from audiences.models import Audience
from audiences.services.enrol import NotByHand, check_by_hand, enrol, enrol_only, withdraw
from audiences.services.members import members_of
from segments.api.memberships import MembershipViewSet
from segments.api.relationships import Meta as Told
from segments.api.relationships import ToMany
from segments.api.resource import ResourceViewSet
from segments.models import Membership
from segments.services import Change


class MemberViewSet(MembershipViewSet):
    """Memberships that are in the set ``held``."""

    ordering_fields: ClassVar[list[str]] = ["number"]
    held: BitMap | None = BitMap()


class MembersOfAnAudience(ToMany):
    """Who is in an audience now. Those of a static list can be changed here; who is in any other
    follows from its rule or file, and is only read."""

    def change(self, view: ResourceViewSet, row: Any, method: str, document: Any) -> Told:
        try:
            check_by_hand(row)
        except NotByHand as error:
            raise not_by_hand(error) from error
        return super().change(view, row, method, document)

    def add(self, row: Audience, others: Sequence[Membership]) -> Told:
        return _told(enrol, row, others)

    def replace(self, row: Audience, others: Sequence[Membership]) -> Told:
        return _told(enrol_only, row, others)

    def remove(self, row: Audience, others: Sequence[Membership]) -> Told:
        return _told(withdraw, row, others)

    def _listing(self, view: ResourceViewSet, row: Audience) -> ResourceViewSet:
        return self.view(view, action="list", held=members_of(row))


def _told(change: Callable[..., Change], audience: Audience, others: Sequence[Membership]) -> Told:
    memberships = [membership.pk for membership in others]
    return dict(change(audience=audience, memberships=memberships)._asdict())
