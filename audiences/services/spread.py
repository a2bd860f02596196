"""How members are spread over the values of a field: for tiers that are to be chosen."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiences.rules import fields
from audiences.rules.clock import EPOCH, Clock
from audiences.rules.columns import Chunk, Documents, Ordered, Wanted, read_chunks
from audiences.rules.facts import Json
from audiences.rules.fields import Field, Kind
from audiences.rules.operators.date import moment_of
from audiences.rules.operators.number import number_of
from audiences.types.tier import attribute_problem
from segments.models import Space

Whole = NDArray[np.int64]
MOST_BUCKETS = 100
_SCALE = 6  # decimals of the numbers in metadata
_LARGEST = Decimal(1 << 62).scaleb(-_SCALE)
_LONG_AGO = datetime.date(1900, 1, 1)
_DAY = datetime.timedelta(days=1)
_DAY_MICROSECONDS = _DAY // datetime.timedelta(microseconds=1)
_TAIL = 0.99  # what is above this share of the members is one bucket


@dataclass(frozen=True)
class Spread:
    """The distinct values, from the lowest to the highest, and how many members have each.

    Days count from 1970; numbers are so many whole 10^-``scale``. A list in the metadata has the
    highest of its values, as for tiers.
    """

    field: Field
    values: Whole
    counts: Whole
    everyone: int
    days: bool
    scale: int

    @property
    def members(self) -> int:
        """How many have a value."""
        return int(self.counts.sum())

    def written(self, value: int) -> Any:
        """A value in the form in which a tier's start is given."""
        if self.days:
            return (EPOCH.date() + _DAY * int(value)).isoformat()
        number = Decimal(int(value)).scaleb(-self.scale)
        return int(number) if number == number.to_integral_value() else float(number)

    def lowest(self) -> Any:
        """Where a lowest tier begins that takes in whoever comes later, with less than anybody."""
        lowest = self.written(int(self.values[0]))
        return min(lowest, _LONG_AGO.isoformat()) if self.days else min(lowest, 0)

    def cuts(self, parts: int) -> list[int]:
        """The values at which to cut the members into parts of one size, as near as can be: those
        alike stay together, so there may be fewer cuts than asked for."""
        first = np.cumsum(self.counts) - self.counts  # how many are below each value
        found = []
        for part in range(1, parts):
            distance = np.abs(first[1:] * parts - self.members * part)
            if len(distance):
                found.append(int(self.values[1:][distance.argmin()]))
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Bucket:
    start: Any
    end: Any  # None: no end
    members: int


class NoSpread(ValueError):
    """That the field has no order."""


def read_spread(*, space: Space, attribute: str, at: datetime.datetime) -> Spread:
    """Read the whole column.

    :raises NoSpread: there is no such field, or it is no number, amount or date.
    """
    if problem := attribute_problem(attribute):
        raise NoSpread(problem)
    field, clock = fields.get(attribute), Clock(at, space.zone)
    found: dict[bool, list[tuple[Whole, Whole]]] = {False: [], True: []}
    everyone = 0
    for chunk in read_chunks(space=space.pk, wanted=Wanted([field.reads]), clock=clock):
        everyone += len(chunk.numbers)
        for days, values in _values(field, chunk).items():
            found[days].append(np.unique(values, return_counts=True))
    days = not any(len(values) for values, _ in found[False])  # of metadata, numbers go first
    values, counts = _merged(found[days])
    scale = _SCALE if field.kind == Kind.ANY else field.scale
    return Spread(field, values, counts, everyone, days, scale)


def _merged(parts: list[tuple[Whole, Whole]]) -> tuple[Whole, Whole]:
    none = np.zeros(0, np.int64)
    values, places = np.unique(
        np.concatenate([none, *(part for part, _ in parts)]), return_inverse=True
    )
    counts = np.zeros(len(values), np.int64)
    np.add.at(counts, places, np.concatenate([none, *(part for _, part in parts)]))
    return values, counts


def _values(field: Field, chunk: Chunk) -> dict[bool, Whole]:
    """The values of a chunk: numbers under False, days under True."""
    column = field.column(chunk)
    if isinstance(column, Ordered):
        values = column.values[column.present]
        if field.kind == Kind.MOMENT:
            values = _days(values, chunk.clock)
        return {field.kind in (Kind.DATE, Kind.MOMENT): values}
    assert isinstance(column, Documents)
    moments = _highest(column, lambda seen: moment_of(seen, chunk.clock))
    return {False: _highest(column, _scaled), True: _days(moments, chunk.clock)}


def _highest(column: Documents, whole: Callable[[Json], int | None]) -> Whole:
    """What stands for each member's value, the highest of a list; for those it stands for."""

    def of(seen: Json) -> int | None:
        known = [whole(one) for one in (seen if isinstance(seen, list) else [seen])]
        return max((one for one in known if one is not None), default=None)

    found = [None if seen is None else of(seen) for seen in column.distinct]
    values = np.array([value or 0 for value in found], np.int64)
    present = np.array([value is not None for value in found], np.bool_)
    return values[column.codes][present[column.codes]]


def _scaled(seen: Json) -> int | None:
    number = number_of(seen)
    if number is None:
        return None
    return floor(max(min(number, _LARGEST), -_LARGEST).scaleb(_SCALE))


def _days(moments: Whole, clock: Clock) -> Whole:
    """The day, by the clock of the space, of each moment: at most one off from that of UTC."""
    near = np.unique(moments // _DAY_MICROSECONDS)
    days = np.unique(np.concatenate([near - 1, near, near + 1]))
    starts = [clock.start_of(EPOCH.date() + _DAY * int(day)) for day in days]
    return days[np.searchsorted(np.array(starts, np.int64), moments, side="right") - 1]


def histogram(spread: Spread, buckets: int) -> list[Bucket]:
    """How many members have a value in each of about so many buckets, at round bounds; the last
    has no end, and takes the tail of the few far above all others.

    ``buckets`` is from 1 to ``MOST_BUCKETS``.
    """
    if not len(spread.values):
        return []
    tail = np.searchsorted(np.cumsum(spread.counts), spread.members * _TAIL)
    lowest, highest = int(spread.values[0]), int(spread.values[tail])
    least = -(-(highest - lowest + 1) // buckets)
    width = _round_days(least) if spread.days else round_width(least)
    first = lowest // width * width
    starts = first + width * np.arange(min(buckets, (highest - first) // width + 1))
    places = np.clip((spread.values - first) // width, 0, len(starts) - 1)
    counts = np.bincount(places, spread.counts, len(starts)).astype(np.int64)
    bounds = [*(spread.written(int(start)) for start in starts), None]
    return [
        Bucket(bounds[place], bounds[place + 1], int(count)) for place, count in enumerate(counts)
    ]


def round_width(least: int) -> int:
    """The least of 1, 2, 5, 10, 20 … that is no less."""
    power = int(10 ** (len(str(least)) - 1))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= least)


def _round_days(least: int) -> int:
    return next((days for days in (1, 7) if days >= least), -(-least // 30) * 30)
