"""Sizes of an audience over time."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiences.models import Audience, AudienceVersion, Cause
from audiences.services.growth import Period, growth

Make = Callable[..., Any]
HOUR = datetime.timedelta(hours=1)
DAY = 24 * HOUR


@pytest.fixture
def audience(make_audience: Make) -> Audience:
    made: Audience = make_audience("age_within", minimum_age=18)
    return made


@pytest.fixture
def version(audience: Audience, at: datetime.datetime) -> Make:
    """Note a version so long before the moment."""

    def version(number: int, ago: datetime.timedelta, size: int, entered: int, left: int) -> None:
        AudienceVersion.objects.create(
            audience=audience,
            version=number,
            cause=Cause.FACTS,
            size=size,
            entered=entered,
            left=left,
            as_of=at - ago,
            took=HOUR,
        )

    return version


def test_what_has_no_version_has_no_past(audience: Audience, at: datetime.datetime) -> None:
    for period in Period:
        assert growth(audience=audience, period=period, at=at) == []


def test_a_day_is_told_by_hours_and_a_size_stays_until_the_next(
    audience: Audience, version: Make, at: datetime.datetime
) -> None:
    version(1, 3 * HOUR, 10, 10, 0)
    version(2, HOUR + HOUR / 2, 14, 5, 1)
    version(5, HOUR + HOUR / 4, 12, 0, 2)
    found = growth(audience=audience, period=Period.DAY, at=at)
    assert [(one.size, one.entered, one.left) for one in found] == [
        (10, 0, 0),  # who was there first didn't enter
        (12, 5, 3),
        (12, 0, 0),
        (12, 0, 0),
    ]
    assert found[-1].start == at
    assert growth(audience=audience, period=Period.DAY, at=at - 4 * HOUR) == []


def test_days_begin_at_the_midnight_of_the_space(
    audience: Audience, version: Make, at: datetime.datetime
) -> None:
    midnight = datetime.datetime(2026, 6, 14, 22, tzinfo=datetime.UTC)  # in Amsterdam
    version(1, at - midnight + HOUR, 10, 10, 0)
    version(2, at - midnight - HOUR, 11, 1, 0)
    found = growth(audience=audience, period=Period.MONTH, at=at)
    assert [(one.start.isoformat(), one.size) for one in found] == [
        ("2026-06-14T00:00:00+02:00", 10),
        ("2026-06-15T00:00:00+02:00", 11),
    ]


def test_what_was_before_the_period_is_where_it_begins(
    audience: Audience, version: Make, at: datetime.datetime
) -> None:
    version(3, 500 * DAY, 7, 7, 0)
    assert [len(growth(audience=audience, period=period, at=at)) for period in Period] == [
        24,
        30,
        12,
    ]
    months = growth(audience=audience, period=Period.YEAR, at=at)
    assert {(one.size, one.entered) for one in months} == {(7, 0)}
    assert [one.start.date().isoformat() for one in months][::11] == ["2025-07-01", "2026-06-01"]


def test_it_takes_as_many_queries_for_many_versions(
    audience: Audience, version: Make, at: datetime.datetime
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            growth(audience=audience, period=Period.MONTH, at=at)
        return len(captured)

    version(1, 3 * DAY, 10, 10, 0)
    with_one = queries()
    for number in range(2, 30):
        version(number, 3 * DAY - number * HOUR, number, 1, 0)
    assert queries() == with_one
