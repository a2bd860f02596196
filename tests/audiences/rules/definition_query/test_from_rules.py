"""Rules said as definition queries: read again they are the same rule, or there is a reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.rules import document
from audiences.rules.definition_query.from_rules import query_of
from audiences.rules.definition_query.parse import parse
from audiences.rules.definition_query.understand import understand
from audiences.rules.tree import (
    AllOf,
    AnyOf,
    Condition,
    InAudience,
    InNamed,
    InSegment,
    Not,
    Rule,
    Sample,
)
from audiences.rules.unsayable import Unsayable
from tests.audiences.rules.strategies import conditions, rules

ID = "00000000-0000-0000-0000-000000000001"
ORDERED = {"field": "last_order_at"}


def plain(rule: Rule) -> Rule:
    """The rule with no groups of one, its segments by name, and the ends of what is between."""
    match rule:
        case AllOf((one,)) | AnyOf((one,)):
            return plain(one)
        case AllOf(parts):
            return AllOf(tuple(map(plain, parts)))
        case AnyOf(parts):
            return AnyOf(tuple(map(plain, parts)))
        case Not(inner):
            return document.negated(plain(inner))
        case InSegment(id) | InAudience(id):
            return InNamed(str(id))
        case Condition(field, "between", (low, high)) if not field.startswith("metadata."):
            if isinstance(low, Decimal):
                return AllOf(
                    (
                        Condition(field, "greater_or_equal", low),
                        Condition(field, "less_or_equal", high),
                    )
                )
    return rule


def check(tree: dict[str, Any]) -> bool:
    """Whether it can be said; what is said is read as the same."""
    rule = document.read(tree)
    try:
        query = query_of(rule)
    except Unsayable:
        return False
    assert understand(parse(query)).rule == plain(rule)
    return True


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(conditions, min_size=5, max_size=20), rules)
def test_what_is_said_is_read_as_the_same(
    single: list[dict[str, Any]], whole: dict[str, Any]
) -> None:
    sayable = [tree for tree in single if check(tree)]
    check(whole)
    if len(sayable) > 1:
        assert check({"all": [sayable[0], {"any": sayable}, {"not": {"any": sayable}}]})


@pytest.mark.parametrize(
    ("tree", "query"),
    [
        (
            {"field": "total_orders", "operator": "greater_or_equal", "value": 3},
            "trait('total_orders') >= 3",
        ),
        (
            {"field": "age", "operator": "between", "value": [18, 35]},
            "trait('age') >= 18 AND trait('age') <= 35",
        ),
        (
            {"field": "full_name", "operator": "equals", "value": "it's", "case_sensitive": True},
            r"trait('full_name') = 'it\'s'",
        ),
        (
            {"not": {"any": [{"in_segment": ID}, {"in_audience": ID}]}},
            f"NOT (trait('{ID}') = 'true' OR trait('{ID}') = 'true')",
        ),
        ({"field": "email", "operator": "is_missing"}, "NOT (trait('email').exists())"),
        (
            {"field": "metadata.age", "operator": "greater", "value": 1.5},
            "trait('metadata.age') > 1.5",
        ),
        (
            {**ORDERED, "operator": "within_last", "value": {"amount": 7, "unit": "day"}},
            "trait('last_order_at').within_last(7 days)",
        ),
        (
            {"field": "birthday", "operator": "before", "value": "2000-01-31"},
            "trait('birthday') < '2000-01-31'",
        ),
        (
            {"field": "phone", "operator": "in", "value": ["A", "B"], "case_sensitive": True},
            "trait('phone').one_of('A', 'B')",
        ),
    ],
)  # fmt: skip
def test_it_says(tree: dict[str, Any], query: str) -> None:
    assert query_of(document.read(tree)) == query
    assert check(tree)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (Condition("full_name", "equals", "Anna"), "make it case-sensitive"),
        (Condition("metadata.vip", "equals", True), "no words for “metadata.vip equals …”"),
        (Condition("full_name", "matches", "^A", True), "no words for “full_name matches …”"),
        (Condition("metadata.n", "between", (Decimal(1), Decimal(2))), "between"),
        (InNamed("vip"), "A trait “vip” may be known of members"),
        (AllOf(()), "no words for everybody"),
        (AllOf((InSegment(UUID(ID)), Sample(Decimal(10), "a"))), "no samples"),
        (AllOf((InSegment(UUID(ID)),) * 51), "at most 50 conditions"),
    ],
)
def test_what_it_cannot_say_has_a_reason(rule: Rule, reason: str) -> None:
    with pytest.raises(Unsayable, match=reason.replace("(", r"\(")):
        query_of(rule)
