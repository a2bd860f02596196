"""What a definition query means: a rule of conditions, shared with the other ways of saying who.

Traits are the fields of a membership (``total_orders`` or ``totalOrders``), audiences by their key
(``trait('vip') = 'true'``), and whatever else the ``metadata`` has. Texts are compared as written,
capitals included. ``differs`` and the other negative comparisons are false where the trait is
missing, as Segment has it; ``NOT (…)`` is the exact opposite.

Of events the platform keeps none: a count of them is 0, and their other values are missing.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from audiences.rules import document, fields
from audiences.rules.definition_query import syntax
from audiences.rules.definition_query.errors import QueryError
from audiences.rules.definition_query.syntax import (
    Argument,
    Call,
    Chain,
    Comparison,
    Expression,
    Length,
    Place,
    Scalar,
)
from audiences.rules.fields import Kind
from audiences.rules.tree import AllOf, AnyOf, InNamed, Not, Rule, leaves

EVERYONE, NOBODY = AllOf(()), AnyOf(())
NO_EVENTS = "It asks for events, which this platform does not keep: it sees none."

_SIGNS = {
    "=": "equals",
    "!=": "differs",
    ">": "greater_than",
    ">=": "at_least",
    "<": "less_than",
    "<=": "at_most",
}
_ORDERS = {  # our operators, by kind
    "greater_than": ("greater", "after"),
    "at_least": ("greater_or_equal", "on_or_after"),
    "less_than": ("less", "before"),
    "at_most": ("less_or_equal", "on_or_before"),
}
_COMPARISONS = frozenset(
    [
        *_SIGNS.values(),
        *[
            "absent",
            "exists",
            "contains",
            "omits",
            "starts_with",
            "ends_with",
            "one_of",
            "none_of",
            "before_date",
        ],
        *["after_date", "within_last", "before_last", "within_next", "after_next"],
    ]
)
_FILTERS = frozenset(["where", "sources", "within", "between", "expires_after"])
_REDUCERS = frozenset(["count", "sum", "avg", "max", "min", "mode", "first", "last", "unique"])
_INSIDE_WHERE = frozenset({"property", "context"})
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True)
class Understood:
    """The rule, and what somebody should know who wrote the query."""

    rule: Rule
    warnings: Sequence[str] = field(default=())


def understand(expression: Expression) -> Understood:
    """What the query means.

    :raises QueryError: naming the place of what can't be understood.
    """
    reader = _Reader()
    rule = reader.rule(expression)
    found = sum(1 for _ in leaves(rule))
    if found > document.MOST_CONDITIONS:
        raise QueryError(
            f"It comes to {found:,} comparisons. Give at most {document.MOST_CONDITIONS:,} values."
        )
    return Understood(rule, (NO_EVENTS,) if reader.events else ())


class _Reader:
    def __init__(self) -> None:
        self.events = False

    def rule(self, expression: Expression) -> Rule:
        match expression:
            case syntax.And(parts):
                return AllOf(tuple(self.rule(part) for part in parts))
            case syntax.Or(parts):
                return AnyOf(tuple(self.rule(part) for part in parts))
            case syntax.Not(part):
                return document.negated(self.rule(part))
            case Comparison(chain, operator, value, place):
                return self._compared(chain, Call(_SIGNS[operator], (value,), place))
            case Chain(calls):
                return self._compared(Chain(calls[:-1]), calls[-1])

    def _compared(self, chain: Chain, comparison: Call) -> Rule:
        """A chain held against something; the last call of one without a sign does it."""
        source, *rest = chain.calls or (comparison,)
        if source.name in ("ANY", "ALL", "entity"):
            raise QueryError(
                f"{source.name} is about accounts or entities. Here audiences are of people: "
                "use trait('…') and event('…').",
                source.place,
            )
        if comparison.name not in _COMPARISONS:
            raise QueryError(
                f"{comparison.name}(…) is no comparison. End it with one, such as >= 1 or "
                ".exists().",
                comparison.place,
            )
        if not chain.calls:
            raise QueryError(
                f"{comparison.name}(…) compares nothing. Begin with trait('…').", comparison.place
            )
        match source.name:
            case "trait":
                if rest:
                    problem = f"A trait has no {rest[0].name}(…). Compare it, such as .exists()."
                    raise QueryError(problem, rest[0].place)
                return _trait(_text_of(source), comparison)
            case "event":
                _text_of(source)
                _check_steps(rest)
                self.events = True
                return _of_no_events(rest, comparison)
            case name if name in _INSIDE_WHERE:
                raise QueryError(f"{name}(…) stands inside where(…) only.", source.place)
        raise QueryError(
            f"{source.name}(…) is not known. Begin with trait('…') or event('…').", source.place
        )


def _text_of(call: Call) -> str:
    if len(call.arguments) != 1 or not isinstance(call.arguments[0], str) or not call.arguments[0]:
        problem = f"{call.name}(…) takes one name in quotation marks, such as {call.name}('plan')."
        raise QueryError(problem, call.place)
    return call.arguments[0]


# Traits


def _trait(name: str, comparison: Call) -> Rule:
    found = _field(name, comparison.place)
    rule = _COMPARE[comparison.name](found, comparison)
    if found.kind != Kind.ANY or comparison.name not in ("equals", "differs"):
        return rule
    value = _scalar(comparison)
    truth = value if isinstance(value, bool) else _TRUTHS.get(str(value).lower())
    if truth is None or "." in name:
        return rule
    # an audience by its key: in it is “true”
    inside = truth == (comparison.name == "equals")
    if inside and _is_id(name):  # which nothing else goes by
        return InNamed(name)
    return AnyOf((InNamed(name), rule)) if inside else _and_not(rule, InNamed(name))


def _is_id(name: str) -> bool:
    try:
        return bool(UUID(name))
    except ValueError:
        return False


def _and_not(rule: Rule, other: Rule) -> Rule:
    return AllOf((rule, Not(other)))


def known_field(name: str) -> fields.Field | None:
    """The field that a trait of this name is, in camel or snake case; None: it is metadata."""
    return fields.FIELDS.get(_CAPITAL.sub("_", name).lower())


def _field(name: str, place: Place) -> fields.Field:
    if (known := known_field(name)) is not None:
        return known
    path = name.removeprefix(fields.METADATA)
    if "\\" in path or not fields.is_field(fields.METADATA + path):
        problem = (
            f"“{name}” is no name of a trait here. Give at most {fields.LONGEST_PATH} names with "
            "full stops between; a name can't hold one."
        )
        raise QueryError(problem, place)
    return fields.get(fields.METADATA + path)


def _condition(one: fields.Field, operator: str, place: Place, value: Any = None) -> Rule:
    """A condition as the rule language reads it, so that equal ones are one."""
    said: dict[str, Any] = {"field": one.name, "operator": operator}
    if value is not None:
        said |= {"value": value, "case_sensitive": True}
    try:
        return document.read(said)
    except document.DocumentError as error:
        raise QueryError(str(error), place) from None


def _present(one: fields.Field, comparison: Call) -> Rule:
    return _condition(one, "is_present", comparison.place)


def _but_known(one: fields.Field, comparison: Call, rule: Rule) -> Rule:
    """The opposite of a rule, among those who have the trait."""
    return AllOf((_present(one, comparison), document.negated(rule)))


def _equals(one: fields.Field, comparison: Call) -> Rule:
    value = _scalar(comparison)
    if isinstance(value, Length):
        raise _unsuitable(comparison, value)
    return _equal(one, value, comparison.place)


def _equal(one: fields.Field, value: Scalar, place: Place) -> Rule:
    if one.kind in (Kind.DATE, Kind.MOMENT):
        return _condition(one, "on", place, value)
    if one.kind == Kind.TEXT and not isinstance(value, str):
        value = ("true" if value else "false") if isinstance(value, bool) else f"{value:f}"
    rule = _condition(one, "equals", place, value)
    other = _other_spelling(value)
    if one.kind != Kind.ANY or other is None:
        return rule
    return AnyOf((rule, _condition(one, "equals", place, other)))


def _other_spelling(value: Scalar) -> Scalar | None:
    """The same, had it been written with quotation marks, or without: metadata has either."""
    if isinstance(value, str):
        if value in _TRUTHS:
            return _TRUTHS[value]
        return Decimal(value) if re.fullmatch(r"-?\d{1,15}(\.\d{1,10})?", value) else None
    return ("true" if value else "false") if isinstance(value, bool) else None


def _differs(one: fields.Field, comparison: Call) -> Rule:
    return _but_known(one, comparison, _equals(one, comparison))


def _ordered(one: fields.Field, comparison: Call) -> Rule:
    value = _scalar(comparison)
    of_numbers, of_dates = _ORDERS[comparison.name]
    if isinstance(value, bool | Length):
        raise _unsuitable(comparison, value)
    dated = one.kind in (Kind.DATE, Kind.MOMENT) or (
        one.kind == Kind.ANY and isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value)
    )
    return _condition(one, of_dates if dated else of_numbers, comparison.place, value)


def _on_each(operator: str) -> Callable[[fields.Field, Call], Rule]:
    def compare(one: fields.Field, comparison: Call) -> Rule:
        found = tuple(
            _condition(one, operator, comparison.place, value) for value in _texts(comparison)
        )
        return found[0] if len(found) == 1 else AnyOf(found)

    return compare


def _one_of(one: fields.Field, comparison: Call) -> Rule:
    values = _scalars(comparison)
    only_texts = all(isinstance(value, str) for value in values)
    one_spelling = one.kind == Kind.TEXT or not any(map(_other_spelling, values))
    if len(values) > 1 and only_texts and one_spelling:
        return _condition(one, "in", comparison.place, list(values))
    found = tuple(_equal(one, value, comparison.place) for value in values)
    return found[0] if len(found) == 1 else AnyOf(found)


def _opposite(compare: Callable[[fields.Field, Call], Rule]) -> Callable[..., Rule]:
    return lambda one, comparison: _but_known(one, comparison, compare(one, comparison))


def _dated(operator: str) -> Callable[[fields.Field, Call], Rule]:
    def compare(one: fields.Field, comparison: Call) -> Rule:
        value = _scalar(comparison)
        if not isinstance(value, str):
            raise _unsuitable(comparison, value)
        try:
            datetime.datetime.fromisoformat(value)
        except ValueError:
            raise _unsuitable(comparison, value) from None
        return _condition(one, operator, comparison.place, value)

    return compare


def _relative(operator: str) -> Callable[[fields.Field, Call], Rule]:
    def compare(one: fields.Field, comparison: Call) -> Rule:
        value = _scalar(comparison)
        if not isinstance(value, Length):
            raise _unsuitable(comparison, value)
        length = {"amount": value.amount, "unit": value.unit}
        return _condition(one, operator, comparison.place, length)

    return compare


def _after_next(one: fields.Field, comparison: Call) -> Rule:
    """Further ahead than within next: neither that nor past."""
    ahead = _relative("within_next")(one, comparison)
    past = _condition(one, "more_than_ago", comparison.place, {"amount": 0, "unit": "day"})
    return AllOf((_present(one, comparison), document.negated(past), document.negated(ahead)))


def _exists(one: fields.Field, comparison: Call) -> Rule:
    _none(comparison)
    return _present(one, comparison)


def _absent(one: fields.Field, comparison: Call) -> Rule:
    return document.negated(_exists(one, comparison))


_contains = _on_each("contains")
_COMPARE: dict[str, Callable[[fields.Field, Call], Rule]] = {
    "equals": _equals,
    "differs": _differs,
    **dict.fromkeys(_ORDERS, _ordered),
    "exists": _exists,
    "absent": _absent,
    "contains": _contains,
    "omits": _opposite(_contains),
    "starts_with": _on_each("starts_with"),
    "ends_with": _on_each("ends_with"),
    "one_of": _one_of,
    "none_of": _opposite(_one_of),
    "before_date": _dated("before"),
    "after_date": _dated("after"),
    "within_last": _relative("within_last"),
    "before_last": _relative("more_than_ago"),
    "within_next": _relative("within_next"),
    "after_next": _after_next,
}


# Arguments


def _none(comparison: Call) -> None:
    if comparison.arguments:
        raise QueryError(
            f"{comparison.name}() takes nothing between its brackets.", comparison.place
        )


def _scalars(comparison: Call) -> tuple[Scalar, ...]:
    found: list[Scalar] = []
    for argument in comparison.arguments:
        for one in argument if isinstance(argument, tuple) else (argument,):
            if not isinstance(one, str | bool | Decimal | Length):
                raise QueryError(
                    f"{comparison.name}(…) takes values, such as 'gold' or 10.", comparison.place
                )
            found.append(one)
    if not found:
        raise QueryError(f"{comparison.name}(…) takes a value, such as 'gold'.", comparison.place)
    return tuple(found)


def _scalar(comparison: Call) -> Scalar:
    found = _scalars(comparison)
    if len(found) != 1:
        raise QueryError(
            f"{comparison.name}(…) takes one value, not {len(found)}.", comparison.place
        )
    return found[0]


def _texts(comparison: Call) -> tuple[str, ...]:
    found = _scalars(comparison)
    return tuple(one if isinstance(one, str) else _said(one) for one in found)


_TAKES = {
    **dict.fromkeys(("before_date", "after_date"), "a date such as '2026-01-31'"),
    **dict.fromkeys(
        ("within_last", "before_last", "within_next", "after_next"),
        "a length of time such as 7 days",
    ),
    **dict.fromkeys(_ORDERS, "a number such as 10, or a date such as '2026-01-31'"),
    **dict.fromkeys(("equals", "differs"), "a text, a number, true or false"),
}


def _unsuitable(comparison: Call, value: Scalar) -> QueryError:
    takes = _TAKES[comparison.name]
    return QueryError(
        f"{comparison.name} can't be asked with {_said(value)}. Give {takes}.", comparison.place
    )


def _said(value: Scalar) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Length(amount, unit):
            return f"{amount} {unit}s"
        case Decimal():
            return f"{value:f}"
    return f"'{value}'"


# Events


def _check_steps(steps: Sequence[Call]) -> None:
    """Refuse what no event has: filters first, then one reducer (or unique, and then count)."""
    reduced = ""
    for step in steps:
        if step.name not in _FILTERS | _REDUCERS:
            known = ", ".join(sorted(_FILTERS | _REDUCERS))
            raise QueryError(f"Events have no {step.name}(…). They have {known}.", step.place)
        if reduced and not (reduced == "unique" and step.name == "count"):
            raise QueryError(f"After {reduced}(…) there is nothing more to count.", step.place)
        if step.name in _REDUCERS:
            reduced = step.name
        for argument in step.arguments:
            _check_argument(argument, step)


def _check_argument(argument: Argument, step: Call) -> None:
    if step.name == "where":
        if not isinstance(argument, Comparison | Chain | syntax.And | syntax.Or | syntax.Not):
            raise QueryError(
                "where(…) takes a condition, such as property('price') > 10.", step.place
            )
        for one in syntax.primaries(argument):
            chain = one.chain if isinstance(one, Comparison) else Chain(one.calls[:1])
            if chain.calls[0].name not in {*_INSIDE_WHERE, "literal"}:
                problem = "where(…) asks for property('…') or context('…')."
                raise QueryError(problem, chain.calls[0].place)
            if isinstance(one, Chain) and one.calls[-1].name not in _COMPARISONS:
                raise QueryError(
                    "A condition needs a comparison, such as > 10.", one.calls[-1].place
                )


def _of_no_events(steps: Sequence[Call], comparison: Call) -> Rule:
    reducers = [step.name for step in steps if step.name in _REDUCERS]
    value: Decimal | None = Decimal(0) if reducers and reducers[-1] in ("count", "sum") else None
    if value is None:
        return EVERYONE if comparison.name == "absent" else NOBODY
    if comparison.name in ("exists", "absent"):
        return EVERYONE if comparison.name == "exists" else NOBODY
    against = _scalar(comparison)
    if isinstance(against, bool) or not isinstance(against, Decimal):
        problem = f"A count is a number: {_said(against)} isn't. Give one such as 1."
        raise QueryError(problem, comparison.place)
    holds = {
        "equals": value == against,
        "differs": value != against,
        "greater_than": value > against,
        "at_least": value >= against,
        "less_than": value < against,
        "at_most": value <= against,
    }
    if comparison.name not in holds:
        problem = f"A count is a number: {comparison.name} can't be asked of it."
        raise QueryError(problem, comparison.place)
    return EVERYONE if holds[comparison.name] else NOBODY
