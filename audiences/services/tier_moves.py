"""How many members would move from which tier to which, before anything is saved."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from audiences.models import Audience, AudienceGroup
from audiences.rules.tree import AllOf
from audiences.services.bands import Band, read_bands
from audiences.services.groups import audiences_of_group, users_of
from audiences.services.meaning import Meanings
from audiences.services.tier_stays import TYPE
from audiences.services.tiers import gone_of, tiers_as_given
from audiences.services.work_out import work_out
from audiences.types import registry
from segments.models import Space


@dataclass(frozen=True)
class Move:
    """How many members are in one tier (its name) now, and would be in another; None is no tier.

    ``stays`` where the two are one audience.
    """

    before: str | None
    after: str | None
    members: int
    stays: bool


@dataclass(frozen=True)
class TierMoves:
    """What tiers would hold, by the facts as of a moment. All counts are exact.

    ``now`` and ``then`` are the sizes of the tiers there are and of those there would be; ``moves``
    leaves out pairs that nobody is in.
    """

    bands: list[Band]
    there: list[Audience]
    now: list[int]
    then: list[int]
    moves: list[Move]
    everyone: int
    gone: dict[Audience, list[models.Model]]  # the tiers left out, and what uses each
    as_of: datetime.datetime

    @property
    def moved(self) -> int:
        """How many would be in another tier than now, in one for the first time, or in none."""
        return sum(move.members for move in self.moves if not move.stays)

    @property
    def outside(self) -> int:
        """How many would be in no tier."""
        return self.everyone - sum(self.then)


def preview_tiers(
    *,
    space: Space,
    at: datetime.datetime,
    attribute: Any = None,
    tiers: Any = None,
    group: AudienceGroup | None = None,
) -> TierMoves:
    """Count who would be in each tier, and given a group, who would move; nothing is saved.

    What is not given is the group's own. Both sides are asked of the facts as they are, so that
    all who move do so by this change.

    :raises ConfigurationError: as ``make_tiers``.
    """
    there = audiences_of_group(group) if group else []
    bands = read_bands(
        group.attribute if attribute is None and group else attribute,
        tiers_as_given(there) if tiers is None and group else tiers,
        there,
    )
    return tier_moves(space=space, at=at, bands=bands, there=there)


def tier_moves(
    *, space: Space, at: datetime.datetime, bands: list[Band], there: list[Audience]
) -> TierMoves:
    """The same, of tiers that have been read."""
    kind = registry.get(TYPE)
    rules = [kind.rule(band.configuration) for band in bands]
    everyone, *sets = work_out(
        space=space,
        meanings=Meanings({}, {}),
        rules=[AllOf(()), *(audience.rule for audience in there), *rules],
        at=at,
    )
    now, then = sets[: len(there)], sets[len(there) :]
    both = [[one.intersection_cardinality(other) for other in then] for one in now]
    sizes_now, sizes_then = list(map(len, now)), list(map(len, then))
    used = users_of(gone_of(bands, there))
    return TierMoves(
        bands,
        there,
        sizes_now,
        sizes_then,
        _moves(bands, there, both, sizes_now, sizes_then),
        len(everyone),
        {audience: used.get(audience, []) for audience in gone_of(bands, there)},
        at,
    )


def _moves(
    bands: Sequence[Band],
    there: Sequence[Audience],
    both: Sequence[Sequence[int]],
    now: Sequence[int],
    then: Sequence[int],
) -> list[Move]:
    """A member is in one tier at most, so who is in none is what is left of each."""
    found = []
    for audience, row, size in zip(there, both, now, strict=True):
        for band, count in zip(bands, row, strict=True):
            found.append(Move(audience.name, band.name, count, band.audience == audience))
        found.append(Move(audience.name, None, size - sum(row), False))
    for place, (band, size) in enumerate(zip(bands, then, strict=True)):
        entering = size - sum(row[place] for row in both)
        found.append(Move(None, band.name, entering, False))
    return [move for move in found if move.members]
