"""The comparisons of PQL that a condition says exactly, nulls and all.

Of our texts, numbers and moments many are; of metadata, whose values may be of any kind, those of
texts. Where this finds none, PQL's own answer stands.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from audiences.rules import fields
from audiences.rules.clock import EPOCH
from audiences.rules.fields import Kind
from audiences.rules.operators import ValueProblem
from audiences.rules.operators.base import MOST_VALUES, read_number, read_text
from audiences.rules.operators.date import LONGEST
from audiences.rules.operators.number import number_of
from audiences.rules.operators.text import read_pattern, text_of
from audiences.rules.pql import profile, syntax, windows
from audiences.rules.pql.asked import Asked
from audiences.rules.pql.program import Scope, value_of
from audiences.rules.pql.syntax import Expression
from audiences.rules.pql.texts import COMPARISONS, NEGATIVES, as_expression
from audiences.rules.pql.times import Now
from audiences.rules.pql.values import DAY, HIGHEST, LOWEST, Moment, Value
from audiences.rules.tree import AllOf, AnyOf, Condition, Duration, Not, Rule

NOBODY = AnyOf(())
_ORDERS = {
    "<": "less",
    "<=": "less_or_equal",
    ">": "greater",
    ">=": "greater_or_equal",
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_TEXT_OPERATORS = {
    "equals": "equals",
    "startsWith": "starts_with",
    "endsWith": "ends_with",
    "contains": "contains",
}


class _Unsaid(Exception):
    """That no condition says it."""


def condition_of(expression: Expression, scope: Scope) -> Rule | None:
    """The rule that says the same of every member at every moment; None where there is none."""
    try:
        return _condition(expression, scope)
    except (_Unsaid, ValueProblem):
        return None


def _condition(expression: Expression, scope: Scope) -> Rule:
    match expression:
        case syntax.Binary("in" | "notIn" as operator, left, right):
            return _in(operator, left, right, scope)
        case syntax.Binary("like", left, syntax.Literal(str() as pattern)):
            return _like(_texts(left, scope), pattern)
        case syntax.Binary("matches", left, syntax.Literal(str() as pattern)):
            return _compared(_texts(left, scope), "matches", read_pattern(pattern))
        case syntax.Binary(operator, syntax.Literal(), right) if operator in _TURNED:
            return _turned(_field(right, scope), _TURNED[operator], value_of(expression.left))
        case syntax.Binary(operator, left, syntax.Literal() as right) if operator in _TURNED:
            return _held_against(_field(left, scope), operator, value_of(right))
        case syntax.Call("stringCompare"):
            return _string_compare(expression, scope)
        case syntax.Call(name, _, object) if object is not None and name != "getMonth":
            return _method(expression, _field(object, scope))
        case syntax.Occurs():
            return _occurs(expression, _field(expression.moment, scope))
    known = _field(expression, scope)
    if known.is_any:
        raise _Unsaid  # of a boolean, its value; of an array, whether it has items
    return known.present


@dataclass(frozen=True)
class _Field:
    name: str
    kind: Kind

    @property
    def is_any(self) -> bool:
        return self.kind == Kind.ANY

    @property
    def is_number(self) -> bool:
        return self.kind in (Kind.NUMBER, Kind.MONEY)

    @property
    def is_text(self) -> bool:
        return self.kind == Kind.TEXT

    @property
    def present(self) -> Rule:
        return Condition(self.name, "is_present")

    def unless(self, rule: Rule) -> Rule:
        """What PQL's negatives say: there is a value, and that does not hold of it."""
        return self.present if rule == NOBODY else AllOf((self.present, Not(rule)))


def _field(expression: Expression, scope: Scope) -> _Field:
    match expression:
        case syntax.Call("getMonth", (), object) if object is not None:
            if _field(object, scope).name != "birthday":
                raise _Unsaid  # a moment's month depends on the time zone
            return _BIRTHDAY_MONTH
    path = scope.path(expression)
    if path == ("person", "birthMonth"):
        return _BIRTHDAY_MONTH
    if not path or path[0] in (profile.EVENTS, profile.SEGMENTS):
        raise _Unsaid
    place = profile.place_of(path)
    if place.rest or place.made is not profile.as_it_is or not fields.is_field(place.reads):
        raise _Unsaid
    return _Field(place.reads, fields.get(place.reads).kind)


_BIRTHDAY_MONTH = _Field("birthday_month", Kind.NUMBER)


def _texts(expression: Expression, scope: Scope) -> _Field:
    known = _field(expression, scope)
    if not known.is_text and not known.is_any:
        raise _Unsaid
    return known


def _compared(known: _Field, operator: str, value: Any, *, case_sensitive: bool = True) -> Rule:
    return Condition(known.name, operator, value, case_sensitive)


# = != < <= > >= in notIn


def _held_against(known: _Field, operator: str, value: Value) -> Rule:
    if operator == "!=":
        return known.unless(_held_against(known, "=", value))
    if known.is_number:
        number = _number(value)
        if number is None:
            return NOBODY
        return Condition(known.name, _ORDERS.get(operator, "equals"), number)
    if operator != "=":
        if known.is_any:
            raise _Unsaid  # of metadata only what is a number has an order, not what looks like one
        return NOBODY
    if isinstance(value, bool):
        return _is(known, value)
    return _compared(known, "equals", _text(known, value))


def _is(known: _Field, value: bool) -> Rule:
    """Yes or no, which no text is, whatever it says."""
    if known.is_any:
        return Condition(known.name, "equals", value)
    if known.is_text:
        return NOBODY
    raise _Unsaid


def _turned(known: _Field, operator: str, value: Value) -> Rule:
    """The same with the value on the left: what is on the right is taken as what that is. So in
    metadata what looks like a number is one."""
    if known.is_any and isinstance(value, Decimal):
        if operator == "!=":
            return known.unless(_turned(known, "=", value))
        return Condition(known.name, _ORDERS.get(operator, "equals"), read_number(value))
    if not isinstance(value, Decimal if known.is_number else str) or known.is_any:
        raise _Unsaid
    return _held_against(known, operator, value)


def _number(value: Value) -> Decimal | None:
    """A value as the number that it is or looks like."""
    number = number_of(value) if isinstance(value, Decimal | str) else None
    return None if number is None else read_number(number)


def _text(known: _Field, value: Value) -> str:
    """A value as the text that a text is held against."""
    if not known.is_text and not (known.is_any and number_of(value) is None):
        raise _Unsaid  # a number in metadata is held against one by its value
    return read_text(text_of(value))


def _in(operator: str, left: Expression, right: Expression, scope: Scope) -> Rule:
    match left, right:
        case syntax.Literal(str()), _:
            known = _texts(right, scope)
            found = _held_against(known, "=", value_of(left))
        case _, syntax.ListOf(items) if all(isinstance(one, syntax.Literal) for one in items):
            known = _field(left, scope)
            found = _one_of(known, [value_of(item) for item in items])
        case _:
            raise _Unsaid
    return found if operator == "in" else known.unless(found)


def _one_of(known: _Field, values: list[Value], *, case_sensitive: bool = True) -> Rule:
    if known.is_number:
        numbers = [_number(value) for value in values]
        wanted: list[Any] = [number for number in numbers if number is not None]
        case_sensitive = False
    else:
        if known.is_any and any(isinstance(value, bool) for value in values):
            raise _Unsaid
        wanted = [_text(known, value) for value in values if not isinstance(value, bool)]
    if len(wanted) > MOST_VALUES:
        raise _Unsaid
    if not wanted:
        return NOBODY
    return Condition(known.name, "in", tuple(dict.fromkeys(wanted)), case_sensitive)


# Texts


def _like(known: _Field, pattern: str) -> Rule:
    """With its only ``%`` at the ends, a comparison; else a regular expression."""
    inner = pattern.strip("%")
    if "%" in inner or "_" in inner or not inner:
        return _compared(known, "matches", read_pattern(as_expression(pattern)))
    after, before = pattern.endswith("%"), pattern.startswith("%")
    operator = {
        (False, False): "equals",
        (False, True): "starts_with",
        (True, False): "ends_with",
        (True, True): "contains",
    }[before, after]
    return _compared(known, operator, read_text(inner))


def _method(call: syntax.Call, known: _Field) -> Rule:
    match call.name, call.arguments:
        case "isNotNull", ():
            return known.present
        case "isNull", ():
            return Not(known.present)
        case "includes", (syntax.Literal(str() as value),) if known.is_any or known.is_text:
            return _held_against(known, "=", value)
    if not known.is_text and not known.is_any:
        raise _Unsaid
    match call.name, call.arguments:
        case "matches", (syntax.Literal(str() as pattern),):
            return _compared(known, "matches", read_pattern(pattern))
        case name, (syntax.Literal() as wanted, *case) if name in COMPARISONS:
            return _text_comparison(known, name, value_of(wanted), _is_case_sensitive(case))
    raise _Unsaid


def _is_case_sensitive(case: list[Expression]) -> bool:
    match case:
        case []:
            return True
        case [syntax.Literal(bool() as sensitive)]:
            return sensitive
    raise _Unsaid


def _text_comparison(known: _Field, name: str, wanted: Value, case_sensitive: bool) -> Rule:
    operator = _TEXT_OPERATORS[NEGATIVES.get(name, name)]
    found = _compared(known, operator, read_text(text_of(wanted)), case_sensitive=case_sensitive)
    return known.unless(found) if name in NEGATIVES else found


def _string_compare(call: syntax.Call, scope: Scope) -> Rule:
    match call.arguments:
        case (
            syntax.Literal("equals" | "notEqualTo" as name),
            text,
            syntax.ListOf(items),
            *case,
        ) if items and all(isinstance(item, syntax.Literal) for item in items):
            known = _texts(text, scope)
            texts = tuple(dict.fromkeys(read_text(text_of(value_of(item))) for item in items))
            found = _compared(known, "in", texts, case_sensitive=_is_case_sensitive(case))
            return known.unless(found) if name in NEGATIVES else found
    raise _Unsaid


# Moments


def _occurs(expression: syntax.Occurs, known: _Field) -> Rule:
    when = expression.when
    if known.kind == Kind.MOMENT and isinstance(when, syntax.Distance):
        hours = _hours(when)
        if hours is not None:
            return Condition(known.name, hours, Duration(when.amount, "hour"))
    found = windows.of(syntax.Occurs(syntax.Name("createdAt"), when))
    if found is None or known.kind not in (Kind.MOMENT, Kind.DATE):
        raise _Unsaid
    asked = Asked(0, Now(Moment(0)))
    window, frame = found[1].window(asked), found[1]
    if asked.changes_at < HIGHEST or frame.first_moves or frame.last_moves:
        raise _Unsaid  # our days are those of the space's clock
    inside = NOBODY if window is None else _between(known, *window)
    if window is None or not frame.turned:
        return inside
    return known.unless(inside)


def _hours(when: syntax.Distance) -> str | None:
    """The operator that counts so many hours from now, where one does."""
    if (
        when.unit != "hour"
        or when.anchor != syntax.TimeWord("now")
        or when.amount > LONGEST["hour"]
    ):
        return None
    past = when.direction == "before"
    return {("<=", True): "within_last", (">", True): "more_than_ago"}.get(
        (when.operator, past), "within_next" if (when.operator, past) == ("<=", False) else None
    )


def _between(known: _Field, first: int, last: int) -> Rule:
    """From the first microsecond to the last."""
    start: Callable[[int], datetime.date] = _moment
    bounded = first > LOWEST, last < HIGHEST
    if known.kind == Kind.DATE:
        first, last, start = -(-first // DAY), last // DAY, _day
    if first > last:
        return NOBODY
    if not all(bounded):
        if not any(bounded):
            return known.present
        return (
            Condition(known.name, "on_or_after", start(first))
            if bounded[0]
            else Condition(known.name, "before", start(last + 1))
        )
    if known.kind == Kind.DATE and first == last:
        return Condition(known.name, "on", start(first))
    return Condition(known.name, "between_half_open", (start(first), start(last + 1)))


def _moment(microseconds: int) -> datetime.datetime:
    try:
        return EPOCH + datetime.timedelta(microseconds=microseconds)
    except OverflowError:
        raise _Unsaid from None


def _day(number: int) -> datetime.date:
    try:
        return EPOCH.date() + datetime.timedelta(days=number)
    except OverflowError:
        raise _Unsaid from None
