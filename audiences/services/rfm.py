"""Recency, frequency and monetary value: quintiles of the members, as tiers of each."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from audiences.models import AudienceGroup, GroupKind
from audiences.services.bands import read_bands
from audiences.services.groups import audiences_of_group
from audiences.services.spread import Spread, read_spread
from audiences.services.tier_moves import TierMoves, tier_moves
from audiences.services.tiers import change_tiers, make_tiers
from segments.models import Space

PARTS = 5


@dataclass(frozen=True)
class Measure:
    name: str
    attribute: str
    value: str  # what a member has, in words


MEASURES = (
    Measure("Recency", "last_order_at", "last order"),
    Measure("Frequency", "total_orders", "number of orders"),
    Measure("Monetary", "total_order_value", "order value"),
)


@dataclass(frozen=True)
class Quintiles:
    """The tiers of one measure, the best last, and the group of them that there is already.

    ``warning`` says why there are fewer than five.
    """

    measure: Measure
    tiers: list[dict[str, Any]]
    group: AudienceGroup | None
    warning: str = ""


class NothingToMeasure(ValueError):
    """That nobody has a value of which there could be quintiles."""


def read_quintiles(*, space: Space, at: datetime.datetime) -> list[Quintiles]:
    """The quintiles of each measure, by the facts as they are.

    :raises NothingToMeasure: nobody has a value of one of them.
    """
    groups = AudienceGroup.objects.filter(space=space, kind=GroupKind.RFM)
    by_attribute = {group.attribute: group for group in groups}
    found = []
    for measure in MEASURES:
        spread = read_spread(space=space, attribute=measure.attribute, at=at)
        if not spread.members:
            raise NothingToMeasure(
                f"No member has a {measure.value}, so {measure.name.lower()} has no quintiles. "
                "Import memberships with their orders first."
            )
        group = by_attribute.get(measure.attribute)
        found.append(Quintiles(measure, _tiers(measure, spread), group, _warning(measure, spread)))
    return found


def preview_rfm(*, space: Space, at: datetime.datetime) -> list[tuple[Quintiles, TierMoves]]:
    """Who would move, by each measure, were the quintiles made or worked out anew."""
    found = []
    for quintiles in read_quintiles(space=space, at=at):
        there = audiences_of_group(quintiles.group) if quintiles.group else []
        bands = read_bands(quintiles.measure.attribute, quintiles.tiers, there)
        moves = tier_moves(space=space, at=at, bands=bands, there=there)
        found.append((quintiles, moves))
    return found


@transaction.atomic
def make_rfm(*, space: Space, at: datetime.datetime) -> list[Quintiles]:
    """Make the three groups of quintiles, or work those there are out anew: a space has each once.

    :raises NothingToMeasure: nobody has a value of one of them.
    :raises AudiencesInUse: there are fewer quintiles than before, and one that would go is in use.
    """
    Space.objects.select_for_update().get(pk=space.pk)
    return [replace(one, group=_made(space, one)) for one in read_quintiles(space=space, at=at)]


def _made(space: Space, quintiles: Quintiles) -> AudienceGroup:
    if quintiles.group:
        return change_tiers(quintiles.group, tiers=quintiles.tiers)
    measure = quintiles.measure
    return make_tiers(
        space=space,
        name=measure.name,
        description=f"Quintiles of the {measure.value}, the best last.",
        attribute=measure.attribute,
        tiers=quintiles.tiers,
        kind=GroupKind.RFM,
    )


def _tiers(measure: Measure, spread: Spread) -> list[dict[str, Any]]:
    """The first begins below whatever anybody has, so that who comes later is in one too."""
    bounds = [spread.lowest(), *map(spread.written, spread.cuts(PARTS)), None]
    return [
        {"name": f"{measure.name} {place + 1}", "start": bounds[place], "end": bounds[place + 1]}
        for place in range(len(bounds) - 1)
    ]


def _warning(measure: Measure, spread: Spread) -> str:
    parts = len(spread.cuts(PARTS)) + 1
    if parts == PARTS:
        return ""
    place = int(spread.counts.argmax())
    share = round(100 * int(spread.counts[place]) / spread.members)
    return (
        f"{parts} instead of {PARTS}: members with the same {measure.value} stay together, and "
        f"{share} % have {spread.written(int(spread.values[place]))}."
    )
