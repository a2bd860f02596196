"""What Adobe's API shows of an audience: those made there, and all others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from audiences.services import refresh_space
from segments.models import Space

from .conftest import AUDIENCES, EXPRESSION, add

Make = Callable[..., Any]


def test_what_is_made_here_is_there_for_everybody(adobe: Any, api: Any) -> None:
    tags = {"ansible": ["a"]}
    made = adobe.create(labels=["core/C1"], tags=tags, ttlInDays="60", description=None)
    attributes = api.get(f"audiences/{made['id']}").json()["data"]["attributes"]
    assert attributes["audience_type"] == "pql"
    assert attributes["configuration"]["expression"]["value"] == 'workAddress.country = "US"'
    assert (attributes["labels"], attributes["lifecycle"]) == (["core/C1"], "published")
    assert attributes["metadata"] == {"tags": tags, "ttlInDays": 60}
    assert (made["tags"], made["ttlInDays"], made["description"]) == (tags, 60, "")


def test_an_external_one_is_a_list_that_runs_out(adobe: Any, api: Any) -> None:
    made = adobe.create(type="ExternalAudience", audienceId="x-1", ttlInDays="40")
    attributes = api.get(f"audiences/{made['id']}").json()["data"]["attributes"]
    assert (attributes["audience_type"], attributes["ttl_days"]) == ("external", 40)
    assert (attributes["external_id"], attributes["namespace"]) == ("x-1", made["namespace"])
    assert (made["type"], made["ttlInDays"]) == ("ExternalSegment", 40)
    assert adobe.create(type="ExternalSegment")["ttlInDays"] == 30


def test_who_is_meant_is_who_is_counted(
    adobe: Any, space: Space, make_membership: Make, at: Any
) -> None:
    for country in ("US", "US", "CA"):
        make_membership(metadata={"workAddress": {"country": country}})
    made = adobe.create()
    assert "metrics" not in made
    refresh_space(space=space, now=at)
    data = adobe.get(f"{AUDIENCES}/{made['id']}").json()["metrics"]["data"]
    assert data["totalProfiles"] == 2
    assert data["totalProfilesByStatus"] == {"realized": 2, "existing": 0, "exited": 0}


@pytest.mark.parametrize("form", ["pql/text", "pql/json"])
def test_an_expression_comes_back_as_it_was_written(adobe: Any, form: str) -> None:
    tree = {
        "nodeType": "fnApply",
        "fnName": "=",
        "params": [
            {
                "nodeType": "fieldLookup",
                "fieldName": "country",
                "object": {"nodeType": "parameterReference", "position": 1},
            },
            {"nodeType": "literal", "literalType": "String", "value": "US"},
        ],
    }
    value = json.dumps(tree, indent=1) if form == "pql/json" else '( country =  "US" )'
    written = {"type": "pql", "format": form, "value": value, "meta": {"by": "somebody"}}
    shown = adobe.create(expression=written)["expression"]
    assert shown == {**written, "type": "PQL"}


def test_audiences_of_other_types_are_said_in_pql(
    adobe: Any, make_audience: Make, space: Space
) -> None:
    young = make_audience("age_within", name="Young", minimum_age=18, maximum_age=35)
    shown = adobe.get(f"{AUDIENCES}/{young.id}").json()
    assert shown["type"] == "SegmentDefinition"
    # PQL can't say ages by a space's clock
    assert shown["expression"]["value"] == f'inSegment("{young.id}")'
    sent = adobe.ask("PUT", f"{AUDIENCES}/{young.id}", {**shown, "name": "Younger"})
    assert sent.status_code == 200, sent.content
    young.refresh_from_db()
    assert (young.name, young.audience_type) == ("Younger", "age_within")
    assert adobe.get(f"{AUDIENCES}/{young.id}").json()["expression"] == shown["expression"]


def test_rules_are_said_in_pql(adobe: Any, make_audience: Make) -> None:
    rule = {"field": "total_orders", "operator": "greater", "value": 2}
    made = make_audience("rules", name="Buyers", rule=rule)
    shown = adobe.get(f"{AUDIENCES}/{made.id}").json()
    assert shown["expression"]["value"] == "totalOrders > 2"
    answer = adobe.patch(shown, add("/expression/value", "totalOrders > 3"))
    assert answer.json()["expression"]["value"] == "totalOrders > 3"
    made.refresh_from_db()
    assert made.audience_type == "pql"


def test_one_without_a_name_is_called_by_who_is_in_it(adobe: Any, make_audience: Make) -> None:
    young = make_audience("age_within", minimum_age=18, maximum_age=35)
    assert adobe.get(f"{AUDIENCES}/{young.id}").json()["name"] == "Aged 18 to 35"


def test_what_it_depends_on_and_what_depends_on_it(adobe: Any) -> None:
    one = adobe.create(name="one")
    two = adobe.create(name="two", expression={**EXPRESSION, "value": f'inSegment("{one["id"]}")'})
    assert (two["dependencies"], two["dependents"]) == ([one["id"]], [])
    one = adobe.get(f"{AUDIENCES}/{one['id']}").json()
    assert (one["dependencies"], one["dependents"]) == ([], [two["id"]])


@pytest.mark.parametrize(
    ("value", "wished", "ways"),
    [
        ("totalOrders > 1", None, ["continuous"]),
        ("totalOrders > 1", {"batch": {"enabled": True}}, ["batch"]),
        ("totalOrders > 1", {}, ["batch"]),
        (
            "totalOrders > 1",
            {"continuous": {"enabled": True}, "synchronous": {"enabled": True}},
            ["continuous", "synchronous"],
        ),
        ('select E from xEvent where E.eventType = "order"', None, ["batch"]),
        ('select E from xEvent where E.a = "b"', {"continuous": {"enabled": True}}, ["batch"]),
    ],
)
def test_how_it_is_evaluated(adobe: Any, value: str, wished: Any, ways: list[str]) -> None:
    given = {} if wished is None else {"evaluationInfo": wished}
    made = adobe.create(expression={**EXPRESSION, "value": value}, **given)
    info = made["evaluationInfo"]
    assert [way for way, said in info.items() if said["enabled"]] == ways
    assert {*info} == {"batch", "continuous", "synchronous"}


def test_a_streaming_one_that_comes_to_ask_for_events_becomes_batch(adobe: Any) -> None:
    made = adobe.create()
    events = {**EXPRESSION, "value": 'select E from xEvent where E.a = "b"'}
    info = adobe.patch(made, add("/expression", events)).json()["evaluationInfo"]
    assert info["batch"]["enabled"]
    assert not info["continuous"]["enabled"]
