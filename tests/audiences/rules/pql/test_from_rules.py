"""Rules said in PQL: the expression holds for whom the rule holds, or there is a reason."""

import datetime
import os
from contextlib import suppress
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.rules import document, evaluate
from audiences.rules.facts import read_facts
from audiences.rules.pql.from_rules import expression_of
from audiences.rules.pql.printer import to_text
from audiences.rules.pql.text import parse
from audiences.rules.pql.translate import rule_of
from audiences.rules.tree import AllOf, InNamed, InSegment, Not, Rule
from audiences.rules.unsayable import Unsayable
from segments.models import Membership, Segment, SegmentMembership, Space
from tests.audiences.rules.strategies import SEGMENTS, clocks, conditions, members, rules

EXAMPLES = int(os.environ.get("AGREEMENT_EXAMPLES", "100"))
NAMES: dict[str, Rule] = {id: InSegment(UUID(id)) for id in SEGMENTS}


def said(*trees: dict[str, Any]) -> list[tuple[Rule, str]]:
    """The rules that PQL can say, and how."""
    found = []
    for rule in map(document.read, trees):
        with suppress(Unsayable):
            found.append((rule, to_text(expression_of(rule))))
    return found


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(conditions, min_size=4, max_size=10),
    rules,
    st.lists(members, min_size=1, max_size=5),
    clocks,
)
def test_what_is_said_holds_for_whom_the_rule_holds(
    space: Space,
    single: list[dict[str, Any]],
    whole: dict[str, Any],
    people: list[dict[str, Any]],
    clock: tuple[datetime.datetime, str],
) -> None:
    now, space.time_zone = clock
    with transaction.atomic():
        segments = {
            UUID(id): Segment.objects.create(space=space, id=id, short_code=id).pk
            for id in SEGMENTS
        }
        for place, person in enumerate(people):
            values = {key: value for key, value in person.items() if key != "segments"}
            row = Membership.objects.create(space=space, external_id=f"p{place}", **values)
            for id in person["segments"]:
                SegmentMembership.objects.create(
                    space=space, segment_id=segments[UUID(id)], membership=row
                )
        ids = Membership.objects.filter(space=space).values_list("id", flat=True)
        facts = [read_facts(space=space, membership=id, at=now)[0] for id in ids]
        transaction.set_rollback(True)
    assert facts[0].clock.zone == ZoneInfo(clock[1])
    for rule, text in said(*single, whole):
        again = evaluate.resolve(rule_of(parse(text)), NAMES)
        for known in facts:
            expected = evaluate.holds(rule, known, segments)
            assert evaluate.holds(again, known, segments) is expected, (text, rule, known.values)


def condition(field: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value, **more}


CASE = {"case_sensitive": True}
# What is read from PQL as the very rule that was said.
SAME = [
    (condition("email", "equals", "a"), 'email.equals("a", false)'),
    (condition("email", "equals", "a", **CASE), 'email = "a"'),
    (condition("phone", "equals", "5", **CASE), 'phone = "5"'),
    (condition("metadata.a", "equals", "5", **CASE), 'metadata.a.equals("5")'),
    (condition("email", "not_equals", "a", **CASE), 'not (email = "a")'),
    (condition("email", "in", ["a", "b"], **CASE), 'email in ["a", "b"]'),
    (condition("email", "in", ["a", "b"]), 'stringCompare("equals", email, ["a", "b"], false)'),
    (condition("full_name", "contains", "a"), 'fullName.contains("a", false)'),
    (condition("full_name", "starts_with", "a", **CASE), 'fullName.startsWith("a")'),
    (condition("full_name", "matches", "^a", **CASE), 'fullName.matches("^a")'),
    (condition("phone", "is_missing"), "phone.isNull()"),
    (condition("metadata.a.b", "is_present"), "metadata.a.b.isNotNull()"),
    (condition("total_orders", "greater", 5), "totalOrders > 5"),
    (condition("total_order_value", "less_or_equal", 12.5), "totalOrderValue <= 12.5"),
    (condition("total_orders", "in", [1, 2]), "totalOrders in [1, 2]"),
    (condition("metadata.points", "greater", 100), "100 < metadata.points"),
    (condition("metadata.points", "equals", 5), "5 = metadata.points"),
    (condition("metadata.vip", "equals", True), "metadata.vip = true"),
    (condition("birthday", "on", "1990-05-01"), "birthday occurs date(1990, 5, 1)"),
    (condition("birthday", "before", "1990-05-01"), "birthday occurs before date(1990, 5, 1)"),
    (condition("birthday", "on_or_after", "1990-05-01"),
     "birthday occurs after date(1990, 4, 30)"),
    (condition("created_at", "before", "2026-01-01T00:00:00Z"),
     "createdAt occurs before date(2026, 1, 1)"),
    (condition("created_at", "between_half_open", ["2026-01-01T01:00:00+01:00",
                                                   "2026-02-01T00:00:00Z"]),
     "createdAt occurs between date(2026, 1, 1) and date(2026, 1, 31)"),
    (condition("last_order_at", "within_last", {"amount": 24, "unit": "hour"}),
     "lastOrderAt occurs <= 24 hours before now"),
    (condition("last_order_at", "more_than_ago", {"amount": 1, "unit": "hour"}),
     "lastOrderAt occurs > 1 hour before now"),
    ({"all": [condition("phone", "is_present"), {"any": [
        condition("total_orders", "less", 3),
        {"not": condition("email", "equals", "a", **CASE)}]}]},
     'phone.isNotNull() and (totalOrders < 3 or not (email = "a"))'),
    ({"all": [condition("email", "is_present"), condition("email", "not_equals", "a", **CASE)]},
     'email != "a"'),
    ({"all": [condition("email", "is_present"), condition("email", "not_contains", "a")]},
     'email.doesNotContain("a", false)'),
    ({"all": [condition("metadata.a", "is_present"), condition("metadata.a", "not_in", ["b"])]},
     'stringCompare("notEqualTo", metadata.a, ["b"], false)'),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "text"), SAME)
def test_a_rule_is_said_and_read_as_the_very_same(tree: dict[str, Any], text: str) -> None:
    rule = document.read(tree)
    assert to_text(expression_of(rule)) == text
    assert rule_of(parse(text)) == rule


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (condition("email_domain", "equals", "X.nl"), 'email.endsWith("@X.nl", false)'),
        (condition("email_domain", "in", ["x.nl", "y.nl"]),
         'stringCompare("endsWith", email, ["@x.nl", "@y.nl"], false)'),
        (condition("email_domain", "equals", "a@b"), "false"),
        (condition("birthday_month", "in", [5, 6]), "birthday.getMonth() in [5, 6]"),
        (condition("age", "is_missing"), "birthday.isNull()"),
        (condition("total_orders", "between", [1, 5]), "totalOrders >= 1 and totalOrders <= 5"),
        (condition("full_name", "matches", "^a"), 'fullName.matches("(?i)^a")'),
        (condition("birthday", "on_or_before", "1990-05-01"),
         "birthday occurs before date(1990, 5, 2)"),
        (condition("birthday", "between", ["1990-05-01", "1990-06-01"]),
         "birthday occurs between date(1990, 5, 1) and date(1990, 6, 1)"),
        (condition("metadata.tags", "has_all", ["a", 5]),
         'metadata.tags.equals("a", false) and 5 = metadata.tags'),
        (condition("metadata.tags", "has_none", ["a", True], **CASE),
         'not (metadata.tags = "a" or metadata.tags = true)'),
        ({"in_segment": SEGMENTS[0]}, f'inSegment("{SEGMENTS[0]}")'),
        ({"not": {"in_audience": SEGMENTS[0]}}, f'not inSegment("{SEGMENTS[0]}")'),
        ({"not": {"any": [condition("phone", "is_missing"), condition("email", "is_missing")]}},
         "not (phone.isNull() or email.isNull())"),
    ],
)  # fmt: skip
def test_a_rule_is_said(tree: dict[str, Any], text: str) -> None:
    assert to_text(expression_of(document.read(tree))) == text


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        ({"sample": {"percent": 10}}, "PQL has no samples."),
        (condition("age", "greater", 18), "age counts by the clock of the space"),
        (condition("days_until_birthday", "less", 18), "counts by the clock of the space"),
        (condition("created_at", "on", "2026-01-01"), "go by the clock of the space"),
        (condition("created_at", "in_last", "month"), "go by the clock of the space"),
        (condition("created_at", "within_last", {"amount": 30, "unit": "day"}),
         "go by the clock of the space"),
        (condition("birthday", "anniversary_within", {"amount": 7, "unit": "day"}),
         "go by the clock of the space"),
        (condition("created_at", "before", "2026-01-01T10:00:00Z"),
         "PQL names days, not moments such as 2026-01-01T10:00:00Z."),
        (condition("created_at", "after", "2026-01-01T00:00:00Z"), "has no words for"),
        (condition("birthday", "on_or_after", "0001-01-01"), "has no words for"),
        (condition("metadata.a", "before", "2026-01-01"), "not by the clock of the space"),
        (condition("metadata.a", "in_this", "month"), "not by the clock of the space"),
        (condition("metadata.a", "between", [1, 2]), "one number for the lower bound"),
        (condition("metadata.a.0", "equals", "x"), "“0” may be a place in a list"),
        (condition("email_domain", "is_missing"), "has no words for"),
        (condition("email_domain", "contains", "x"), "has no words for"),
        (condition("email_domain", "equals", "x", **CASE), "has no words for"),
    ],
)  # fmt: skip
def test_what_pql_cannot_say_has_its_reason(tree: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unsayable) as caught:
        expression_of(document.read(tree))
    assert len(caught.value.reasons) == 1
    assert reason in caught.value.reasons[0]


def test_every_part_that_cannot_be_said_is_named() -> None:
    sample = {"sample": {"percent": 10}}
    tree = {"all": [sample, condition("age", "less", 5), {"not": sample}]}
    with pytest.raises(Unsayable) as caught:
        expression_of(document.read(tree))
    assert len(caught.value.reasons) == 2


def test_what_came_from_pql_is_said_as_it_was() -> None:
    for text in ('orders[price > 3].count() = 2 and inSegment("gold")', "false", "true",
                 'not (inSegment("gold") and metadata.orders.isNull())'):  # fmt: skip
        assert to_text(expression_of(rule_of(parse(text)))) == text
    assert expression_of(AllOf((Not(InNamed("gold")),))) == parse('not inSegment("gold")')
