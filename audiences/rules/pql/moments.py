"""``occurs``, ``CHAIN`` and the parts of dates, made ready to be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from audiences.rules.pql import arrays, syntax, times
from audiences.rules.pql.asked import Ask, Asked, Test, steps_for
from audiences.rules.pql.syntax import Expression
from audiences.rules.pql.times import Window, date_of
from audiences.rules.pql.values import HIGHEST, LOWEST, Span, Value, moment_of

if TYPE_CHECKING:
    from audiences.rules.pql.program import Compiler, Scope

PARTS = {"getYear": "year", "getMonth": "month", "getDayOfMonth": "day"}
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_BOUND_TO_NOTHING = (syntax.TimeWord, syntax.Period, syntax.Literal)


# Times as values


def time_word(expression: syntax.TimeWord) -> Ask:
    if expression.word == "now":

        def now(asked: Asked) -> Value:
            asked.changes(asked.now.moment + 1)  # who knows what is made of it
            return asked.now.moment

        return now
    offset = _DAYS[expression.word]

    def day(asked: Asked) -> Value:
        asked.changes(asked.now.midnight)
        return asked.now.day(offset)

    return day


def period(expression: syntax.Period) -> Ask:
    which, unit = expression.which, expression.unit

    def ask(asked: Asked) -> Value:
        asked.changes(asked.now.period("this", unit).end)
        return asked.now.period(which, unit)

    return ask


def part(compiler: Compiler, expression: Expression, name: str, scope: Scope) -> Ask:
    """The year, month or day of a time, in UTC."""
    if expression == syntax.TimeWord("now"):
        return part_of_today(name)
    value = compiler.ask(expression, scope)

    def ask(asked: Asked) -> Value:
        moment = moment_of(value(asked))
        return None if moment is None else Decimal(getattr(date_of(moment), name))

    return ask


def part_of_today(name: str) -> Ask:
    def ask(asked: Asked) -> Value:
        asked.changes(asked.now.midnight)
        return Decimal(getattr(asked.now.date, name))

    return ask


# The windows of “occurs”


@dataclass(frozen=True)
class _Anchor:
    """What a window is hung up on. ``moving`` is ``now``; ``lasting`` is the same for everybody
    until the clock changes it."""

    span: Callable[[Asked], Span | None]
    instant: Callable[[Asked], bool]
    moving: bool
    lasting: bool


def _anchor(compiler: Compiler, expression: Expression, scope: Scope) -> _Anchor:
    if expression == syntax.TimeWord("now"):
        return _Anchor(
            lambda asked: Span(asked.now.moment, asked.now.moment + 1),
            lambda _: True,
            moving=True,
            lasting=True,
        )
    value = compiler.ask(expression, scope)

    def span(asked: Asked) -> Span | None:
        found = value(asked)
        if isinstance(found, Span):
            return found
        moment = moment_of(found)
        return None if moment is None else Span(moment, moment + 1)

    def instant(asked: Asked) -> bool:
        return not isinstance(value(asked), Span)

    return _Anchor(span, instant, moving=False, lasting=_is_lasting(expression))


def _is_lasting(expression: Expression) -> bool:
    """Whether it says the same of every member: a time word, a period, a date in figures."""
    if isinstance(expression, syntax.Call):
        return expression.name == "date" and all(map(_is_lasting, expression.arguments))
    return isinstance(expression, _BOUND_TO_NOTHING)


@dataclass(frozen=True)
class Frame:
    """The window of an ``occurs``. ``turned``: it holds outside (of ``!=``)."""

    window: Callable[[Asked], Window | None]
    lasting: bool  # whether the window is the same for everybody
    first_moves: bool  # whether its first end moves with now
    last_moves: bool
    uneven: bool  # whether it also jumps at midnight: months are not equally long
    turned: bool = False

    def holds(self, asked: Asked, moment: int) -> bool:
        """Whether a moment is in the window now; also notes when that changes."""
        found = self.window(asked)
        if found is None:
            return False
        first, last = found
        if self.first_moves or self.last_moves:
            now = asked.now.moment
            if self.last_moves and moment > last:
                asked.changes(now + moment - last)
            if self.first_moves and moment >= first:
                asked.changes(now + moment - first + 1)
            if self.uneven:
                asked.changes(asked.now.midnight)
        return (first <= moment <= last) is not self.turned


def frame(compiler: Compiler, when: syntax.When, scope: Scope) -> Frame:
    match when:
        case syntax.On(anchor):
            found = _anchor(compiler, anchor, scope)
            return _frame(found, lambda span, _: times.within(span, span))
        case syntax.Beside(direction, anchor):
            found = _anchor(compiler, anchor, scope)
            return _frame(found, lambda span, _: times.beside(direction, span))
        case syntax.Between(first, last):
            return _between(_anchor(compiler, first, scope), _anchor(compiler, last, scope))
        case syntax.Distance():
            found = _anchor(compiler, when.anchor, scope)
            return _frame(found, lambda span, instant: times.at_distance(when, span, instant), when)


def _frame(
    anchor: _Anchor,
    window: Callable[[Span, bool], Window],
    when: syntax.Distance | None = None,
) -> Frame:
    def found(asked: Asked) -> Window | None:
        span = anchor.span(asked)
        return None if span is None else window(span, anchor.instant(asked))

    return Frame(
        _kept(found) if anchor.lasting else found,
        anchor.lasting,
        anchor.moving,
        anchor.moving,
        when is not None and not times.is_even(when.unit),
        when is not None and when.operator == "!=",
    )


def _between(first: _Anchor, last: _Anchor) -> Frame:
    def found(asked: Asked) -> Window | None:
        start, end = first.span(asked), last.span(asked)
        return None if start is None or end is None else times.within(start, end)

    lasting = first.lasting and last.lasting
    return Frame(_kept(found) if lasting else found, lasting, first.moving, last.moving, False)


def _kept(window: Callable[[Asked], Window | None]) -> Callable[[Asked], Window | None]:
    """A window that is the same for everybody, worked out once for a moment."""

    def found(asked: Asked) -> Window | None:
        kept = asked.now.kept
        if window not in kept:
            before, asked.changes_at = asked.changes_at, HIGHEST
            kept[window] = window(asked), asked.changes_at
            asked.changes_at = before
        found, changes_at = kept[window]
        asked.changes(changes_at)
        return found

    return found


def occurs(compiler: Compiler, expression: syntax.Occurs, scope: Scope) -> Ask:
    value = compiler.ask(expression.moment, scope)
    holds = frame(compiler, expression.when, scope).holds

    def ask(asked: Asked) -> Value:
        found = value(asked)
        if isinstance(found, list):
            asked.spend(len(found))
            moments = [moment_of(item) for item in found]
            return any(moment is not None and holds(asked, moment) for moment in moments)
        moment = moment_of(found)
        return moment is not None and holds(asked, moment)

    return ask


# Sequences of events


@dataclass(frozen=True)
class _Step:
    what: Test
    frame: Frame | None
    steps: int

    def holds(self, asked: Asked, moment: int) -> bool:
        in_time = self.frame is None or self.frame.holds(asked, moment)
        return in_time and self.what(asked)


def chain(compiler: Compiler, expression: syntax.Chain, scope: Scope) -> Ask:
    """Whether there are events for the steps, each later than the one before: for each step the
    earliest that can be, which leaves the most to those after it."""
    source = compiler.ask(expression.source, scope)
    item = compiler.slot()
    inner = scope.with_item(item)
    steps = [
        _Step(
            compiler.test(step.what, inner),
            None if step.when is None else frame(compiler, step.when, inner),
            steps_for(step.what),
        )
        for step in expression.steps
    ]

    def ask(asked: Asked) -> Value:
        events = arrays.items_of(source(asked)) or []
        asked.spend(len(events))
        timed = [
            (moment, event)
            for event in events
            if (moment := moment_of(arrays.field_of(event, expression.timestamp))) is not None
        ]
        timed.sort(key=lambda one: one[0])
        return _follow(asked, steps, item, timed)

    return ask


def _follow(asked: Asked, steps: list[_Step], item: int, events: list[tuple[int, Value]]) -> bool:
    reached, after = 0, LOWEST
    for moment, event in events:
        if reached == len(steps):
            break
        asked.spend(steps[reached].steps)
        asked.variables[item] = event
        if moment > after and steps[reached].holds(asked, moment):
            reached, after = reached + 1, moment
    return reached == len(steps)
