"""The calendar's picture: which days it shows, and where an offer's bar stands in it."""

from __future__ import annotations

import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from offers.admin.calendar import Stretch, Zoom, by_day, dates
from offers.models import Offer

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime.datetime(2026, 6, 15, 12, tzinfo=AMSTERDAM)
Date = datetime.date


def at(month: int, day: int, hour: int = 0) -> datetime.datetime:
    return datetime.datetime(2026, month, day, hour, tzinfo=AMSTERDAM)


def around(zoom: Zoom) -> Stretch:
    return Stretch.around(NOW.date(), zoom, AMSTERDAM)


@pytest.mark.parametrize(
    ("zoom", "first", "after", "before", "title"),
    [
        (Zoom.MONTH, Date(2026, 6, 1), Date(2026, 7, 1), Date(2026, 5, 1), "June 2026"),
        (Zoom.QUARTER, Date(2026, 4, 1), Date(2026, 7, 1), Date(2026, 1, 1), "April to June 2026"),
        (Zoom.YEAR, Date(2026, 1, 1), Date(2027, 1, 1), Date(2025, 1, 1), "2026"),
    ],
)
def test_a_day_is_shown_in_its_month_quarter_or_year(
    zoom: Zoom, first: Date, after: Date, before: Date, title: str
) -> None:
    stretch = around(zoom)
    assert (stretch.first, stretch.after, stretch.before) == (first, after, before)
    assert stretch.title == title


def test_a_month_has_days_a_quarter_weeks_and_a_year_months() -> None:
    days = around(Zoom.MONTH).units(NOW.date())
    assert [unit.label for unit in days] == [str(day) for day in range(1, 31)]
    weekends = [int(unit.label) for unit in days if unit.is_weekend]
    assert weekends == [6, 7, 13, 14, 20, 21, 27, 28]
    weeks = around(Zoom.QUARTER).units(NOW.date())
    assert [unit.label for unit in weeks][:3] == ["1", "6", "13"]  # the first of April, Mondays
    assert [unit.label for unit in weeks if unit.is_today] == ["15"]
    assert [unit.label for unit in around(Zoom.QUARTER).months(NOW.date())] == [
        "April",
        "May",
        "June",
    ]
    months = around(Zoom.YEAR).units(NOW.date())
    assert [unit.label for unit in months][:2] == ["Jan", "Feb"]
    for units in (days, weeks, months):
        assert sum(unit.width for unit in units) == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize("year", [1900, 8999])
def test_there_is_nothing_before_the_first_year_nor_after_the_last(year: int) -> None:
    stretch = Stretch.around(Date(year, 1, 1), Zoom.YEAR, AMSTERDAM)
    assert (stretch.has_before, stretch.has_after) == (year > 1900, year < 8999)
    assert stretch.end.year == year + 1


@pytest.mark.parametrize(
    ("times", "place", "width", "ends"),
    [
        ({"publish_at": at(6, 4), "expire_at": at(6, 16)}, 10, 40, ""),
        ({"publish_at": at(5, 4), "expire_at": at(6, 16)}, 0, 50, "cut_begin"),
        ({"publish_at": at(6, 16), "expire_at": at(8, 1)}, 50, 50, "cut_end"),
        ({"publish_at": at(6, 16)}, 50, 50, "open_end"),
        ({"expire_at": at(6, 16)}, 0, 50, "open_begin"),
        ({}, 0, 100, "open_begin open_end"),
    ],
)
def test_a_bar_stands_at_its_days_and_says_where_it_is_open_or_goes_on(
    times: dict[str, Any], place: float, width: float, ends: str
) -> None:
    bar = around(Zoom.MONTH).line(Offer(**times), NOW).bar
    assert [bar.place, bar.width] == pytest.approx([place, width])
    kinds = ("open_begin", "open_end", "cut_begin", "cut_end")
    assert [kind for kind in kinds if getattr(bar, kind)] == ends.split()


def test_days_go_by_the_clock_of_the_space() -> None:
    midnight = datetime.datetime(2026, 5, 31, 22, tzinfo=datetime.UTC)
    line = around(Zoom.MONTH).line(Offer(publish_at=midnight), NOW)
    assert (line.begins, line.bar.place) == (Date(2026, 6, 1), 0)


def test_lines_stand_by_the_day_on_which_they_begin() -> None:
    month = around(Zoom.MONTH)
    begins = [None, at(5, 1), at(6, 4), at(6, 4, 18), at(6, 5)]
    groups = by_day([month.line(Offer(publish_at=begin), NOW) for begin in begins])
    assert [(day, len(lines)) for day, lines in groups] == [
        (None, 2),
        (Date(2026, 6, 4), 2),
        (Date(2026, 6, 5), 1),
    ]


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        (at(6, 4), at(6, 16), "4 Jun 2026 – 15 Jun 2026"),  # hidden from the 16th on
        (at(6, 4), at(6, 16, 12), "4 Jun 2026 – 16 Jun 2026"),
        (at(6, 4), at(6, 5), "4 Jun 2026"),
        (at(6, 4), None, "from 4 Jun 2026"),
        (None, at(6, 16), "until 15 Jun 2026"),
        (None, None, "always"),
    ],
)
def test_dates_are_said_as_the_first_and_the_last_day(begin: Any, end: Any, said: str) -> None:
    assert dates(Offer(publish_at=begin, expire_at=end), AMSTERDAM) == said
