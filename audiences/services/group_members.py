"""Who is in a group, and in which of its audiences: by their member sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property

from pyroaring import BitMap

from audiences import members
from audiences.models import Audience, AudienceGroup, AudienceStatus
from audiences.services.groups import audiences_of_group
from segments.services import See, seen_among


class GroupMembers:
    """The members of a group's audiences, as far as one may ``see`` these, by the versions in
    force. Three queries, however many audiences."""

    def __init__(self, group: AudienceGroup, see: See) -> None:
        self.audiences: list[Audience] = seen_among(audiences_of_group(group), see)
        statuses = AudienceStatus.objects.filter(audience__in=self.audiences)
        self._sets = members.load_many(list(statuses))

    @cached_property
    def held(self) -> BitMap:
        """The numbers of those in any of its audiences."""
        return self.held_by(self.audiences)

    def held_by(self, audiences: Iterable[Audience]) -> BitMap:
        """The numbers of those in any of these."""
        return BitMap().union(*(self._sets.get(one.pk, BitMap()) for one in audiences))

    def of(self, numbers: Collection[int]) -> dict[int, list[Audience]]:
        """For each membership the audiences that it is in, in the group's order."""
        found: dict[int, list[Audience]] = {number: [] for number in numbers}
        for audience in self.audiences:
            members_of_audience = self._sets.get(audience.pk, BitMap())
            for number in numbers:
                if number in members_of_audience:
                    found[number].append(audience)
        return found
