"""Audiences changed through Adobe's API, by PATCH and PUT."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from audiences.models import Audience

from .conftest import AUDIENCES, EXPRESSION, NEW, add


def test_patch_changes_what_it_names_and_nothing_else(adobe: Any) -> None:
    made = adobe.create(labels=["core/C1"], tags={"a": 1}, linkedAudienceRef={"flowId": "1"})
    response = adobe.patch(
        made,
        add("/name", "Renamed"),
        {"op": "replace", "path": "/description", "value": "Said"},
        add("/labels/-", "core/C2"),
        add("/linkedAudienceRef/flowId", "2"),
        {"op": "remove", "path": "/tags"},
        add("/ttlInDays", 20),
        add("/lifecycleState", "inactive"),
    )
    assert response.status_code == 200, response.content
    expected = {
        **{name: value for name, value in made.items() if name != "tags"},
        "name": "Renamed",
        "description": "Said",
        "labels": ["core/C1", "core/C2"],
        "linkedAudienceRef": {"flowId": "2"},
        "ttlInDays": 20,
        "lifecycleState": "inactive",
    }
    moving = {"_etag", "updateTime", "updateEpoch"}
    answer = response.json()
    assert {key: answer[key] for key in expected.keys() - moving} == {
        key: expected[key] for key in expected.keys() - moving
    }
    assert "tags" not in answer


@pytest.mark.parametrize(
    "operations",
    [
        [],
        {},
        [7],
        [{"op": "move", "from": "/name", "path": "/description"}],
        [{"op": "test", "path": "/name", "value": "x"}],
        [{"op": "add", "path": "name", "value": "x"}],
        [{"op": "add", "path": "/", "value": "x"}],
        [{"op": "add", "path": "/name"}],
        [{"op": "add", "path": "/name", "value": ""}],
        [{"op": "add", "path": "/name", "value": "x" * 256}],
        [{"op": "remove", "path": "/name"}],
        [{"op": "remove", "path": "/expression"}],
        [{"op": "remove", "path": "/nothing"}],
        [{"op": "add", "path": "/labels", "value": "core/C1"}],
        [{"op": "add", "path": "/labels/9", "value": "core/C1"}],
        [{"op": "add", "path": "/name/deeper", "value": "x"}],
        [{"op": "add", "path": "/expression/value", "value": "totalOrders >"}],
        [{"op": "add", "path": "/expression", "value": {**EXPRESSION, "type": "SQL"}}],
        [{"op": "add", "path": "/lifecycleState", "value": "draft"}],
        [{"op": "add", "path": "/lifecycleState", "value": "archived"}],
        [{"op": "add", "path": "/evaluationInfo", "value": {"streaming": True}}],
        [{"op": "add", "path": "/schema", "value": {"name": "_xdm.context.account"}}],
        [{"op": "add", "path": "/ttlInDays", "value": 0}],
        [add("/id", str(uuid4()))],
        [add("/audienceId", "mine")],
        [add("/namespace", "mine")],
        [add("/_etag", "mine")],
        [add("/sandbox/sandboxName", "south")],
        [add("/description", "good"), add("/name", 7)],
    ],
)
def test_a_patch_that_is_refused_changes_nothing(adobe: Any, operations: Any) -> None:
    made = adobe.create()
    response = adobe.ask("PATCH", f"{AUDIENCES}/{made['id']}", operations)
    assert response.status_code == 400, response.content
    assert response.json()["status"] == 400
    assert adobe.get(f"{AUDIENCES}/{made['id']}").json() == made


def test_put_leaves_nothing_of_what_is_not_sent(adobe: Any) -> None:
    made = adobe.create(
        labels=["core/C1"],
        tags={"a": 1},
        evaluationInfo={"batch": {"enabled": True}},
        mergePolicyId="mine",
        lifecycleState="draft",
    )
    answer = adobe.ask("PUT", f"{AUDIENCES}/{made['id']}", {"name": "Bare"}).json()
    assert (answer["name"], answer["description"], answer["labels"]) == ("Bare", "", [])
    assert "tags" not in answer
    assert answer["mergePolicyId"] != "mine"
    assert answer["evaluationInfo"]["continuous"]["enabled"]
    # what it can't be without stays
    assert answer["expression"] == made["expression"]
    assert answer["lifecycleState"] == "draft"


def test_a_representation_can_be_put_back_whole(adobe: Any) -> None:
    made = adobe.create(tags={"a": 1}, ansibleDataModel={"b": 2}, ttlInDays=60)
    answer = adobe.ask("PUT", f"{AUDIENCES}/{made['id']}", made).json()
    moving = {"_etag", "updateTime", "updateEpoch"}
    assert {key: answer[key] for key in answer.keys() - moving} == {
        key: made[key] for key in made.keys() - moving
    }
    assert Audience.objects.get(id=made["id"]).metadata == {
        "tags": {"a": 1},
        "ansibleDataModel": {"b": 2},
        "ttlInDays": 60,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": None},
        {"type": "ExternalSegment"},
        {"namespace": "other"},
        {"lifecycleState": "deleted"},
        {"expression": {**EXPRESSION, "value": "((("}},
        {"expression": "totalOrders > 1"},
        {"labels": [""]},
        {"labels": [7]},
        {"originName": 7},
        {"audienceId": {}},
        {"ttlInDays": "many"},
        {"evaluationInfo": []},
    ],
)
def test_a_put_that_is_refused_changes_nothing(adobe: Any, wrong: Any) -> None:
    made = adobe.create()
    response = adobe.ask("PUT", f"{AUDIENCES}/{made['id']}", {**NEW, "tags": 1, **wrong})
    assert response.status_code == 400, response.content
    assert adobe.get(f"{AUDIENCES}/{made['id']}").json() == made


def test_active_is_an_old_word_for_published(adobe: Any) -> None:
    assert adobe.create(lifecycleState="active")["lifecycleState"] == "published"
    draft = adobe.create(lifecycleState="draft")
    assert draft["lifecycleState"] == "draft"
    answer = adobe.patch(draft, add("/lifecycleState", "active"))
    assert answer.json()["lifecycleState"] == "published"
