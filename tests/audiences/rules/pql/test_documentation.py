"""What ``docs/pql.md`` says of PQL is what the code does."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

import pytest
from django.conf import settings

from audiences.rules import evaluate
from audiences.rules.facts import read_facts
from audiences.rules.pql import profile
from audiences.rules.pql.json_reader import read_json
from audiences.rules.pql.json_writer import to_json
from audiences.rules.pql.signatures import FUNCTIONS, METHODS, MOST_VARIABLES, UNITS
from audiences.rules.pql.text import DEEPEST, LARGEST, LONGEST, parse
from audiences.rules.pql.translate import rule_of
from audiences.rules.tree import InSegment
from audiences.types import registry
from segments.models import Segment, Space

PAGE = (settings.BASE_DIRECTORY / "docs" / "pql.md").read_text(encoding="utf-8")
CONFIGURATION, HER, *_ = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NOW = datetime.datetime(2026, 3, 18, 15, 30, tzinfo=datetime.UTC)
EXAMPLES = [
    (text, answer == "yes")
    for text, answer in re.findall(r"^\| `(.+)` \| (yes|no) \|$", PAGE, re.M)
]


@pytest.fixture
def her(make_membership: Any, make_segment: Any) -> Any:
    names = {**profile.FIELDS, "metadata": "metadata"}
    values = {names[name]: value for name, value in json.loads(HER).items()}
    for name in ("last_order_at", "created_at"):
        values[name] = datetime.datetime.fromisoformat(values[name])
    values["birthday"] = datetime.date.fromisoformat(values["birthday"])
    return make_membership(make_segment("gold"), **values)


def test_every_example_holds_for_her_or_not_as_told(space: Space, her: Any) -> None:
    assert len(EXAMPLES) > 40
    gold = Segment.objects.get(space=space)
    facts, _ = read_facts(space=space, membership=her.id, at=NOW)
    for text, expected in EXAMPLES:
        for expression in (parse(text), read_json(to_json(parse(text)))):
            rule = evaluate.resolve(rule_of(expression), {"gold": InSegment(gold.id)})
            assert evaluate.holds(rule, facts, {gold.id: gold.pk}) is expected, text


def test_the_functions_are_those_of_the_code() -> None:
    _, _, table = PAGE.partition("| function | what it comes to |")
    told = re.findall(r"`(x\.)?(\w+)\([^`]*\)`", table.partition("\n\n")[0])
    assert sorted(name for method, name in told if method) == sorted(METHODS)
    assert sorted(name for method, name in told if not method) == sorted(FUNCTIONS)


def test_the_names_are_those_of_the_code() -> None:
    _, _, table = PAGE.partition("| fields | |")
    told = [line.partition(" |")[0] for line in table.strip().splitlines()[1:4]]
    own, aliases, worked_out = (re.findall(r"`([^`]+)`", names) for names in told)
    assert own == list(profile.FIELDS)
    paths = [name.replace('.get("crmId")', ".crmId").split(".") for name in aliases]
    assert [tuple(path) for path in paths] == list(profile.ALIASES)
    for name in worked_out:
        assert profile.place_of(tuple(name.split("."))).made is not profile.as_it_is


def test_the_units_and_bounds_are_those_of_the_code() -> None:
    for unit in UNITS.values():
        plural = {"century": "centuries", "millennium": "millennia"}.get(unit, f"{unit}s")
        assert plural in PAGE
    assert f"{LONGEST:,} letters and {LARGEST:,} parts, and nests {DEEPEST} deep" in PAGE
    assert f"at most {MOST_VARIABLES} variables" in PAGE


def test_the_configuration_is_one() -> None:
    given = json.loads(CONFIGURATION)
    assert registry.get("pql").clean(given) == given
