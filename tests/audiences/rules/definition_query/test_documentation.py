"""What ``docs/definition-queries.md`` says of definition queries is what the code does."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

import pytest
from django.conf import settings

from audiences.rules import evaluate
from audiences.rules.definition_query.parse import parse
from audiences.rules.definition_query.understand import understand
from audiences.rules.facts import read_facts
from audiences.rules.tree import AllOf
from audiences.types import registry
from segments.models import Space

PAGE = (settings.BASE_DIRECTORY / "docs/definition-queries.md").read_text(encoding="utf-8")
CONFIGURATION, HER = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NOW = datetime.datetime(2026, 3, 18, 15, 30, tzinfo=datetime.UTC)
EXAMPLES = re.findall(r"^\| `(.+)` \| (yes|no) \|$", PAGE, re.M)


@pytest.fixture
def her(make_membership: Any) -> Any:
    values = json.loads(HER)
    values["last_order_at"] = datetime.datetime.fromisoformat(values["last_order_at"])
    return make_membership(**values)


def test_every_example_holds_for_her_or_not_as_told(space: Space, her: Any) -> None:
    assert len(EXAMPLES) > 20
    facts, _ = read_facts(space=space, membership=her.id, at=NOW)
    for query, expected in EXAMPLES:
        rule = evaluate.resolve(understand(parse(query)).rule, {"vip": AllOf(())})
        assert evaluate.holds(rule, facts, {}) is (expected == "yes"), query


def test_the_configuration_is_one() -> None:
    configuration = json.loads(CONFIGURATION)
    assert registry.get("definition_query").clean(configuration) == configuration
