"""Times: the calendar in UTC, and the windows that ``occurs`` looks through.

A window is the first and last microsecond at which it holds. Whatever depends on the clock also
says until when it stays as it is, so that audiences are worked out again when it changes.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from functools import cached_property

from audiences.rules.clock import EPOCH, add, day_number, microseconds
from audiences.rules.pql.syntax import Distance
from audiences.rules.pql.values import DAY, HIGHEST, LOWEST, Moment, Span
from audiences.rules.tree import Duration

_FIXED = {
    "millisecond": 1_000,
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
    "day": DAY,
    "week": 7 * DAY,
}
_MONTHS = {"month": 1, "year": 12, "decade": 120, "century": 1_200, "millennium": 12_000}
_PLACES = {"last": -1, "this": 0, "next": 1}

Window = tuple[int, int]


@dataclass(frozen=True)
class Now:
    """The moment at which expressions are asked, and what depends on nothing else."""

    moment: Moment
    kept: dict[object, tuple[Window | None, int]] = field(default_factory=dict)  # windows, by whom

    @classmethod
    def at(cls, moment: datetime.datetime) -> Now:
        return cls(Moment(microseconds(moment)))

    @cached_property
    def date(self) -> datetime.date:
        return date_of(self.moment)

    @property
    def midnight(self) -> int:
        """The next one."""
        return self.day(1).start

    def day(self, offset: int) -> Span:
        """Today, tomorrow (1) or yesterday (-1)."""
        start = self.moment // DAY * DAY + offset * DAY
        return Span(start, start + DAY)

    def period(self, which: str, unit: str) -> Span:
        """This, the last or the next whole unit of the calendar."""
        place = _PLACES[which]
        if unit in _FIXED:
            length = _FIXED[unit]
            # weeks begin on Monday, and 1970 began on a Thursday
            first = 4 * DAY if unit == "week" else 0
            start = (self.moment - first) // length * length + first + place * length
            return Span(start, start + length)
        months = _MONTHS[unit]
        since = (self.date.year * 12 + self.date.month - 1) // months * months + place * months
        return Span(_month(since), _month(since + months))


def _month(months: int) -> int:
    """When a month begins, counted in months since the year 0."""
    if months < 12:
        return LOWEST
    if months >= 120_000:
        return HIGHEST
    return day_number(datetime.date(months // 12, months % 12 + 1, 1)) * DAY


def date_of(moment: int) -> datetime.date:
    """The day in UTC; the first or last of the calendar for what is beyond it."""
    try:
        return EPOCH.date() + datetime.timedelta(days=moment // DAY)
    except OverflowError:
        return datetime.date.min if moment < 0 else datetime.date.max


def day_of(year: int, month: int, day: int) -> Span | None:
    """A day of the calendar, or None where there is none such."""
    try:
        start = day_number(datetime.date(year, month, day)) * DAY
    except (ValueError, OverflowError):
        return None
    return Span(start, start + DAY)


def shifted(moment: int, amount: int, unit: str) -> int:
    """So many units later, or earlier where negative. A month's last day stands for those that it
    lacks."""
    if not LOWEST < moment < HIGHEST:
        return moment
    if unit in _FIXED:
        return max(LOWEST, min(HIGHEST, moment + amount * _FIXED[unit]))
    months = abs(amount) * _MONTHS[unit]
    if months > 120_000:
        return HIGHEST if amount > 0 else LOWEST
    date = date_of(moment)
    day = add(date, Duration(months, "month"), 1 if amount > 0 else -1)
    if day in (datetime.date.min, datetime.date.max) and months:
        return LOWEST if amount < 0 else HIGHEST
    return day_number(day) * DAY + moment % DAY


def is_even(unit: str) -> bool:
    """Whether all units are equally long: months are not."""
    return unit in _FIXED


def beside(direction: str, anchor: Span) -> Window:
    """Before or after the anchor, however far."""
    return (LOWEST, anchor.start - 1) if direction == "before" else (anchor.end, HIGHEST)


def within(first: Span, last: Span) -> Window:
    return first.start, last.end - 1


def at_distance(when: Distance, anchor: Span, instant: bool) -> Window:
    """What is so far from the anchor; of ``!=`` what is not, which is for the caller to turn.

    From a whole day or longer one counts from its start back, and from its end on.
    """
    sign = -1 if when.direction == "before" else 1
    base = anchor.start if instant or sign < 0 else anchor.end
    edge = shifted(base, sign * when.amount, when.unit)
    match when.operator:
        case "<=":
            found = base, edge
        case "<":
            found = base, edge - sign
        case ">=":
            found = edge, sign * HIGHEST
        case ">":
            found = edge + sign, sign * HIGHEST
        case _ if instant:  # so many whole units, and not one more
            found = edge, shifted(base, sign * (when.amount + 1), when.unit) - sign
        case _:
            end = shifted(anchor.end, sign * when.amount, when.unit)
            return shifted(anchor.start, sign * when.amount, when.unit), end - 1
    return (found[1], found[0]) if sign < 0 else found
