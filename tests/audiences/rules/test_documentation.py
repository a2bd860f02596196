"""What ``docs/rules.md`` says of the rule language is what the code does."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings

from audiences.rules import document, fields
from audiences.rules.document import DEEPEST, MOST_CONDITIONS
from audiences.rules.fields import LONGEST_PATH, Kind
from audiences.rules.operators import NEGATIVES, OPERATORS
from audiences.rules.operators.base import LONGEST_TEXT, MOST_VALUES
from audiences.rules.tree import UNITS
from audiences.services import fields as catalogue

PAGE = (settings.BASE_DIRECTORY / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def _table(*head: str) -> list[list[str]]:
    """The rows of the table with this head, without the code marks."""
    _, _, rest = PAGE.partition(f"| {' | '.join(head)} |\n")
    lines = rest.splitlines()[1:]
    rows = lines[: lines.index("")]
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]


def test_the_fields_are_those_of_the_code() -> None:
    told = {name: kind for name, kind, _ in _table("field", "kind", "what it is")}
    known = {name: field.kind.value for name, field in fields.FIELDS.items()}
    assert told == {**known, "metadata.PATH": Kind.ANY.value}


def test_the_operators_are_those_of_the_code() -> None:
    told = [
        (name, set(on.split(", ")), takes) for name, on, takes in _table("operator", "on", "value")
    ]
    known = [(one.name, {kind.value for kind in one.kinds}, one.takes) for one in OPERATORS]
    assert told == known


def test_the_negatives_are_those_of_the_code() -> None:
    told = {row[0]: row[1] for row in _table("negative", "opposite of")}
    assert told == NEGATIVES


def test_every_form_of_value_is_explained() -> None:
    told = [form for form, _ in _table("form", "in JSON")]
    assert set(told) == {one.takes for one in OPERATORS}
    assert len(told) == len(set(told))


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_rules(example: str) -> None:
    assert document.write(document.read(json.loads(example))) == json.loads(example)


def test_the_limits_are_those_of_the_code() -> None:
    assert len(EXAMPLES) == 2
    assert f"nests {DEEPEST} deep at most and has {MOST_CONDITIONS:,} conditions" in PAGE
    assert f"a list of values {MOST_VALUES:,}, a text {LONGEST_TEXT:,} letters" in PAGE
    assert f"counted up to {catalogue.SAMPLED:,} memberships" in PAGE
    assert (LONGEST_PATH, catalogue.DEEPEST) == (10, 5)  # “ten names deep”, “five names deep”
    assert all(unit in PAGE for unit in UNITS)
