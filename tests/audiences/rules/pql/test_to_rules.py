"""Rules that came from PQL, put in the words of rules."""

from uuid import UUID

import pytest

from audiences.rules import document
from audiences.rules.pql.text import parse
from audiences.rules.pql.to_rules import plain_rule
from audiences.rules.pql.translate import rule_of
from audiences.rules.tree import InSegment, Rule
from audiences.rules.unsayable import Unsayable
from tests.audiences.rules.strategies import SEGMENTS

NAMED: dict[str, Rule] = {"gold": InSegment(UUID(SEGMENTS[0]))}
PHONE = {"field": "phone", "operator": "is_present"}


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("phone.isNotNull() and true", PHONE),
        ("phone.isNotNull() or false", PHONE),
        ("not (phone.isNull() or false)", PHONE),
        ("not (phone.isNotNull() and not (false))", {"field": "phone", "operator": "is_missing"}),
        ('phone.isNotNull() and not inSegment("gold")',
         {"all": [PHONE, {"not": {"in_segment": SEGMENTS[0]}}]}),
    ],
)  # fmt: skip
def test_what_rules_can_say(text: str, tree: object) -> None:
    assert document.write(plain_rule(rule_of(parse(text)), NAMED)) == tree


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("true", ["It holds for everybody, whatever their values. A rule asks for something."]),
        ("phone and false",
         ["It holds for nobody, whatever their values. A rule asks for something."]),
        ('inSegment("x")', ["Nothing in this space goes by “x”."]),
        ("a > 1 and phone and b.count() = 2",
         ["Rules can't say “a > 1”.", "Rules can't say “b.count() = 2”."]),
    ],
)  # fmt: skip
def test_what_rules_cannot_say_has_its_reasons(text: str, reasons: list[str]) -> None:
    with pytest.raises(Unsayable) as caught:
        plain_rule(rule_of(parse(text)), NAMED)
    assert list(caught.value.reasons) == reasons
