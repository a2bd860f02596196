"""The shape of a spread: what a picture of it shows."""

from __future__ import annotations

import datetime
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiences.rules import fields
from audiences.services.shape import Shape, shape_of
from audiences.services.spread import Spread


def shape(values: list[int], *, days: bool = False, scale: int = 0) -> Shape:
    counts = Counter(values)
    known = sorted(counts)
    spread = Spread(
        fields.get("total_orders"),
        np.array(known, np.int64),
        np.array([counts[value] for value in known], np.int64),
        len(values),
        days,
        scale,
    )
    found = shape_of(spread)
    assert found is not None
    return found


def day(text: str) -> int:
    return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days


def day_of(number: float) -> str:
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=int(number))).isoformat()


@given(
    values=st.lists(st.integers(-(2**62), 2**62) | st.integers(-50, 50), min_size=1, max_size=200),
)
def test_bars_of_numbers_count_everybody_once(values: list[int]) -> None:
    check_bars(shape(values), values)


@given(
    values=st.lists(
        st.integers(day("0001-01-01"), day("9998-12-31")) | st.integers(-900, 900),
        min_size=1,
        max_size=200,
    ),
)
def test_bars_of_days_count_everybody_once(values: list[int]) -> None:
    check_bars(shape(values, days=True), values)


def check_bars(found: Shape, values: list[int]) -> None:
    assert (found.whole.below, found.whole.above) == (0, 0)
    for bars in (found.whole, found.middle):
        assert bars.below + sum(bars.counts) + bars.above == len(values)
        assert 1 <= len(bars.counts) <= 82
        for (start, end), count in zip(pairwise(bars.bounds), bars.counts, strict=True):
            assert count == sum(start <= value < end for value in values)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=3000))
def test_how_many_are_below_is_exact_at_each_knot(values: list[int]) -> None:
    found = shape(values)
    ordered = np.sort(values)
    assert found.below == np.searchsorted(ordered, found.at).tolist()
    assert found.exact == (len(found.at) == len(set(values)))
    assert (found.at[0], found.at[-1]) == (min(values), max(values))


def test_of_very_many_values_a_few_tell_how_many_are_below() -> None:
    values = [*range(100_000), *[5_000] * 20_000]
    found = shape(values)
    assert not found.exact
    assert len(found.at) < 1300
    place = found.at.index(5_000)
    assert found.at[place + 1] == 5_001  # a step, and not a slope
    for asked in range(0, 100_000, 777):
        told = np.interp(asked, found.at, found.below)
        assert abs(told - sum(value < asked for value in values)) < len(values) / 100


def test_the_few_far_away_are_left_out_of_the_middle() -> None:
    found = shape([*range(1000), 1_000_000])
    assert found.long_tailed
    assert (found.middle.bounds[0], found.middle.bounds[-1]) == (0, 1000)
    assert found.middle.above == 1
    assert found.whole.bounds[-1] == 1_020_000
    assert not shape([*range(1000)]).long_tailed


@pytest.mark.parametrize(
    ("values", "scale", "unit", "width"),
    [
        ([0, 1_000_000, 3_000_000], 6, 1, 1),  # whole numbers in metadata
        ([0, 500_000, 3_000_000], 6, 0.1, 0.1),
        ([0, 250_000], 2, 1, 50),
        ([5, 250_000], 2, 0.01, 50),
    ],
)
def test_no_bar_is_narrower_than_what_keeps_two_values_apart(
    values: list[int], scale: int, unit: float, width: float
) -> None:
    found = shape(values, scale=scale)
    assert found.unit == unit
    assert found.whole.bounds[1] - found.whole.bounds[0] == pytest.approx(width)


@pytest.mark.parametrize(
    ("first", "last", "bounds"),
    [
        ("2026-01-05", "2026-01-07", ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"]),
        ("2026-01-01", "2026-12-31", ["2025-12-29", "2026-01-05"]),
        ("2020-03-15", "2026-02-01", ["2020-03-01", "2020-04-01"]),
        ("1950-03-15", "2008-02-01", ["1950-01-01", "1951-01-01"]),
        ("1850-03-15", "2008-02-01", ["1850-01-01", "1852-01-01"]),
    ],
)
def test_days_are_shown_by_day_week_month_or_year(first: str, last: str, bounds: list[str]) -> None:
    found = shape([day(first), day(last)], days=True)
    assert list(map(day_of, found.whole.bounds))[: len(bounds)] == bounds
    assert found.whole.bounds[-2] <= day(last) < found.whole.bounds[-1]


def test_a_lowest_tier_begins_below_whatever_anybody_has() -> None:
    assert shape([3]).first == 0
    assert shape([-3]).first == -3
    assert shape([day("2020-01-01")], days=True).first == "1900-01-01"


def test_nobody_has_no_shape() -> None:
    none = np.zeros(0, np.int64)
    assert shape_of(Spread(fields.get("age"), none, none, 7, False, 0)) is None
