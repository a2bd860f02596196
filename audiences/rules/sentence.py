"""A rule in words: “aged 18 to 35, in Gold tier, and ordered within the last 30 days”."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from audiences.rules import fields
from audiences.rules.operators import operator_of
from audiences.rules.pql.printer import to_text
from audiences.rules.tree import (
    AllOf,
    AnyOf,
    Condition,
    InAudience,
    InNamed,
    InSegment,
    Not,
    Pql,
    Rule,
    Sample,
    Until,
    Value,
)

Names = Mapping[UUID, str]  # of segments and audiences
_MONTHS = {Decimal(month): f"{datetime.date(2000, month, 1):%B}" for month in range(1, 13)}

# Where a sentence says a fact by a verb: “ordered within …”, not “last order is within …”.
_VERBS = {"last_order_at": "ordered", "created_at": "joined", "birthday": "born"}
_PLURALS = {"total_orders", "days_until_birthday"}  # “orders are …”

_AGES = {
    "equals": "aged {}",
    "greater_or_equal": "aged {} or over",
    "less_or_equal": "aged {} or under",
    "between": "aged {} to {}",
}


def sentence(rule: Rule, names: Names) -> str:
    """The rule in words; ids without a name stand for themselves."""
    return _say(rule, names)


def _say(rule: Rule, names: Names, *, inside: bool = False) -> str:
    match rule:
        case AllOf(rules):
            parts = _ages_together(rules)
            return _joined([_say(part, names, inside=True) for part in parts], "and", inside)
        case AnyOf(rules):
            return _joined([_say(part, names, inside=True) for part in rules], "or", inside)
        case Not(AllOf() | AnyOf() as inner):
            return f"not ({_say(inner, names)})"
        case Not(inner):
            return _leaf(inner, names, negated=True)
        case _:
            return _leaf(rule, names, negated=False)


def _joined(parts: list[str], word: str, inside: bool) -> str:
    if len(parts) < 2:
        return parts[0] if parts else ("everybody" if word == "and" else "nobody")
    comma = "," if len(parts) > 2 else ""
    said = f"{', '.join(parts[:-1])}{comma} {word} {parts[-1]}"
    return f"({said})" if inside else said


def _leaf(leaf: Rule, names: Names, *, negated: bool) -> str:
    match leaf:
        case InSegment(id, is_list=True):
            return f"{'not ' if negated else ''}on the list “{names.get(id, str(id))}”"
        case Until(moment):
            return f"{'from' if negated else 'until'} {_value(moment)}"
        case InSegment(id) | InAudience(id):
            return f"{'not ' if negated else ''}in {names.get(id, str(id))}"
        case InNamed(name):
            return f"{'not ' if negated else ''}in {_named(name, names)}"
        case Pql(expression):
            text = to_text(expression)
            return f"not ({text})" if negated else text
        case Sample(percent, seed):
            said = f"{_value(percent)} % of all (sample “{seed}”)"
            return f"not in {said}" if negated else f"in {said}"
        case Condition():
            return _condition(leaf, negated)
    return str(leaf)


def _named(name: str, names: Names) -> str:
    try:
        return names.get(UUID(name), name)
    except ValueError:
        return name


def _condition(condition: Condition, negated: bool) -> str:
    field = fields.get(condition.field)
    words = operator_of(condition, field).words
    value = condition.value
    if condition.field == "birthday_month":
        months = value if isinstance(value, tuple) else (value,)
        value = tuple(_MONTHS.get(month, month) for month in months)  # type: ignore[arg-type]
    if isinstance(value, tuple) and words.count("{}") == 2:
        shown = [_value(one) for one in value]
    else:
        shown = [_value(value)]
    if condition.field == "age" and condition.operator in _AGES:
        said = _AGES[condition.operator].format(*shown)
        return f"not {said}" if negated else said
    said = words.format(*shown)
    verb = _VERBS.get(condition.field)
    if verb and said.startswith("is ") and said != "is known":
        return f"{'not ' if negated else ''}{verb} {said.removeprefix('is ')}"
    said = negation(said) if negated else said
    if condition.field in _PLURALS and said.startswith("is "):
        said = f"are {said.removeprefix('is ')}"
    return f"{field.label} {said}"


def negation(said: str) -> str:
    """The opposite of what an operator says: “is not {}”, “does not contain {}”."""
    if said.startswith("is "):
        return f"is not {said.removeprefix('is ')}"
    verb, _, rest = said.partition(" ")
    plain = {"has": "have", "matches": "match"}.get(verb, verb.removesuffix("s"))
    return f"does not {plain} {rest}"


def _value(value: Value) -> str:
    match value:
        case tuple():
            return ", ".join(_value(one) for one in value)
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime.datetime():
            return f"{value:%Y-%m-%d %H:%M %Z}"
        case _:
            return str(value)


def _ages_together(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The same rules, with a minimum and a maximum age said as one: aged 18 to 35."""
    low, high = (
        next((one for one in rules if _is_age(one, operator)), None)
        for operator in ("greater_or_equal", "less_or_equal")
    )
    if not (isinstance(low, Condition) and isinstance(high, Condition)):
        return rules
    both = Condition("age", "between", (low.value, high.value))  # type: ignore[arg-type]
    return tuple(both if one is low else one for one in rules if one is not high)


def _is_age(rule: Rule, operator: str) -> bool:
    return isinstance(rule, Condition) and (rule.field, rule.operator) == ("age", operator)
