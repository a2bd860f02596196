"""The shape of a spread, as a picture of it needs it: bars at round bounds, and how many are below
any value."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from audiences.services.spread import Spread, Whole, round_width

BARS = 60  # at most, and one more, in a picture of numbers
_MOST_BARS = 80  # of days, which are taken by the week, the month or the year
_KNOTS = 400
_TAIL = 0.01
_LONG = 2  # so many times wider than the middle, a spread is shown without its tails at first


@dataclass(frozen=True)
class Bars:
    """How many members are from each bound to just under the next, and below and above them all.

    Bounds are numbers; of days, so many since 1970.
    """

    bounds: list[float]
    counts: list[int]
    below: int
    above: int


@dataclass(frozen=True)
class Shape:
    """``below`` has how many members are below each value of ``at``; between two of these it is
    anywhere between, unless ``exact``: then ``at`` has all the values there are.

    ``whole`` shows everybody and ``middle`` those from the 1st to the 99th percentile;
    ``long_tailed``: most of the whole would be empty. ``unit`` is the least distance between two
    values of this kind, and ``first`` where a lowest tier begins that takes in whoever comes later.
    """

    days: bool
    whole: Bars
    middle: Bars
    long_tailed: bool
    unit: float
    first: Any
    at: list[float]
    below: list[int]
    exact: bool
    members: int
    everyone: int


def shape_of(spread: Spread) -> Shape | None:
    """The shape; None where nobody has a value."""
    if not spread.members:
        return None
    unit, upto = _unit(spread), np.cumsum(spread.counts)
    lowest, highest = int(spread.values[0]), int(spread.values[-1])
    low = int(spread.values[np.searchsorted(upto, spread.members * _TAIL, "right")])
    high = int(spread.values[np.searchsorted(upto, spread.members * (1 - _TAIL))])
    knots = _knots(spread, upto)
    return Shape(
        days=spread.days,
        whole=_bars(spread, upto, lowest, highest, unit),
        middle=_bars(spread, upto, low, high, unit),
        long_tailed=highest - lowest > _LONG * (high - low),
        unit=_plain(spread, unit),
        first=spread.lowest(),
        at=[_plain(spread, value) for value in spread.values[knots]],
        below=(upto - spread.counts)[knots].tolist(),
        exact=len(knots) == len(spread.values),
        members=spread.members,
        everyone=spread.everyone,
    )


def _unit(spread: Spread) -> int:
    """The largest power of ten, up to one whole, of which all values are multiples."""
    powers = [] if spread.days else [10**power for power in range(spread.scale, 0, -1)]
    return next((power for power in powers if not (spread.values % power).any()), 1)


def _bars(spread: Spread, upto: Whole, low: int, high: int, unit: int) -> Bars:
    bounds = _days(low, high) if spread.days else _numbers(low, high, unit)
    below = np.concatenate([[0], upto])[np.searchsorted(spread.values, bounds)]
    return Bars(
        [_plain(spread, bound) for bound in bounds],
        [int(end - start) for start, end in pairwise(below)],
        int(below[0]),
        spread.members - int(below[-1]),
    )


def _numbers(low: int, high: int, unit: int) -> list[int]:
    width = round_width(max(unit, -(-(high - low + 1) // BARS)))
    return [*range(low // width * width, high + 1, width), high // width * width + width]


def _days(low: int, high: int) -> list[int]:
    """Bounds of whole days, weeks from Monday, months or years; or of some years at once."""
    if high - low < _MOST_BARS:
        return list(range(low, high + 2))
    monday = low - (low + 3) % 7  # 1970 began on a Thursday
    if high - monday < 7 * _MOST_BARS:
        return list(range(monday, high + 8, 7))
    first, last = np.array([low, high], "datetime64[D]").astype("datetime64[M]").astype(int)
    months = 1 if last - first < _MOST_BARS else 12
    if (last - first) // 12 >= _MOST_BARS - 1:
        months *= round_width(-(-((last - first) // 12 + 2) // _MOST_BARS))
    starts = np.arange(first // months, last // months + 2) * months
    return [int(day) for day in starts.astype("datetime64[M]").astype("datetime64[D]").astype(int)]


def _knots(spread: Spread, upto: Whole) -> Whole:
    """The places of the values that tell the shape: all of them, or else those at even shares of
    the members and of the range, and where many have one value, that and the next."""
    count = len(spread.values)
    if count <= 2 * _KNOTS:
        return np.arange(count)
    inner = np.searchsorted(upto, [spread.members * _TAIL, spread.members * (1 - _TAIL)])
    low, high = spread.values[inner].astype(float)
    common = np.nonzero(spread.counts * _KNOTS > spread.members)[0]
    found: list[Whole] = [
        np.array([0, count - 1]),
        np.searchsorted(upto, np.linspace(0, spread.members, _KNOTS)),
        np.searchsorted(spread.values, np.linspace(low, high, _KNOTS)),
        common,
        common + 1,
    ]
    return np.unique(np.clip(np.concatenate(found), 0, count - 1))


def _plain(spread: Spread, value: int) -> float:
    number: float = int(value) if spread.days else spread.written(value)
    return number
