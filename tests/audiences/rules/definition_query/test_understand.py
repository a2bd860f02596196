"""What definition queries mean: conditions shared with rules, and nothing of events."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from audiences.rules import document, evaluate
from audiences.rules.clock import Clock
from audiences.rules.definition_query.errors import QueryError
from audiences.rules.definition_query.parse import parse
from audiences.rules.definition_query.understand import NO_EVENTS, understand
from audiences.rules.facts import COLUMNS, Facts
from audiences.rules.tree import InNamed, leaves

NOW = datetime.datetime(2026, 3, 18, 15, 30, tzinfo=datetime.UTC)

BORN = datetime.date(1989, 12, 31)


def holds(query: str, **values: Any) -> bool:
    """Whether it holds for a member with these facts; what is no field is metadata."""
    metadata = {name: value for name, value in values.items() if name not in COLUMNS}
    known = dict.fromkeys(COLUMNS) | {"total_orders": 0, "id": uuid4(), "metadata": metadata}
    facts = Facts(
        known | {name: values[name] for name in values if name in COLUMNS},
        (),
        Clock(NOW, ZoneInfo("UTC")),
    )
    rule = evaluate.resolve(understand(parse(query)).rule, {})
    return evaluate.holds(rule, facts, {})


@pytest.mark.parametrize(
    ("query", "facts", "held"),
    [
        ("trait('total_orders') >= 2", {"total_orders": 2}, True),
        ("trait('totalOrders') >= 2", {"total_orders": 1}, False),
        ("trait('total_spend') > 200", {"total_spend": Decimal("200.01")}, True),
        ("trait('total_spend') > 200", {"total_spend": "201"}, True),
        ("trait('total_spend') > 200", {}, False),
        ("trait('plan') = 'gold'", {"plan": "gold"}, True),
        ("trait('plan') = 'gold'", {"plan": "Gold"}, False),
        ("trait('plan') != 'gold'", {"plan": "silver"}, True),
        ("trait('plan') != 'gold'", {}, False),
        ("NOT (trait('plan') = 'gold')", {}, True),
        ("trait('VIP') = 'true'", {"VIP": True}, True),
        ("trait('VIP') = true", {"VIP": "true"}, True),
        ("trait('n') = '5'", {"n": Decimal(5)}, True),
        ("trait('address.city') = 'Bonn'", {"address": {"city": "Bonn"}}, True),
        ("trait('email').exists()", {"email": "a@b.org"}, True),
        ("trait('email').absent()", {}, True),
        ("trait('email').contains('x', 'b.org')", {"email": "a@b.org"}, True),
        ("trait('email').omits('x')", {"email": "a@b.org"}, True),
        ("trait('email').omits('x')", {}, False),
        ("trait('email').starts_with('a@')", {"email": "a@b.org"}, True),
        ("trait('email').ends_with('.com')", {"email": "a@b.org"}, False),
        ("trait('plan').one_of('gold', 'silver')", {"plan": "silver"}, True),
        ("trait('n').one_of(1, 2)", {"n": Decimal(2)}, True),
        ("trait('plan').none_of('gold')", {"plan": "silver"}, True),
        ("trait('plan').none_of('gold')", {}, False),
        ("trait('birthday').before_date('1990-01-01')", {"birthday": BORN}, True),
        ("trait('renewal').after_date('2026-03-18')", {"renewal": "2026-03-19"}, True),
        ("trait('last_order_at').within_last(7 days)", {"last_order_at": NOW}, True),
        ("trait('renewal').before_last(7 days)", {"renewal": "2026-03-01"}, True),
        ("trait('renewal').within_next(7 days)", {"renewal": "2026-03-20"}, True),
        ("trait('renewal').after_next(7 days)", {"renewal": "2026-03-20"}, False),
        ("trait('renewal').after_next(7 days)", {"renewal": "2026-04-20"}, True),
        ("trait('renewal').after_next(7 days)", {"renewal": "2026-03-01"}, False),
        ("trait('a') = 1 OR trait('b') = 2 AND trait('c') = 3", {"a": Decimal(1)}, True),
        # of events there are none
        ("event('Shoes Bought').count() >= 1", {}, False),
        ("event('Shoes Bought').count() = 0", {}, True),
        ("event('Shoes Bought').count() < 3", {}, True),
        ("event('x').where(property('a') > 1).within(7 days).sum(property('a')) = 0", {}, True),
        ("event('x').avg(property('price')) > 0", {}, False),
        ("event('x').max(property('price')).absent()", {}, True),
        ("event('x').unique().count() != 1", {}, True),
    ],
)  # fmt: skip
def test_a_query_holds(query: str, facts: dict[str, Any], held: bool) -> None:
    assert holds(query, **facts) is held


def test_conditions_are_those_of_rules() -> None:
    same = {"field": "metadata.total_spend", "operator": "greater", "value": 200}

    assert understand(parse("trait('total_spend') > 200")).rule == document.read(same)


def test_an_audience_goes_by_its_key() -> None:
    rule = understand(parse("trait('big-spenders') = 'true'")).rule

    assert InNamed("big-spenders") in set(leaves(rule))


def test_events_are_warned_of() -> None:
    assert list(understand(parse("event('x').count() = 1")).warnings) == [NO_EVENTS]
    assert list(understand(parse("trait('x') = 1")).warnings) == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("trait('plan')", "trait(…) is no comparison"),
        ("trait('plan').count() = 1", "A trait has no count(…)"),
        ("trait(5) = 1", "takes one name in quotation marks"),
        ("trait('') = 1", "takes one name in quotation marks"),
        (r"trait('a\\.b') = 1", "no name of a trait"),
        ("foo('x') = 1", "foo(…) is not known"),
        ("exists()", "exists(…) compares nothing"),
        ("property('x') = 1", "stands inside where(…) only"),
        ("ANY(trait('x') = 1)", "about accounts"),
        ("entity('x').count() = 1", "about accounts"),
        ("event('x').foo() = 1", "Events have no foo(…)"),
        ("event('x').count().within(7 days) = 1", "After count(…)"),
        ("event('x').where(trait('y') = 1).count() = 1", "asks for property"),
        ("event('x').where('y').count() = 1", "takes a condition"),
        ("event('x').where(property('y')).count() = 1", "needs a comparison"),
        ("event('x').count() = 'one'", "A count is a number"),
        ("trait('age') > 3 days", "can't be asked with 3 days"),
        ("trait('total_orders') = 'many'", "'many' is not a number"),
        ("trait('a').within_last(5)", "Give a length of time"),
        ("trait('a').before_date('soon')", "Give a date"),
        ("trait('a').exists(1)", "takes nothing"),
        ("trait('a').contains()", "takes a value"),
        ("trait('a').equals('a', 'b')", "takes one value, not 2"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(query: str, said: str) -> None:
    with pytest.raises(QueryError, match=r"^Line 1, column [0-9]+: ") as refusal:
        understand(parse(query))
    assert said in str(refusal.value)


def test_nothing_but_a_segment_or_audience_goes_by_an_id() -> None:
    id = str(uuid4())
    assert understand(parse(f"trait('{id}') = 'true'")).rule == InNamed(id)
    assert not holds(f"trait('{id}') = true", **{id: True})


def test_a_query_comes_to_so_many_comparisons_and_no_more() -> None:
    values = ", ".join(map(str, range(1_001)))
    with pytest.raises(QueryError, match="It comes to 1,001 comparisons"):
        understand(parse(f"trait('a').one_of({values})"))
