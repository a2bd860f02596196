"""How much audiences have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from pyroaring import BitMap

from audiences import members
from audiences.models import Audience, AudienceStatus


@dataclass(frozen=True)
class Pair:
    """Two audiences (their numbers) and those in both; Jaccard is both as a share of either."""

    first: int
    second: int
    both: int
    jaccard: float


@dataclass(frozen=True)
class Overlap:
    sizes: dict[int, int]
    pairs: list[Pair]
    everyone: int  # in at least one
    in_all: int


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
    )
