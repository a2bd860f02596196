from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from audiences.services import work_out
from audiences.services.meaning import Meanings
from audiences.types import ConfigurationError
from audiences.types.tier import Tier
from segments.models import Space

Make = Callable[..., Any]
KIND = Tier()


@pytest.mark.parametrize(
    ("attribute", "start", "end", "sentence"),
    [
        ("total_order_value", 100, 500, "with a total order value from 100 to under 500"),
        ("total_order_value", "500.50", None, "with a total order value from 500.5 up"),
        ("total_orders", 3, 10, "with orders from 3 to under 10"),
        ("age", 18, 25, "aged from 18 to under 25"),
        (
            "last_order_at",
            "2026-01-01",
            "2026-04-01",
            "ordered from 2026-01-01 to before 2026-04-01",
        ),
        ("created_at", "2026-01-01T09:30:00Z", None, "joined from 2026-01-01 09:30 UTC on"),
        ("birthday", "1990-01-01", None, "born from 1990-01-01 on"),
        ("metadata.loyalty_points", 0, 0.5, "with loyalty points from 0 to under 0.5"),
        ("metadata.paid_until", "2026-01-01", None, "with paid until from 2026-01-01 on"),
    ],
)
def test_a_band_is_said_in_words(attribute: str, start: Any, end: Any, sentence: str) -> None:
    clean = KIND.clean({"attribute": attribute, "start": start, "end": end})
    assert KIND.summary(clean, {}) == sentence
    who = "who " if sentence.startswith(("ordered", "joined")) else ""
    assert KIND.refusal(clean, [], {}) == f"Only for members {who}{sentence}."
    assert KIND.clean(clean) == clean


def test_no_end_need_not_be_said() -> None:
    assert KIND.clean({"attribute": "age", "start": "18"}) == {
        "attribute": "age",
        "start": 18,
        "end": None,
    }


@pytest.mark.parametrize(
    ("configuration", "place", "said"),
    [
        ({"start": 1}, "attribute", "None is not a field"),
        ({"attribute": "points", "start": 1}, "attribute", "'points' is not a field"),
        ({"attribute": "email", "start": 1}, "attribute", "email is text, which has no bands"),
        ({"attribute": "age"}, "start", "None is not a number"),
        ({"attribute": "age", "start": True}, "start", "True is not a number"),
        ({"attribute": "age", "start": "NaN"}, "start", "out of bounds"),
        ({"attribute": "age", "start": "2026-01-01"}, "start", "is not a number"),
        ({"attribute": "last_order_at", "start": 5}, "start", "5 is not a date"),
        ({"attribute": "birthday", "start": "2026-01-01T00:00:00Z"}, "start", "is not a date"),
        ({"attribute": "metadata.a", "start": "x"}, "start", "is not a number"),
        ({"attribute": "metadata.a", "start": "x"}, "start", "is not a date"),
        ({"attribute": "age", "start": 5, "end": 5}, "end", "5 is not above 5"),
        ({"attribute": "age", "start": 5, "end": 4}, "end", "4 is not above 5"),
        ({"attribute": "metadata.a", "start": 5, "end": "2026-01-01"}, "end", "be compared"),
        (
            {"attribute": "created_at", "start": "2026-01-01", "end": "2026-02-01T00:00:00Z"},
            "end",
            "be compared",
        ),
        ({"attribute": "age", "start": 5, "stop": 7}, "stop", "“stop” is not known here"),
    ],
)
def test_what_is_no_band_is_refused_in_its_place(
    configuration: dict[str, Any], place: str, said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        KIND.clean(configuration)
    assert said in refused.value.problems[(place,)]


def test_who_is_at_the_start_is_in_and_who_is_at_the_end_is_not(
    make_membership: Make, space: Space, at: datetime.datetime
) -> None:
    values = ["99.99", "100.00", "499.99", "500.00"]
    numbers = [make_membership(total_order_value=value).pk for value in values]
    clean = KIND.clean({"attribute": "total_order_value", "start": 100, "end": 500})
    (found,) = work_out(space=space, meanings=Meanings({}, {}), rules=[KIND.rule(clean)], at=at)
    assert list(found) == numbers[1:3]


def test_the_highest_of_several_values_tells_and_no_number_is_in_no_band(
    make_membership: Make, space: Space, at: datetime.datetime
) -> None:
    seen = [[50, 600], [600], "50", 50, [700, "x"], "x", None, True, {"a": 50}]
    numbers = [make_membership(metadata={"points": one}).pk for one in seen]
    make_membership()
    bands = [(0, 100), (100, 500), (500, None)]
    rules = [
        KIND.rule(KIND.clean({"attribute": "metadata.points", "start": start, "end": end}))
        for start, end in bands
    ]
    low, middle, high = work_out(space=space, meanings=Meanings({}, {}), rules=rules, at=at)
    assert [numbers.index(one) for one in low] == [2, 3]
    assert not middle
    assert [numbers.index(one) for one in high] == [0, 1, 4]
