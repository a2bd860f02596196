"""How members are spread over a field's values."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiences.rules import fields
from audiences.services.spread import NoSpread, Spread, histogram, read_spread
from segments.models import Space

Make = Callable[..., Any]


def spread(values: list[int], *, days: bool = False) -> Spread:
    counts = Counter(values)
    known = sorted(counts)
    return Spread(
        fields.get("total_orders"),
        np.array(known, np.int64),
        np.array([counts[value] for value in known], np.int64),
        len(values),
        days,
        0,
    )


def test_a_column_is_counted_by_value(
    space: Space, make_membership: Make, at: datetime.datetime
) -> None:
    for value in ("5.50", "5.50", "-1", "700"):
        make_membership(total_order_value=value)
    found = read_spread(space=space, attribute="total_order_value", at=at)
    assert [found.written(value) for value in found.values] == [-1, 5.5, 700]
    assert (list(found.counts), found.members, found.everyone) == ([1, 2, 1], 4, 4)


def test_moments_are_days_of_the_space(
    space: Space, make_membership: Make, at: datetime.datetime
) -> None:
    for moment in ("2026-03-28T22:59:59Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", None):
        make_membership(last_order_at=moment)
    found = read_spread(space=space, attribute="last_order_at", at=at)
    assert [found.written(value) for value in found.values] == ["2026-03-28", "2026-03-29"]
    assert (list(found.counts), found.everyone) == ([1, 2], 4)


def test_metadata_has_numbers_or_else_days_and_the_highest_of_a_list(
    space: Space, make_membership: Make, at: datetime.datetime
) -> None:
    points: list[Any] = [1, "2.5", [1, 7, "x"], "x", None, True, 1e30, -1e30]
    for value in points:
        make_membership(metadata={"points": value, "until": "2026-01-01"})
    make_membership(metadata={"until": ["2026-02-01", "2026-01-31T23:30:00Z"]})
    found = read_spread(space=space, attribute="metadata.points", at=at)
    assert [found.written(value) for value in found.values][1:-1] == [1, 2.5, 7]
    assert (found.members, found.everyone, found.days) == (5, 9, False)
    found = read_spread(space=space, attribute="metadata.until", at=at)
    assert [found.written(value) for value in found.values] == ["2026-01-01", "2026-02-01"]


def test_nobody_has_no_spread(space: Space, at: datetime.datetime) -> None:
    found = read_spread(space=space, attribute="metadata.points", at=at)
    assert (histogram(found, 20), found.cuts(5), found.members) == ([], [], 0)


@pytest.mark.parametrize("attribute", ["email", "nothing", ""])
def test_what_has_no_order_is_refused(space: Space, at: datetime.datetime, attribute: str) -> None:
    with pytest.raises(NoSpread):
        read_spread(space=space, attribute=attribute, at=at)


@given(
    values=st.lists(st.integers(-2000, 2000), min_size=1, max_size=200),
    buckets=st.integers(1, 100),
    days=st.booleans(),
)
def test_buckets_count_everybody_once(values: list[int], buckets: int, days: bool) -> None:
    found = spread(values, days=days)
    bars = histogram(found, buckets)
    assert 1 <= len(bars) <= buckets + 1
    assert sum(bar.members for bar in bars) == len(values)
    written = [found.written(value) for value in values]
    for bar in bars:
        end = bar.end
        inside = [one for one in written if bar.start <= one and (end is None or one < end)]
        assert bar.members == len(inside)
    assert [bar.end for bar in bars] == [*(bar.start for bar in bars[1:]), None]


def test_buckets_begin_at_round_values_and_the_tail_is_one() -> None:
    bars = histogram(spread([*range(3, 1000), 1_000_000]), 10)
    assert [bar.start for bar in bars] == list(range(0, 1000, 100))
    assert [bar.members for bar in bars] == [97, *[100] * 8, 101]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=200), st.integers(2, 10))
def test_cuts_never_part_those_alike_and_leave_nobody_out(values: list[int], parts: int) -> None:
    found = spread(values).cuts(parts)
    assert found == sorted(set(found))
    assert len(found) <= min(parts, len(set(values))) - 1
    assert all(min(values) < cut <= max(values) for cut in found)


def test_distinct_values_are_cut_into_parts_of_one_size() -> None:
    assert spread(list(range(100))).cuts(5) == [20, 40, 60, 80]
    assert spread([0] * 60 + [1] * 20 + [2] * 20).cuts(5) == [1, 2]
    assert spread([7] * 9).cuts(5) == []
