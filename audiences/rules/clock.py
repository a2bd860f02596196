"""The moment at which rules are asked, on the calendar of the space."""

from __future__ import annotations

import datetime
from calendar import monthrange
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from audiences.rules.tree import Duration

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_EPOCH_DAY = EPOCH.date().toordinal()
_MICROSECOND = datetime.timedelta(microseconds=1)
_DAY = datetime.timedelta(days=1)


def microseconds(moment: datetime.datetime) -> int:
    """Microseconds since 1970, exactly: the form in which moments are compared."""
    return (moment - EPOCH) // _MICROSECOND


def day_number(date: datetime.date) -> int:
    """Days since 1970: the form in which dates are compared."""
    return date.toordinal() - _EPOCH_DAY


@dataclass(frozen=True)
class Clock:
    now: datetime.datetime
    zone: ZoneInfo

    @cached_property
    def today(self) -> datetime.date:
        return self.now.astimezone(self.zone).date()

    def start_of(self, date: datetime.date) -> int:
        """When a day begins, in microseconds since 1970.

        Where the clocks skip midnight, the day begins when they have: as Python resolves the gap.
        """
        return microseconds(datetime.datetime.combine(date, datetime.time(), self.zone))

    def next_midnight(self) -> datetime.datetime:
        return datetime.datetime.combine(self.today + _DAY, datetime.time(), self.zone)


def add(date: datetime.date, duration: Duration, sign: int = 1) -> datetime.date:
    """The date so many days, weeks, months or years later (or earlier, with sign -1).

    A month's last day stands for the days it lacks (31 January + 1 month is 28 February). Beyond
    the calendar it is the calendar's first or last day.
    """
    amount = sign * duration.amount
    try:
        if duration.unit in ("day", "week"):
            return date + datetime.timedelta(days=amount * (7 if duration.unit == "week" else 1))
        months = date.year * 12 + date.month - 1 + amount * (12 if duration.unit == "year" else 1)
        year, month = divmod(months, 12)
        return date.replace(
            year=year, month=month + 1, day=min(date.day, monthrange(year, month + 1)[1])
        )
    except (OverflowError, ValueError):
        return datetime.date.max if sign > 0 else datetime.date.min


def period(today: datetime.date, unit: str, offset: int) -> tuple[datetime.date, datetime.date]:
    """The day, week (from Monday), month or year that is ``offset`` from today's: [start, end)."""
    start = {
        "day": today,
        "week": today - datetime.timedelta(days=today.weekday()),
        "month": today.replace(day=1),
        "year": today.replace(month=1, day=1),
    }[unit]
    start = add(start, Duration(abs(offset), unit), 1 if offset >= 0 else -1)
    return start, add(start, Duration(1, unit))


def anniversary(date: datetime.date, year: int) -> datetime.date:
    """A date's anniversary in a year; 29 February's is 1 March in common years."""
    try:
        return date.replace(year=year)
    except ValueError:
        return datetime.date(year, 3, 1)


def days_until_anniversary(date: datetime.date, today: datetime.date) -> int:
    """Days from today to the next anniversary: 0 on the day itself."""
    this_year = anniversary(date, today.year)
    if this_year >= today:
        return (this_year - today).days
    return (anniversary(date, today.year + 1) - today).days
