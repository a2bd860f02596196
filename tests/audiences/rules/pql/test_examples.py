"""More examples of PQL, with the answers that its pages give: for one member, by every way of
asking, and all expressions as audiences take them."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from audiences.rules import columns, evaluate
from audiences.rules.clock import Clock
from audiences.rules.facts import read_facts
from audiences.rules.program import Program
from audiences.rules.tree import InSegment
from audiences.types import registry
from segments.models import Membership, Segment, Space

NOW = datetime.datetime(2026, 3, 18, 15, 30, tzinfo=datetime.UTC)
EXAMPLES = {
    line[4:]: line.startswith("yes")
    for line in Path(__file__).with_name("examples.txt").read_text().splitlines()
}
ORDERS = [
    {"id": "o1", "price": 20, "qty": 2, "at": "2026-03-01T00:00:00Z",
     "items": [{"sku": "x", "n": 1}, {"sku": "y", "n": 2}]},
    {"id": "o2", "price": 5.5, "qty": 1, "at": "2026-02-10", "items": [{"sku": "y", "n": 5}]},
    {"id": "o3", "price": None, "qty": 3, "at": 1773792000000, "items": []},
]  # fmt: skip
METADATA = {
    "tier": "silver", "vip": False, "points": 1500, "code": "007", "zero": 0, "empty": "",
    "nothing": None, "tags": ["a", "B", "c"], "nums": [3, 1, 2, 3], "none": [], "orders": ORDERS,
    "address": {"city": "Utrecht", "zip": "3511", "geo": {"lat": 52.09}}, "percent": "100 %",
    "prefs": {"mail": True, "sms": False}, "renewal": "2026-04-01", "count": 5, "min": 2, "sum": 4,
    "iso": "2026-03-18T17:00:00+02:00", "quote": 'say "hi" \\ ok',
    "_acme": {"loyalty": {"points": 11}},
}  # fmt: skip


def test_every_example_has_its_answer(
    space: Space, make_membership: Any, make_segment: Any
) -> None:
    gold: Segment = make_segment("s-gold")
    one: Membership = make_membership(
        gold,
        external_id="C-7",
        email="bert@shop.example",
        full_name="Bert de Vries",
        birthday=datetime.date(1988, 2, 29),
        total_orders=12,
        total_order_value="830.25",
        last_order_at=datetime.datetime(2026, 3, 17, 23, 30, tzinfo=datetime.UTC),
        created_at=datetime.datetime(2023, 12, 31, 23, 59, 59, tzinfo=datetime.UTC),
        metadata=METADATA,
    )
    numbers, names = {gold.id: gold.pk}, {"s-gold": InSegment(gold.id)}
    rules = {text: evaluate.resolve(_rule(text), names) for text in EXAMPLES}
    facts, _ = read_facts(space=space, membership=one.id, at=NOW)
    wanted = columns.Wanted(evaluate.sources(rules.values()), [gold.pk])
    chunk = columns.read_numbers(
        space=space.pk, wanted=wanted, clock=Clock(NOW, space.zone), numbers=[one.pk]
    )
    by_columns = evaluate.ColumnAnswers(chunk, numbers)
    compiled = Program(rules.values(), numbers)
    answers = compiled.ask(facts)
    assert {text: one.pk in by_columns.members(rule) for text, rule in rules.items()} == EXAMPLES
    assert {t: evaluate.holds(rule, facts, numbers) for t, rule in rules.items()} == EXAMPLES
    assert {t: compiled.literal(rule).holds(answers) for t, rule in rules.items()} == EXAMPLES


def _rule(text: str) -> Any:
    pql = registry.get("pql")
    return pql.rule(pql.clean({"expression": {"value": text}}))
