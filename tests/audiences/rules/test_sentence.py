import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given

from audiences.rules import document
from audiences.rules.sentence import sentence
from audiences.rules.tree import InSegment, Not, Rule, Until
from tests.audiences.rules.strategies import rules

GOLD = UUID(int=1)
NAMES = {GOLD: "Gold tier"}
NOON = datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.UTC)


def condition(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


ADULT, YOUNG = condition("age", "greater_or_equal", 18), condition("age", "less_or_equal", 35)
LATELY = condition("last_order_at", "within_last", {"amount": 30, "unit": "days"})
CASES = [
    ({"all": [ADULT, YOUNG, {"in_segment": str(GOLD)}, LATELY]},
     "aged 18 to 35, in Gold tier, and ordered within the last 30 days"),
    (ADULT, "aged 18 or over"),
    ({"not": ADULT}, "not aged 18 or over"),
    ({"all": [ADULT, {"any": [LATELY, {"not": {"in_segment": str(GOLD)}}]}]},
     "aged 18 or over and (ordered within the last 30 days or not in Gold tier)"),
    ({"not": {"any": [ADULT, LATELY]}},
     "not (aged 18 or over or ordered within the last 30 days)"),
    (condition("metadata.country", "not_equals", "NL"), "country is not NL"),
    (condition("email", "not_contains", "@x"), "e-mail does not contain @x"),
    (condition("phone", "is_missing"), "phone is not known"),
    (condition("total_orders", "greater", 5), "orders are more than 5"),
    ({"not": condition("total_orders", "between", [1, 5])}, "orders are not from 1 to 5"),
    (condition("days_until_birthday", "less_or_equal", 7),
     "days until the birthday are at most 7"),
    (condition("birthday_month", "in", [6, 7]), "month of birth is one of June, July"),
    (condition("total_order_value", "between", [10, "12.50"]), "order value is from 10 to 12.5"),
    (condition("created_at", "more_than_ago", {"amount": 1, "unit": "year"}),
     "joined more than 1 year ago"),
    (condition("metadata.tags", "has_none", ["a", 2]), "tags does not have any of a, 2"),
    ({"sample": {"percent": 10, "seed": "spring"}}, "in 10 % of all (sample “spring”)"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "said"), CASES)
def test_a_rule_says_itself_in_words(tree: dict[str, Any], said: str) -> None:
    assert sentence(document.read(tree), NAMES) == said


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (InSegment(GOLD, is_list=True), "on the list “Gold tier”"),
        (Not(InSegment(GOLD, is_list=True)), "not on the list “Gold tier”"),
        (Until(NOON), "until 2026-06-15 12:00 UTC"),
        (Not(Until(NOON)), "from 2026-06-15 12:00 UTC"),
    ],
)
def test_what_no_document_says_says_itself_too(rule: Rule, said: str) -> None:
    assert sentence(rule, NAMES) == said


@given(rules)
def test_every_rule_can_be_said(tree: dict[str, Any]) -> None:
    assert sentence(document.read(tree), {})
