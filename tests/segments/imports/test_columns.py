"""What a cell may hold; each cell is judged by both ways of reading: on trust, and one by one."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from segments.imports.memberships import MembershipsImported
from segments.imports.refusals import Problem
from segments.models import Membership, Space, earliest_birthday

Import = Callable[..., MembershipsImported]
Stored = Callable[[str], Membership]
Problems = Callable[[str], list[Problem]]

DATE = "is not a date"
WHOLE = "is not a whole number"
AMOUNT = "is not an amount"
MOMENT = "is not a date and time in ISO 8601"
EMAIL = "is not an e-mail address"


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("column", "cell", "fact"),
    [
        ("birthday", "2004-02-29", datetime.date(2004, 2, 29)),
        ("birthday", "2026-06-15", datetime.date(2026, 6, 15)),  # today
        ("total_orders", "0", 0),
        ("total_orders", "2147483647", 2147483647),
        ("total_order_value", "-12.5", Decimal("-12.5")),
        ("total_order_value", "9999999999999999.99", Decimal("9999999999999999.99")),
        ("email", "o'brien+x@sub.example.co.uk", "o'brien+x@sub.example.co.uk"),
        ("email", "jörg@bücher.example", "jörg@bücher.example"),
        ("full_name", "  Zoë van 't Hof ", "Zoë van 't Hof"),
        ("full_name", "é" * 255, "é" * 255),
        ("phone", "\u00a0+31 20 123 4567", "+31 20 123 4567"),
        ("last_order_at", "2024-02-29T23:59:59Z", moment("2024-02-29T23:59:59Z")),
        ("last_order_at", "2024-01-31 10:00:00.25+05:30", moment("2024-01-31T04:30:00.25Z")),
        ("last_order_at", "2024-01-31T10:00-0800", moment("2024-01-31T18:00Z")),
        ("last_order_at", "2024-01-31T10:00", moment("2024-01-31T10:00+01:00")),  # by the space
        ("last_order_at", "2024-07-31", moment("2024-07-31T00:00+02:00")),
    ],
)
def test_takes(
    run: Import, stored: Stored, steps: list[str], column: str, cell: str, fact: Any
) -> None:
    run(f'external_id,{column}\nh-1,"{cell}"\n')
    taken = getattr(stored("h-1"), column)
    assert taken == fact
    assert "Reading row by row" not in steps

    run(f'external_id,{column}\nh-2,"{cell}"\nh-3\n', skip_bad_rows=True)
    assert getattr(stored("h-2"), column) == taken
    assert "Reading row by row" in steps


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        ("external_id", "", "is missing"),
        ("external_id", "x" * 256, "is too long"),
        ("email", "vera", EMAIL),
        ("email", "vera@example", EMAIL),
        ("email", "a@b@example.com", EMAIL),
        ("email", "vera ekberg@example.com", EMAIL),
        ("email", f"{'a' * 250}@b.example", "is too long"),
        ("phone", "1" * 33, "is too long"),
        ("full_name", "é" * 256, "is too long"),
        ("metadata.note", "x" * 10_001, "is too long"),
        ("birthday", "31/12/1990", DATE),
        ("birthday", "12-31-1990", DATE),
        ("birthday", "1990-1-2", DATE),
        ("birthday", "1990-13-01", DATE),
        ("birthday", "1990-02-29", DATE),
        ("birthday", "19901231", DATE),
        ("birthday", "1990-12-31T00:00:00Z", DATE),
        ("birthday", "10000-01-01", "is in the future"),
        ("birthday", "today", DATE),
        ("birthday", "infinity", "is in the future"),
        ("birthday", "-infinity", "is more than 123 years ago"),
        ("birthday", "2026-06-16", "is in the future"),
        ("birthday", "1903-06-14", "is more than 123 years ago"),
        ("total_orders", "-1", "is negative"),
        ("total_orders", "1.5", WHOLE),
        ("total_orders", "12.0", WHOLE),
        ("total_orders", "1,000", WHOLE),
        ("total_orders", "0x1F", WHOLE),
        ("total_orders", "1_000", WHOLE),
        ("total_orders", "+5", WHOLE),
        ("total_orders", "five", WHOLE),
        ("total_orders", "NaN", WHOLE),
        ("total_orders", "2147483648", "is too large"),
        ("total_orders", "9" * 400, "is too large"),
        ("total_order_value", "1234,50", AMOUNT),
        ("total_order_value", "€ 5", AMOUNT),
        ("total_order_value", "1e3", AMOUNT),
        ("total_order_value", "NaN", AMOUNT),
        ("total_order_value", "Infinity", AMOUNT),
        ("total_order_value", "-Infinity", AMOUNT),
        ("total_order_value", "10.555", "has more than two decimals"),
        ("total_order_value", "10000000000000000", "is too large"),
        ("total_order_value", "-10000000000000000", "is too large"),
        ("last_order_at", "31/12/2017 19:01", MOMENT),
        ("last_order_at", "2017-12-31T19:01:05 PST", MOMENT),
        ("last_order_at", "2017-12-31T25:01:05Z", MOMENT),
        ("last_order_at", "2017-12-3NT69:01:05Z", MOMENT),  # PostgreSQL reads it as the 5th
        ("last_order_at", "2017-12-31T 9:01:05Z", MOMENT),
        ("last_order_at", "2017-02-30T10:01:05Z", MOMENT),
        ("last_order_at", "now", MOMENT),
        ("last_order_at", "infinity", "is not in the years 2 to 9998"),
        ("last_order_at", "10000-01-01T00:00:00Z", "is not in the years 2 to 9998"),
        ("last_order_at", "0001-01-01T00:00:00Z", "is not in the years 2 to 9998"),
        ("created_at", "9999-01-01T00:00:00Z", "is not in the years 2 to 9998"),
        ("created_at", "1514764865", MOMENT),
    ],
)
def test_refuses(problems: Problems, column: str, cell: str, problem: str) -> None:
    if column == "external_id":
        found = problems(f'external_id,full_name\n"{cell}",x\n')
    else:
        found = problems(f'external_id,{column}\nh-1,"{cell}"\n')

    assert [(one.line, one.column, one.problem) for one in found] == [(2, column, problem)]
    assert found[0].value == (cell[:200] or None)
    assert found[0].remedy


def test_takes_the_birthday_of_who_turns_123_today_by_the_clock_of_the_space(
    run: Import, stored: Stored, space: Space
) -> None:
    now = timezone.now()
    earliest = earliest_birthday(space.date_at(now))

    run(f"external_id,birthday\nh-1,{earliest}\n", now=now)

    assert stored("h-1").birthday == earliest


def test_judges_birthdays_by_the_clock_of_the_space(run: Import, problems: Problems) -> None:
    """The space is two hours ahead of UTC in summer."""
    late = datetime.datetime(2026, 6, 15, 22, 30, tzinfo=datetime.UTC)

    assert run("external_id,birthday\nh-1,2026-06-16\n", now=late).added == 1
    assert problems("external_id,birthday\nh-2,2026-06-16\n")[0].remedy == (
        "write a date up to 2026-06-15"
    )


def changed(text: str) -> st.SearchStrategy[str]:
    """The text with a few characters after the year changed."""
    place = st.integers(4, len(text) - 1)
    sign = st.sampled_from("0123456789-+:.TZaN")
    changes = st.lists(st.tuples(place, sign), min_size=1, max_size=3)
    return changes.map(lambda pairs: "".join({**dict(enumerate(text)), **dict(pairs)}.values()))


WRITTEN = st.sampled_from(
    ["2017-12-31T19:01:05Z", "2017-12-31", "2017-12-31 19:01:05.25+01:00"]
).flatmap(changed)


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],  # shrinking would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(WRITTEN, min_size=40, max_size=40, unique=True))
def test_takes_no_moment_for_another(run: Import, space: Space, cells: list[str]) -> None:
    file = "external_id,last_order_at\n" + "".join(f"{cell},{cell}\n" for cell in cells)

    run(file, skip_bad_rows=True)

    for cell, taken in Membership.objects.values_list("external_id", "last_order_at"):
        if "24:00" not in cell and ":60" not in cell:  # as ISO 8601 has them, but Python hasn't
            meant = moment(cell)
            assert taken == (meant if meant.tzinfo else meant.replace(tzinfo=space.zone))
    Membership.objects.all().delete()
