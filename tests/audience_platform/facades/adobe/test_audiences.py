"""One audience through Adobe's API: what it shows, what changes it, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.utils import timezone

from audiences.models import Audience
from audiences.services import define_audience, redefine_audience, refresh_space
from segments.models import Space

Make = Callable[..., Any]
AUDIENCES = "/data/core/ups/audiences"
EXPRESSION = {"type": "PQL", "format": "pql/text", "value": "totalOrders > 1"}
NEW = {"name": "New", "type": "SegmentDefinition", "expression": EXPRESSION}


def _patch(adobe: Any, made: Any, *operations: Any, **headers: str) -> Any:
    return adobe.ask("PATCH", f"{AUDIENCES}/{made['id']}", list(operations), **headers)


def _add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


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
    answer = _patch(adobe, shown, _add("/expression/value", "totalOrders > 3"))
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
    info = _patch(adobe, made, _add("/expression", events)).json()["evaluationInfo"]
    assert info["batch"]["enabled"]
    assert not info["continuous"]["enabled"]


# Changing


def test_patch_changes_what_it_names_and_nothing_else(adobe: Any) -> None:
    made = adobe.create(labels=["core/C1"], tags={"a": 1}, linkedAudienceRef={"flowId": "1"})
    response = _patch(
        adobe,
        made,
        _add("/name", "Renamed"),
        {"op": "replace", "path": "/description", "value": "Said"},
        _add("/labels/-", "core/C2"),
        _add("/linkedAudienceRef/flowId", "2"),
        {"op": "remove", "path": "/tags"},
        _add("/ttlInDays", 20),
        _add("/lifecycleState", "inactive"),
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
        [_add("/id", str(uuid4()))],
        [_add("/audienceId", "mine")],
        [_add("/namespace", "mine")],
        [_add("/_etag", "mine")],
        [_add("/sandbox/sandboxName", "south")],
        [_add("/description", "good"), _add("/name", 7)],
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


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Segment"},
        {"type": None},
        {"expression": None},
        {"schema": {"name": "_xdm.context.account"}},
        {"lifecycleState": 7},
        {"type": "ExternalSegment"},  # which has no expression
        {"expression": {**EXPRESSION, "value": f'inSegment("{uuid4()}") and ('}},
        {"labels": ["x" * 300]},
    ],
)
def test_what_can_t_be_made_is_not(adobe: Any, wrong: Any) -> None:
    response = adobe.post(AUDIENCES, {**NEW, **wrong})
    assert response.status_code == 400, response.content
    assert not Audience.objects.exists()


def test_an_external_one_with_a_name_that_is_taken_is_refused(adobe: Any) -> None:
    adobe.create(type="ExternalSegment", audienceId="x-1", namespace="crm")
    again = {"type": "ExternalSegment", "name": "B", "audienceId": "x-1", "namespace": "crm"}
    response = adobe.post(AUDIENCES, again)
    assert response.status_code == 400
    assert "audienceId: " in response.json()["title"]
    assert adobe.create(**{**again, "namespace": "other"})["audienceId"] == "x-1"


@pytest.mark.parametrize(("days", "status"), [(90, 200), (91, 400), ("91", 400), (1, 200)])
def test_a_list_lives_ninety_days_at_most(adobe: Any, days: Any, status: int) -> None:
    sent = {"type": "ExternalSegment", "name": "A", "ttlInDays": days}
    assert adobe.post(AUDIENCES, sent).status_code == status


def test_active_is_an_old_word_for_published(adobe: Any) -> None:
    assert adobe.create(lifecycleState="active")["lifecycleState"] == "published"
    draft = adobe.create(lifecycleState="draft")
    assert draft["lifecycleState"] == "draft"
    answer = _patch(adobe, draft, _add("/lifecycleState", "active"))
    assert answer.json()["lifecycleState"] == "published"


# ETags


def test_every_write_changes_the_etag(adobe: Any, api: Any, make_membership: Make) -> None:
    made = adobe.create()
    path, seen = f"{AUDIENCES}/{made['id']}", [made["_etag"]]
    seen.append(_patch(adobe, made, _add("/name", "A")).json()["_etag"])
    seen.append(adobe.ask("PUT", path, NEW).json()["_etag"])
    document = {"data": {"type": "audiences", "id": made["id"], "attributes": {"name": "B"}}}
    assert api.patch(f"audiences/{made['id']}", document).status_code == 200
    response = adobe.get(path)
    seen.append(response.json()["_etag"])
    assert len({*seen}) == 4
    assert response.headers["ETag"] == seen[-1]
    assert adobe.get(path).json()["_etag"] == seen[-1]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_if_match_holds_only_for_what_was_read(adobe: Any, method: str) -> None:
    made = adobe.create()
    path = f"{AUDIENCES}/{made['id']}"
    _patch(adobe, made, _add("/name", "Meanwhile"))
    sent = {"PUT": NEW, "PATCH": [_add("/name", "Mine")], "DELETE": None}[method]
    response = adobe.ask(method, path, sent, **{"If-Match": made["_etag"]})
    assert response.status_code == 412
    now = adobe.get(path).json()
    assert now["name"] == "Meanwhile"
    assert response.headers["ETag"] == now["_etag"]
    match = f'"other", {now["_etag"]}'
    assert adobe.ask(method, path, sent, **{"If-Match": match}).status_code < 300


def test_if_match_star_holds_for_any(adobe: Any) -> None:
    made = adobe.create()
    assert _patch(adobe, made, _add("/name", "A"), **{"If-Match": "*"}).status_code == 200


def test_one_that_is_being_worked_out_is_to_be_tried_again(adobe: Any, space: Space) -> None:
    made = adobe.create()
    refresh_space(space=space, now=timezone.now())
    assert _patch(adobe, made, _add("/expression", EXPRESSION)).status_code == 200
    response = _patch(adobe, made, _add("/expression/value", "totalOrders > 7"))
    assert (response.status_code, response.headers["Retry-After"]) == (429, "1")
    refresh_space(space=space, now=timezone.now())
    response = _patch(adobe, made, _add("/expression/value", "totalOrders > 7"))
    assert response.status_code == 200


# Labels


def test_audiences_with_a_denied_label_are_not_there(
    make_client: Make, space: Space, adobe: Any
) -> None:
    secret = adobe.create(name="secret", labels=["core/C1", "core/C9"])
    using = adobe.create(
        name="using", expression={**EXPRESSION, "value": f'inSegment("{secret["id"]}")'}
    )
    kept = make_client(space, denied_labels=["core/C9", "core/C8"])
    assert [one["name"] for one in kept.get().json()["children"]] == ["using"]
    path = f"{AUDIENCES}/{secret['id']}"
    for method, sent in (("GET", None), ("PUT", NEW), ("DELETE", None)):
        assert kept.ask(method, path, sent).status_code == 404, method
    response = kept.post(f"{AUDIENCES}/bulk-get", {"ids": [secret["id"], using["id"]]})
    assert "errors" in response.json()["results"][secret["id"]]
    assert kept.get(f"{AUDIENCES}/{using['id']}").json()["dependencies"] == []


def test_a_denied_label_can_t_be_attached(make_client: Make, space: Space) -> None:
    kept = make_client(space, denied_labels=["core/C9"])
    made = kept.create(labels=["core/C1"])
    path = f"{AUDIENCES}/{made['id']}"
    for response in (
        kept.post(AUDIENCES, {**NEW, "labels": ["core/C9"]}),
        kept.ask("PUT", path, {**NEW, "labels": ["core/C1", "core/C9"]}),
        kept.ask("PATCH", path, [_add("/labels/-", "core/C9")]),
    ):
        assert response.status_code == 403
        assert response.json()["type"].endswith("UPAPI-113752-403")
        assert "core/C9" in response.json()["title"]
    assert Audience.objects.get().labels == ["core/C1"]


# Whatever else goes wrong


@pytest.mark.parametrize("body", [b" ", b"{", b"[1]", b"7", b'{"name": NaN}', b"\xff", b"[" * 900])
def test_a_body_that_can_t_be_read_is_refused(adobe: Any, body: bytes) -> None:
    response = adobe.ask("POST", AUDIENCES, body=body)
    assert response.status_code == 400
    assert response.json()["type"].endswith("UPLIB-101206-500")


def test_texts_that_no_database_holds_are_refused(adobe: Any) -> None:
    for sent in ({**NEW, "name": "a\0"}, {**NEW, "tags": [{"a\0": 1}]}):
        assert adobe.post(AUDIENCES, sent).status_code == 400


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data"])
def test_a_body_is_said_to_be_json(adobe: Any, content_type: str) -> None:
    response = adobe.post(AUDIENCES, NEW, content_type=content_type)
    assert (response.status_code, response.json()) == (
        400,
        {
            "type": "/placeholder/type/uri",
            "status": 400,
            "title": "BadRequestError",
            "detail": "A valid content-type must be specified",
        },
    )


def test_a_slash_at_the_end_makes_no_difference(adobe: Any) -> None:
    assert adobe.get(f"{AUDIENCES}/").status_code == 200
    assert adobe.post(f"{AUDIENCES}/", NEW).status_code == 200
    assert adobe.get("/data/core/ups/nothing").status_code == 404


def test_what_is_not_there_says_so_in_the_envelope(adobe: Any) -> None:
    response = adobe.get("/data/core/ups/nothing")
    document = response.json()
    assert document["errors"]["404"][0]["message"] == document["title"]
    assert document["requestId"] == response.headers["X-Request-Id"]


def test_a_method_that_is_not_possible_says_which_are(adobe: Any) -> None:
    response = adobe.ask("DELETE", AUDIENCES)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, POST, HEAD, OPTIONS")
    assert response.json()["status"] == 405


def test_a_body_that_is_too_long_is_refused(adobe: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = adobe.post(AUDIENCES, {**NEW, "description": "x" * 200})
    assert (response.status_code, response.json()["status"]) == (413, 413)


def test_a_failure_here_is_told_in_the_envelope(adobe: Any) -> None:
    adobe._client.raise_request_exception = False
    with patch("audience_platform.facades.adobe.audiences.define_audience", side_effect=OSError):
        response = adobe.post(AUDIENCES, NEW)
    assert (response.status_code, response.json()["status"]) == (500, 500)


def test_too_many_requests_are_refused_as_the_gateway_does(adobe: Any, settings: Any) -> None:
    settings.RATE_LIMITS = {"adobe-audiences": 1}
    assert adobe.get().status_code == 200
    response = adobe.get()
    assert (response.status_code, response.json()["error_code"]) == (429, "429050")
    assert int(response.headers["Retry-After"]) > 0


def test_metadata_that_looks_like_a_field_of_adobes_confuses_nobody(
    adobe: Any, space: Space
) -> None:
    metadata = {
        "id": 7,
        "state": "NY",
        "metrics": 1,
        "evaluationInfo": [1],
        "expression": 5,
        "team": "x",
    }
    row = define_audience(
        space=space,
        audience_type="pql",
        configuration={"expression": EXPRESSION},
        name="Ours",
        metadata=metadata,
    )
    shown = adobe.get(f"{AUDIENCES}/{row.id}").json()
    assert (shown["id"], shown["state"], shown["team"]) == (str(row.id), "enabled", "x")
    assert shown["expression"] == EXPRESSION
    assert adobe.ask("PUT", f"{AUDIENCES}/{row.id}", shown).status_code == 200
    row.refresh_from_db()
    assert (row.metadata["state"], row.metadata["team"]) == ("NY", "x")
    redefine_audience(row, enabled=False)
    assert adobe.get(f"{AUDIENCES}/{row.id}").json()["state"] == "disabled"
