"""The calendar's picture: a stretch of days, its header, and where an offer's bar stands in it.

Places and widths are percents of the stretch.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from offers.admin.schedule import Glance, glance
from offers.models import Offer

Date = datetime.date
FIRST_YEAR, LAST_YEAR = 1900, 8999


class Zoom(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        return {Zoom.MONTH: 1, Zoom.QUARTER: 3, Zoom.YEAR: 12}[self]


@dataclass(frozen=True)
class Unit:
    """A piece of the header: a day, a week or a month."""

    label: str
    title: str
    first: Date
    place: float
    width: float
    is_today: bool
    is_weekend: bool = False


@dataclass(frozen=True)
class Bar:
    """``open_…``: there is no such end at all. ``cut_…``: it lies outside of the stretch."""

    place: float
    width: float
    open_begin: bool
    open_end: bool
    cut_begin: bool
    cut_end: bool


@dataclass(frozen=True)
class Line:
    """An offer in the calendar. ``begins`` is its first day in the stretch, ``None`` before it."""

    offer: Offer
    glance: Glance
    dates: str
    begins: Date | None
    bar: Bar


@dataclass(frozen=True)
class Stretch:
    """The days from ``first`` until before ``after``, by the clock of a space."""

    zoom: Zoom
    first: Date
    zone: ZoneInfo

    @classmethod
    def around(cls, day: Date, zoom: Zoom, zone: ZoneInfo) -> Stretch:
        """The month, quarter or year that the day is in."""
        month = day.month - (day.month - 1) % zoom.months
        return cls(zoom, Date(day.year, month, 1), zone)

    @property
    def after(self) -> Date:
        return _months_on(self.first, self.zoom.months)

    @property
    def before(self) -> Date:
        """The first day of the stretch before this one."""
        return _months_on(self.first, -self.zoom.months)

    @property
    def has_before(self) -> bool:
        return self.first > Date(FIRST_YEAR, 1, 1)

    @property
    def has_after(self) -> bool:
        return self.after.year <= LAST_YEAR

    @property
    def days(self) -> int:
        return (self.after - self.first).days

    @cached_property
    def begin(self) -> datetime.datetime:
        return _midnight(self.first, self.zone)

    @cached_property
    def end(self) -> datetime.datetime:
        return _midnight(self.after, self.zone)

    @property
    def title(self) -> str:
        if self.zoom == Zoom.MONTH:
            return f"{self.first:%B %Y}"
        if self.zoom == Zoom.YEAR:
            return str(self.first.year)
        return f"{self.first:%B} to {self.after - datetime.timedelta(1):%B %Y}"

    def place(self, at: datetime.datetime) -> float:
        """Where a moment is; below 0 and above 100 outside."""
        return round(100 * ((at - self.begin) / (self.end - self.begin)), 3)

    def units(self, today: Date) -> list[Unit]:
        starts = list(self._starts())
        return [self._unit(first, after, today) for first, after in pairwise([*starts, self.after])]

    def months(self, today: Date) -> list[Unit]:
        """Those above the weeks of a quarter."""
        if self.zoom != Zoom.QUARTER:
            return []
        starts = [_months_on(self.first, count) for count in range(4)]
        return [
            self._unit(first, after, today, label=f"{first:%B}")
            for first, after in pairwise(starts)
        ]

    def _starts(self) -> Iterator[Date]:
        if self.zoom == Zoom.YEAR:
            yield from (_months_on(self.first, count) for count in range(12))
            return
        for count in range(self.days):
            day = self.first + datetime.timedelta(count)
            if self.zoom == Zoom.MONTH or count == 0 or day.weekday() == calendar.MONDAY:
                yield day

    def _unit(self, first: Date, after: Date, today: Date, label: str = "") -> Unit:
        titles = {Zoom.MONTH: f"{first:%A} {first.day} {first:%B %Y}", Zoom.YEAR: f"{first:%B %Y}"}
        return Unit(
            label or (f"{first:%b}" if self.zoom == Zoom.YEAR else str(first.day)),
            titles.get(self.zoom, f"the week of {first.day} {first:%B %Y}"),
            first,
            round(100 * (first - self.first).days / self.days, 3),
            round(100 * (after - first).days / self.days, 3),
            first <= today < after,
            self.zoom == Zoom.MONTH and first.weekday() >= calendar.SATURDAY,
        )

    def line(self, offer: Offer, now: datetime.datetime) -> Line:
        begins = offer.publish_at and offer.publish_at.astimezone(self.zone).date()
        return Line(
            offer,
            glance(offer, now),
            dates(offer, self.zone),
            begins if begins and begins >= self.first else None,
            self._bar(offer),
        )

    def _bar(self, offer: Offer) -> Bar:
        begin = self.place(offer.publish_at) if offer.publish_at else 0
        end = self.place(offer.expire_at) if offer.expire_at else 100
        place = max(begin, 0)
        return Bar(
            place,
            round(min(end, 100) - place, 3),
            open_begin=offer.publish_at is None,
            open_end=offer.expire_at is None,
            cut_begin=begin < 0,
            cut_end=end > 100,
        )


def by_day(lines: list[Line]) -> list[tuple[Date | None, list[Line]]]:
    """The lines by the day on which they begin; those that began before the stretch come first."""
    return [(day, list(same)) for day, same in groupby(lines, key=lambda line: line.begins)]


def dates(offer: Offer, zone: ZoneInfo) -> str:
    """“3 Nov 2026 – 12 Dec 2026”, “from 3 Nov 2026”, “until 12 Dec 2026”, “always”."""
    begin = offer.publish_at and _date(offer.publish_at, zone)
    # what is hidden from midnight on is shown until the day before
    last = offer.expire_at and _date(offer.expire_at - datetime.timedelta(microseconds=1), zone)
    if begin and last:
        return begin if begin == last else f"{begin} – {last}"
    return f"from {begin}" if begin else f"until {last}" if last else "always"


def _date(at: datetime.datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def _months_on(first: Date, count: int) -> Date:
    years, month = divmod(first.month - 1 + count, 12)
    return Date(first.year + years, month + 1, 1)


def _midnight(day: Date, zone: ZoneInfo) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), zone)
