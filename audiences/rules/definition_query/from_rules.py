"""From a rule to the definition query that says exactly the same, of every member at every moment.

What such a query would say otherwise in some corner is refused with the reason: its texts are
compared as written, and a trait may be an audience too. So each condition that is written is read
again, and must come out as it was.
"""

from __future__ import annotations

import datetime
from typing import Any

from audiences.rules import fields
from audiences.rules.definition_query.errors import QueryError
from audiences.rules.definition_query.parse import (
    DEEPEST,
    LONGEST,
    MOST_OF_A_UNIT,
    MOST_PRIMARIES,
)
from audiences.rules.definition_query.syntax import (
    And,
    Call,
    Chain,
    Comparison,
    Expression,
    Length,
    Not,
    Or,
    Scalar,
    depth,
    primaries,
)
from audiences.rules.definition_query.text import write
from audiences.rules.definition_query.understand import known_field, understand
from audiences.rules.fields import Kind
from audiences.rules.tree import (
    AllOf,
    AnyOf,
    ByHand,
    Condition,
    Duration,
    InAudience,
    InNamed,
    InSegment,
    Pql,
    Rule,
    Sample,
    Until,
)
from audiences.rules.tree import Not as Opposite
from audiences.rules.unsayable import Unsayable, each_said

_SIGNS = {
    "equals": "=",
    "on": "=",
    "greater": ">",
    "after": ">",
    "greater_or_equal": ">=",
    "on_or_after": ">=",
    "less": "<",
    "before": "<",
    "less_or_equal": "<=",
    "on_or_before": "<=",
}
_CALLS = {
    "is_present": "exists",
    "contains": "contains",
    "starts_with": "starts_with",
    "ends_with": "ends_with",
    "in": "one_of",
    "within_last": "within_last",
    "more_than_ago": "before_last",
    "within_next": "within_next",
}
_ONE_VALUE = (Kind.NUMBER, Kind.MONEY)  # where metadata may have a list


def query_of(rule: Rule) -> str:
    """The text of the query that means what the rule means. Segments and audiences are named by
    their ids.

    :raises Unsayable: with a reason for each part that can't be said.
    """
    expression = _said(rule)
    text = write(expression)
    if (
        len(text) > LONGEST
        or depth(expression) > DEEPEST
        or sum(1 for _ in primaries(expression)) > MOST_PRIMARIES
    ):
        raise Unsayable([f"A definition query has at most {MOST_PRIMARIES} conditions."])
    return text


def _said(rule: Rule) -> Expression:
    match rule:
        case AllOf((one,)) | AnyOf((one,)):
            return _said(one)
        case AllOf(()) | AnyOf(()):
            raise Unsayable(["Definition queries have no words for everybody or nobody."])
        case AllOf(rules):
            return And(each_said(_said, rules))
        case AnyOf(rules):
            return Or(each_said(_said, rules))
        case Opposite(inner):
            return Not(_said(inner))
        case Condition(field, "between", (low, high)) if fields.get(field).kind in _ONE_VALUE:
            ends = (
                Condition(field, "greater_or_equal", low),
                Condition(field, "less_or_equal", high),
            )
            return And(each_said(_said, ends))
        case Condition():
            return _checked(rule, _condition(rule))
        case InSegment(id) | InAudience(id):
            return _in(str(id))
        case InNamed(name):
            return _checked(rule, _in(name))
        case Sample():
            raise Unsayable(["Definition queries have no samples."])
        case Pql():
            raise Unsayable(["Definition queries have no words for what only PQL says."])
        case ByHand() | Until():
            raise Unsayable(["Definition queries have no lists by hand, and no end."])


def _in(name: str) -> Expression:
    return Comparison(Chain((Call("trait", (name,)),)), "=", "true")


def _condition(condition: Condition) -> Expression | None:
    trait = Call("trait", (_trait(condition.field),))
    values = tuple(map(_value, _values(condition.value)))
    if any(value is None for value in values):
        return None
    if condition.operator in _SIGNS and len(values) == 1:
        return Comparison(Chain((trait,)), _SIGNS[condition.operator], values[0])  # type: ignore[arg-type]  # no None
    if condition.operator in _CALLS:
        return Chain((trait, Call(_CALLS[condition.operator], values)))  # type: ignore[arg-type]
    return None


def _trait(field: str) -> str:
    path = field.removeprefix(fields.METADATA)
    taken = known_field(path) is not None or path.startswith(fields.METADATA)
    return field if taken else path


def _values(value: Any) -> tuple[Any, ...]:
    return () if value is None else value if isinstance(value, tuple) else (value,)


def _value(value: Any) -> Scalar | None:
    match value:
        case Duration(amount, "hour" | "day" as unit) if 0 < amount <= MOST_OF_A_UNIT:
            return Length(amount, unit)
        case Duration():
            return None
        case datetime.date():
            return str(value.isoformat())
    return value  # type: ignore[no-any-return]


def _checked(rule: Condition | InNamed, expression: Expression | None) -> Expression:
    try:
        if expression is not None and understand(expression).rule == rule:
            return expression
    except QueryError:
        pass
    if isinstance(rule, InNamed):
        raise Unsayable([f"A trait “{rule.name}” may be known of members, too: ask by an id."])
    said = f"{rule.field} {rule.operator.replace('_', ' ')} …"
    reason = f"Definition queries have no words for “{said}” as rules mean it."
    if not rule.case_sensitive and any(isinstance(one, str) for one in _values(rule.value)):
        reason += " They compare texts as written: make it case-sensitive."
    raise Unsayable([reason])
