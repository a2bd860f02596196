"""How much audiences have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from pyroaring import BitMap

from audiences import members
from audiences.models import Audience, AudienceStatus

MOST_COMBINED = 5  # audiences whose combinations are counted: of more there may be very many


@dataclass(frozen=True)
class Pair:
    """Two audiences (their numbers) and those in both; Jaccard is both as a share of either."""

    first: int
    second: int
    both: int
    jaccard: float


@dataclass(frozen=True)
class Combination:
    """How many are in all of these audiences (their numbers) and in none of the others."""

    audiences: tuple[int, ...]
    count: int


@dataclass(frozen=True)
class Overlap:
    sizes: dict[int, int]
    pairs: list[Pair]
    everyone: int  # in at least one
    in_all: int
    combinations: list[Combination]  # those of anybody, the largest first; none of more than five


def overlap(audiences: Sequence[Audience]) -> Overlap:
    """The overlap of the versions in force."""
    statuses = AudienceStatus.objects.filter(audience__in=audiences)
    sets = members.load_many(list(statuses))
    held = {audience.pk: sets.get(audience.pk, BitMap()) for audience in audiences}
    pairs = [
        Pair(
            first,
            second,
            held[first].intersection_cardinality(held[second]),
            round(held[first].jaccard_index(held[second]), 4)
            if held[first] or held[second]
            else 0.0,
        )
        for first, second in combinations(held, 2)
    ]
    known = list(held.values())
    return Overlap(
        sizes={number: len(found) for number, found in held.items()},
        pairs=pairs,
        everyone=len(BitMap().union(*known)),
        in_all=len(known[0].intersection(*known[1:])) if known else 0,
        combinations=_combinations(held) if len(held) <= MOST_COMBINED else [],
    )


def _combinations(held: Mapping[int, BitMap]) -> list[Combination]:
    parts: dict[tuple[int, ...], BitMap] = {(): BitMap().union(*held.values())}
    for number, members_of_one in held.items():
        inside = {(*those, number): part & members_of_one for those, part in parts.items()}
        outside = {those: part - members_of_one for those, part in parts.items()}
        parts = {those: part for those, part in (inside | outside).items() if part}
    found = [Combination(those, len(part)) for those, part in parts.items()]
    return sorted(found, key=lambda one: (-one.count, one.audiences))
