"""From a rule to the PQL that says exactly the same, of every member at every moment.

What PQL has no words for, or would say otherwise in some corner (its days are UTC, not those of a
space's clock), is refused with the reason: a rule that can't be said is better than one said wrong.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from audiences.rules import fields
from audiences.rules.fields import Kind
from audiences.rules.operators.base import LONGEST_TEXT
from audiences.rules.operators.number import number_of
from audiences.rules.pql import profile, syntax
from audiences.rules.pql.signatures import is_identifier
from audiences.rules.pql.syntax import Call, Expression, ListOf, Literal, Name
from audiences.rules.tree import (
    AllOf,
    AnyOf,
    ByHand,
    Condition,
    Duration,
    InAudience,
    InNamed,
    InSegment,
    Not,
    Pql,
    Rule,
    Sample,
    Until,
)
from audiences.rules.unsayable import Unsayable, each_said

_NAMES = {field: name for name, field in profile.FIELDS.items()}
_ORDERS = {"less": "<", "less_or_equal": "<=", "greater": ">", "greater_or_equal": ">="}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_METHODS = {"contains": "contains", "starts_with": "startsWith", "ends_with": "endsWith"}
_NEGATIVES: dict[str, str] = {
    "equals": "notEqualTo",
    "startsWith": "doesNotStartWith",
    "endsWith": "doesNotEndWith",
    "contains": "doesNotContain",
}
_DAY = datetime.timedelta(days=1)
_TRUE = Literal(True)


def expression_of(rule: Rule) -> Expression:
    """The expression that means what the rule means.

    :raises Unsayable: with a reason for each part that PQL can't say.
    """
    match rule:
        case AllOf(rules):
            return _all_of(rules)
        case AnyOf(rules):
            parts = each_said(expression_of, rules)
            return _joined(syntax.Or, parts) if parts else Literal(False)
        case Not(Condition(field, "is_present")):
            return Call("isNull", (), _known_by(field))
        case Not(inner):
            return syntax.Not(expression_of(inner))
        case Condition():
            return _condition(rule)
        case InSegment(id) | InAudience(id):
            return Call("inSegment", (Literal(str(id)),))
        case InNamed(str() as name):
            return Call("inSegment", (Literal(name),))
        case InNamed():
            return Literal(False)
        case Pql(expression):
            return expression
        case Sample():
            raise Unsayable(["PQL has no samples."])
        case ByHand():
            raise Unsayable(["PQL has no lists by hand."])
        case Until():
            raise Unsayable(["PQL has no end of an audience."])


def _joined(kind: type[syntax.And | syntax.Or], parts: tuple[Expression, ...]) -> Expression:
    return parts[0] if len(parts) == 1 else kind(parts)


def _all_of(rules: tuple[Rule, ...]) -> Expression:
    match rules:
        case (Condition(field, "is_present"), Not(Condition(same) as denied)) if same == field:
            if field in _NAMES or field.startswith(fields.METADATA):
                return _denied(denied)
    parts = each_said(expression_of, rules)
    return _joined(syntax.And, parts) if parts else _TRUE


def _denied(condition: Condition) -> Expression:
    """A condition's negative as PQL means it: there is a value, and that does not hold of it."""
    match _condition(condition):
        case syntax.Binary("=", left, right):
            return syntax.Binary("!=", left, right)
        case syntax.Binary("in", left, right):
            return syntax.Binary("notIn", left, right)
        case Call(name, arguments, object) if name in _NEGATIVES:
            return Call(_NEGATIVES[name], arguments, object)
        case Call("stringCompare", (_, *others)):
            return Call("stringCompare", (Literal("notEqualTo"), *others))
        case said:
            return syntax.And((Call("isNotNull", (), _path(condition.field)), syntax.Not(said)))


def _path(name: str) -> Expression:
    if not name.startswith(fields.METADATA):
        return Name(_NAMES[name])
    path: Expression = Name("metadata")
    for step in name.removeprefix(fields.METADATA).split("."):
        if not profile.is_step(step):
            raise Unsayable([f"PQL has no path such as {name}: “{step}” may be a place in a list."])
        named = is_identifier(step)
        path = syntax.Field(path, step) if named else Call("get", (Literal(step),), path)
    return path


def _known_by(name: str) -> Expression:
    """What has a value when the field has one."""
    if name == "email_domain":
        raise Unsayable(["PQL has no words for an e-mail address that has a domain."])
    is_worked_out = name not in _NAMES and not name.startswith(fields.METADATA)
    return _path("birthday" if is_worked_out else name)


def _condition(condition: Condition) -> Expression:
    name, kind = condition.field, fields.get(condition.field).kind
    if condition.operator == "is_present":
        return Call("isNotNull", (), _known_by(name))
    if name == "email_domain":
        return _email_domain(condition)
    if name == "birthday_month":
        month = Call("getMonth", (), Name(_NAMES["birthday"]))
        return _number(condition, month)
    if name not in _NAMES and kind != Kind.ANY:
        raise Unsayable([f"PQL's days are UTC: {name} counts by the clock of the space."])
    path = _path(name)
    match kind:
        case Kind.TEXT:
            return _text(condition, path)
        case Kind.NUMBER | Kind.MONEY:
            return _number(condition, path)
        case Kind.DATE | Kind.MOMENT:
            return _time(condition, path, by_day=kind == Kind.DATE)
    return _any(condition, path)


def _no_words(condition: Condition) -> Unsayable:
    operator = condition.operator.replace("_", " ")
    return Unsayable([f"PQL has no words for “{condition.field} {operator} …” as rules mean it."])


# Texts


def _text(condition: Condition, path: Expression) -> Expression:
    value: Any = condition.value
    sensitive = condition.case_sensitive
    match condition.operator:
        case "equals" if sensitive and _is_plain(condition, value):
            return syntax.Binary("=", path, Literal(value))
        case "equals":
            return _compared("equals", path, value, sensitive)
        case "in" if sensitive and all(_is_plain(condition, one) for one in value):
            return syntax.Binary("in", path, _texts(value))
        case "in":
            return _compared_with_any("equals", path, value, sensitive)
        case "matches":
            return _matches(condition, path)
        case operator if operator in _METHODS:
            return _compared(_METHODS[operator], path, value, sensitive)
    raise _no_words(condition)


def _is_plain(condition: Condition, value: str) -> bool:
    """Whether ``=`` takes it for the text that it is: not for a number that stands in metadata."""
    return fields.get(condition.field).kind == Kind.TEXT or number_of(value) is None


def _compared(name: str, path: Expression, value: str, case_sensitive: bool) -> Expression:
    case = () if case_sensitive else (Literal(False),)
    return Call(name, (Literal(value), *case), path)


def _compared_with_any(
    name: str, path: Expression, values: Iterable[str], case_sensitive: bool
) -> Expression:
    return Call("stringCompare", (Literal(name), path, _texts(values), Literal(case_sensitive)))


def _texts(values: Iterable[str]) -> ListOf:
    return ListOf(tuple(Literal(value) for value in values))


def _matches(condition: Condition, path: Expression) -> Expression:
    pattern = str(condition.value) if condition.case_sensitive else f"(?i){condition.value}"
    if len(pattern) > LONGEST_TEXT:
        raise Unsayable([f"The pattern on {condition.field} is too long to say without case."])
    return Call("matches", (Literal(pattern),), path)


def _email_domain(condition: Condition) -> Expression:
    """What follows the last @, of which no part is another."""
    value: Any = condition.value
    wanted = value if isinstance(value, tuple) else (value,)
    if condition.operator not in ("equals", "in") or condition.case_sensitive:
        raise _no_words(condition)
    ends = [f"@{domain}" for domain in wanted if "@" not in domain]
    email = Name(_NAMES["email"])
    match ends:
        case []:
            return Literal(False)
        case [end]:
            return _compared("endsWith", email, end, False)
    return _compared_with_any("endsWith", email, ends, False)


# Numbers


def _number(condition: Condition, path: Expression) -> Expression:
    value: Any = condition.value
    match condition.operator:
        case "equals":
            return syntax.Binary("=", path, _literal(value))
        case "in":
            return syntax.Binary("in", path, ListOf(tuple(map(_literal, value))))
        case "between" | "between_half_open" as operator:
            low, high = map(_literal, value)
            upper = "<=" if operator == "between" else "<"
            return syntax.And((syntax.Binary(">=", path, low), syntax.Binary(upper, path, high)))
        case operator if operator in _ORDERS:
            return syntax.Binary(_ORDERS[operator], path, _literal(value))
    raise _no_words(condition)


def _literal(number: Decimal) -> Literal:
    whole = number == number.to_integral_value() and number.adjusted() < 20
    return Literal(int(number) if whole else number)


# Moments


def _time(condition: Condition, path: Expression, *, by_day: bool) -> Expression:
    value: Any = condition.value
    if isinstance(value, Duration) and value.unit == "hour":
        return syntax.Occurs(path, _hours(condition, value.amount))
    values = value if isinstance(value, tuple) else (value,)
    if isinstance(values[0], str | Duration) or condition.operator == "anniversary_within":
        raise _by_the_clock(condition)
    days = [_day(condition, one, by_day=by_day) for one in values]
    try:
        return syntax.Occurs(path, _window(condition, days, by_day=by_day))
    except OverflowError:
        raise _no_words(condition) from None  # the calendar's first day, or its last


def _by_the_clock(condition: Condition) -> Unsayable:
    return Unsayable(
        [f"PQL's days are UTC: those of “{condition.field}” go by the clock of the space."]
    )


def _hours(condition: Condition, amount: int) -> syntax.When:
    operator, direction = {
        "within_last": ("<=", "before"),
        "more_than_ago": (">", "before"),
        "within_next": ("<=", "after"),
    }[condition.operator]
    now = syntax.TimeWord("now")
    return syntax.Distance(operator, amount, "hour", direction, now)  # type: ignore[arg-type]


def _day(condition: Condition, point: datetime.date, *, by_day: bool) -> datetime.date:
    """The day at whose start a point is, in UTC: the one moment of it that PQL can name."""
    if by_day:
        return point
    if not isinstance(point, datetime.datetime):
        raise _by_the_clock(condition)
    if point.time() != datetime.time():
        raise Unsayable([f"PQL names days, not moments such as {point:%Y-%m-%dT%H:%M:%SZ}."])
    return point.date()


def _window(condition: Condition, days: list[datetime.date], *, by_day: bool) -> syntax.When:
    first, last = days[0], days[-1]
    match condition.operator:
        case "before":
            return syntax.Beside("before", _date(first))
        case "on_or_after":
            return syntax.Beside("after", _date(first - _DAY))
        case "between_half_open":
            return syntax.Between(_date(first), _date(last - _DAY))
        case "on" if by_day:
            return syntax.On(_date(first))
        case "after" if by_day:
            return syntax.Beside("after", _date(first))
        case "on_or_before" if by_day:
            return syntax.Beside("before", _date(first + _DAY))
        case "between" if by_day:
            return syntax.Between(_date(first), _date(last))
    raise _no_words(condition)


def _date(day: datetime.date) -> Expression:
    return Call("date", (Literal(day.year), Literal(day.month), Literal(day.day)))


# Metadata, whose values may be of any kind


def _any(condition: Condition, path: Expression) -> Expression:
    value: Any = condition.value
    match condition.operator, value:
        case "equals", bool():
            return syntax.Binary("=", path, Literal(value))
        case "equals", Decimal():
            return syntax.Binary("=", _literal(value), path)
        case operator, Decimal() if operator in _ORDERS:
            return syntax.Binary(_TURNED[_ORDERS[operator]], _literal(value), path)
        case "in", (Decimal(), *_):
            return _joined(
                syntax.Or, tuple(syntax.Binary("=", _literal(one), path) for one in value)
            )
        case "between" | "between_half_open", (Decimal(), *_):
            raise Unsayable(
                [f"Of a list in {condition.field}, PQL would take one number for the lower bound "
                 "and another for the upper."]
            )  # fmt: skip
        case "has_any" | "has_all" as operator, tuple():
            kind: Callable[..., Expression] = syntax.Or if operator == "has_any" else syntax.And
            return _joined(kind, tuple(_has(one, condition, path) for one in value))  # type: ignore[arg-type]
        case operator, (str(), *_) | str() if not operator.startswith("in_"):
            return _text(condition, path)
    raise Unsayable(
        [f"PQL takes {condition.field} for a time by UTC, not by the clock of the space."]
    )


def _has(value: Any, condition: Condition, path: Expression) -> Expression:
    operator = Condition(condition.field, "equals", value, condition.case_sensitive)
    return _any(operator, path)
