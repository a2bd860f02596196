"""Operators on dates and moments, by the calendar and clock of the space.

A span is half-open, [from, until). Days count whole: “within the last 30 days” is from the start of
the day 30 days ago to the end of today; only hours count from the moment itself.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from audiences.rules.clock import (
    Clock,
    add,
    anniversary,
    day_number,
    days_until_anniversary,
    microseconds,
    period,
)
from audiences.rules.facts import Json
from audiences.rules.fields import Field, Kind
from audiences.rules.operators.base import (
    Moves,
    Operator,
    Predicate,
    Test,
    ValueProblem,
    read_pair,
    read_point,
)
from audiences.rules.operators.ordered import HIGHEST, LOWEST, Ranges
from audiences.rules.tree import UNITS, Condition, Duration, Value

Point = datetime.date | datetime.datetime
Span = tuple[Point | None, Point | None]
_DAY = datetime.timedelta(days=1)
_MICROSECOND = datetime.timedelta(microseconds=1)
LONGEST = {"hour": 24 * 366, "day": 36_600, "week": 5_200, "month": 1_200, "year": 100}
_PERIODS = ("day", "week", "month", "year")
_YEARS_BEFORE, _YEARS_AFTER = 200, 100  # of today: whose anniversaries are known


class DateOperator(Operator):
    kinds = frozenset({Kind.DATE, Kind.MOMENT, Kind.ANY})
    takes = "date"

    def read(self, raw: Any, field: Field) -> Value:
        return read_point(raw, field)

    def spans(self, value: Any, clock: Clock) -> Sequence[Span]:
        raise NotImplementedError

    def test(self, condition: Condition, field: Field, clock: Clock) -> Test:
        spans = self.spans(condition.value, clock)
        if field.kind == Kind.DATE:
            return Ranges([_range(span, _day_of) for span in spans])
        ranges = Ranges([_range(span, lambda point: _moment_of(point, clock)) for span in spans])
        if field.kind == Kind.MOMENT:
            return ranges
        return Predicate(lambda seen: _in_ranges(ranges, seen, clock))

    def suits(self, value: Value) -> bool:
        first = value[0] if isinstance(value, tuple) else value
        return isinstance(first, datetime.date | Duration) or first in _PERIODS


def _range(span: Span, number: Callable[[Point], int]) -> tuple[int, int]:
    start, end = span
    return (
        LOWEST if start is None else number(start),
        HIGHEST if end is None else number(end) - 1,
    )


def _day_of(point: Point) -> int:
    return day_number(point)


def _moment_of(point: Point, clock: Clock) -> int:
    if isinstance(point, datetime.datetime):
        return microseconds(point)
    if point == datetime.date.max:
        return HIGHEST
    return LOWEST if point == datetime.date.min else clock.start_of(point)


def _in_ranges(ranges: Ranges, seen: Json, clock: Clock) -> bool:
    moment = moment_of(seen, clock)
    return moment is not None and ranges.single(moment)


def moment_of(seen: Json, clock: Clock) -> int | None:
    """The moment that a text of metadata says, in ISO 8601: a day is its start, by the space."""
    if not isinstance(seen, str) or not 10 <= len(seen) <= 40:
        return None
    try:
        if len(seen) == 10:
            return _moment_of(datetime.date.fromisoformat(seen), clock)
        moment = datetime.datetime.fromisoformat(seen)
        return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=clock.zone))
    except (ValueError, OverflowError):
        return None


def _after(point: Point) -> Point:
    """The first point that is later: the next day, or the next microsecond."""
    try:
        return point + (_MICROSECOND if isinstance(point, datetime.datetime) else _DAY)
    except OverflowError:
        return point


def _comparison(operator: str, phrase: str, span: Callable[[Point], Span]) -> Operator:
    class Comparison(DateOperator):
        name: ClassVar[str] = operator
        words: ClassVar[str] = phrase

        def spans(self, value: Any, clock: Clock) -> Sequence[Span]:
            return [span(value)]

    return Comparison()


class On(DateOperator):
    name = "on"
    words = "is on {}"

    def read(self, raw: Any, field: Field) -> Value:
        point = read_point(raw, field)
        if isinstance(point, datetime.datetime):
            raise ValueProblem(f"{raw!r} is a moment. Give a day such as {point:%Y-%m-%d}.")
        return point

    def spans(self, value: Any, clock: Clock) -> Sequence[Span]:
        return [(value, _after(value))]


class Between(DateOperator):
    name = "between"
    words = "is from {} to {}"
    takes = "two dates"
    end_included: ClassVar[bool] = True

    def read(self, raw: Any, field: Field) -> Value:
        low, high = read_pair(raw, lambda one: read_point(one, field))
        if type(low) is not type(high):
            raise ValueProblem(f"{raw!r} mixes a day and a moment. Give two days or two moments.")
        if low > high or (low == high and not self.end_included):
            raise ValueProblem(f"{raw[0]} to {raw[1]} is empty. Give the earlier date first.")
        return low, high

    def spans(self, value: Any, clock: Clock) -> Sequence[Span]:
        low, high = value
        return [(low, _after(high) if self.end_included else high)]


class BetweenHalfOpen(Between):
    name = "between_half_open"
    words = "is from {} to before {}"
    end_included = False


class Relative(DateOperator):
    """A length of time from now."""

    takes = "duration"

    def read(self, raw: Any, field: Field) -> Value:
        return read_duration(raw, hours=field.kind != Kind.DATE)

    def moves(self, value: Value) -> Moves:
        hours = isinstance(value, Duration) and value.unit == "hour"
        return Moves.BY_MOMENT if hours else Moves.BY_DAY


def read_duration(raw: Any, *, hours: bool) -> Duration:
    units = UNITS if hours else UNITS[1:]
    problem = ValueProblem(
        f'{raw!r} is not a length of time. Give {{"amount": 30, "unit": "day"}}; '
        f"the units are {', '.join(units)}."
    )
    if not isinstance(raw, dict) or raw.keys() != {"amount", "unit"}:
        raise problem
    amount, unit = raw["amount"], raw["unit"]
    unit = unit.removesuffix("s") if isinstance(unit, str) else unit
    if unit not in units or isinstance(amount, bool) or not isinstance(amount, int):
        raise problem
    if not 0 <= amount <= LONGEST[unit]:
        raise ValueProblem(f"{amount} {unit}s is out of bounds. Give 0 to {LONGEST[unit]} {unit}s.")
    return Duration(amount, unit)


class WithinLast(Relative):
    name = "within_last"
    words = "is within the last {}"

    def spans(self, value: Any, clock: Clock) -> Sequence[Span]:
        if value.unit == "hour":
            return [(_hours(clock, -value.amount), _after(clock.now))]
        return [(add(clock.today, value, -1), _after(clock.today))]


class MoreThanAgo(Relative):
    name = "more_than_ago"
    words = "is more than {} ago"

    def spans(self, value: Any, clock: Clock) -> Sequence[Span]:
        if value.unit == "hour":
            return [(None, _hours(clock, -value.amount))]
        return [(None, add(clock.today, value, -1))]


class WithinNext(Relative):
    name = "within_next"
    words = "is within the next {}"

    def spans(self, value: Any, clock: Clock) -> Sequence[Span]:
        if value.unit == "hour":
            return [(clock.now, _after(_hours(clock, value.amount)))]
        return [(clock.today, _after(add(clock.today, value)))]


def _hours(clock: Clock, amount: int) -> datetime.datetime:
    return clock.now + datetime.timedelta(hours=amount)


class InPeriod(DateOperator):
    """The day, week (from Monday), month or year of today, or its neighbour."""

    takes = "period"
    offset: ClassVar[int]

    def read(self, raw: Any, field: Field) -> Value:
        if raw not in _PERIODS:
            raise ValueProblem(f"{raw!r} is not a period. Give one of {', '.join(_PERIODS)}.")
        return str(raw)

    def spans(self, value: Any, clock: Clock) -> Sequence[Span]:
        return [period(clock.today, value, self.offset)]

    def moves(self, value: Value) -> Moves:
        return Moves.BY_DAY


class InThis(InPeriod):
    name = "in_this"
    words = "is in this {}"
    offset = 0


class InLast(InPeriod):
    name = "in_last"
    words = "is in the last {}"
    offset = -1


class InNext(InPeriod):
    name = "in_next"
    words = "is in the next {}"
    offset = 1


class AnniversaryWithin(DateOperator):
    """The day of the year comes round within a length of time, today included.

    Known for dates from two centuries ago to one ahead. 29 February comes round on 1 March in
    common years, as for ages.
    """

    name = "anniversary_within"
    words = "has its anniversary within {}"
    takes = "duration"

    def read(self, raw: Any, field: Field) -> Value:
        return read_duration(raw, hours=False)

    def moves(self, value: Value) -> Moves:
        return Moves.BY_DAY

    def spans(self, value: Any, clock: Clock) -> Sequence[Span]:
        days = (add(clock.today, value) - clock.today).days
        runs = _runs([days_until_anniversary(day, clock.today) <= days for day in _LEAP_YEAR])
        years = range(
            max(clock.today.year - _YEARS_BEFORE, datetime.MINYEAR),
            min(clock.today.year + _YEARS_AFTER, datetime.MAXYEAR - 1) + 1,
        )
        spans = (
            (anniversary(_LEAP_YEAR[first], year), _end_of_run(_LEAP_YEAR[last], year))
            for year in years
            for first, last in runs
        )
        return [(start, end) for start, end in spans if start < end]


_LEAP_YEAR = [datetime.date(2000, 1, 1) + _DAY * day for day in range(366)]


def _runs(answers: Sequence[bool]) -> list[tuple[int, int]]:
    """The first and last place of each run of true answers."""
    runs: list[tuple[int, int]] = []
    for place, answer in enumerate(answers):
        if answer and runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        elif answer:
            runs.append((place, place))
    return runs


def _end_of_run(day: datetime.date, year: int) -> datetime.date:
    """The day after the run's last, in a year: 29 February may not be there."""
    if (day.month, day.day) == (2, 29):
        return datetime.date(year, 3, 1)
    return day.replace(year=year) + _DAY


DATE_OPERATORS: tuple[Operator, ...] = (
    On(),
    _comparison("before", "is before {}", lambda point: (None, point)),
    _comparison("after", "is after {}", lambda point: (_after(point), None)),
    _comparison("on_or_before", "is on or before {}", lambda point: (None, _after(point))),
    _comparison("on_or_after", "is on or after {}", lambda point: (point, None)),
    Between(),
    BetweenHalfOpen(),
    WithinLast(),
    MoreThanAgo(),
    WithinNext(),
    InThis(),
    InLast(),
    InNext(),
    AnniversaryWithin(),
)
