"""``POST /api/audiences/preview`` and ``GET /api/audiences/overlap``."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiences.models import Audience, Listed
from audiences.services.define import list_by_hand
from segments.models import Membership, Space
from tests.audiences.api.conftest import orders

Make = Callable[..., Any]


def _ask(audience: Any = None, **attributes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"type": "audience-previews", "attributes": attributes}
    if audience is not None:
        linkage = {"type": "audiences", "id": str(audience.id)}
        data["relationships"] = {"audience": {"data": linkage}}
    return {"data": data}


@pytest.fixture
def preview(api: Any) -> Callable[..., Any]:
    def preview(audience: Any = None, **attributes: Any) -> Any:
        response = api.post("audiences/preview", _ask(audience, **attributes))
        assert response.status_code == 200, response.content
        return response.json()["data"]["attributes"]

    return preview


def test_a_rule_is_counted_condition_by_condition(preview: Make, people: Any) -> None:
    few = {"field": "total_orders", "operator": "less", "value": 12}
    city = {"field": "metadata.citty", "operator": "is_missing"}
    found = preview(rule={"all": [orders(10), {"any": [few, city]}]})
    assert (found["count"], found["everyone"], found["percent"]) == (20, 30, 66.67)
    assert found["exact"] is True
    assert found["audience_type"] == "rules"
    assert found["summary"].startswith("orders are at least 10 and (")
    steps = {step["path"]: step for step in found["steps"]}
    assert list(steps) == ["", "/all/0", "/all/1", "/all/1/any/0", "/all/1/any/1"]
    assert (steps["/all/0"]["count"], steps["/all/0"]["removes"]) == (20, 10)
    assert (steps["/all/1/any/0"]["adds"], steps["/all/1/any/1"]["adds"]) == (12, 18)
    assert steps["/all/0"]["sentence"] == "orders are at least 10"
    assert found["lacking"] == {"metadata.citty": 30, "total_orders": 0}
    assert "metadata.citty" in found["warnings"][0]
    assert len(found["sample"]) == 10
    assert found["sample"][0].keys() == {"id", "external_id", "full_name", "email"}
    assert found["would_enter"] is found["would_leave"] is None
    assert not Audience.objects.exists()


def test_any_type_and_configuration_are_counted(
    preview: Make, people: list[Membership], make_segment: Make, make_membership: Make
) -> None:
    gold = make_segment("gold", name="Gold tier")
    make_membership(gold)
    configuration = {"segments": [str(gold.id)]}
    found = preview(audience_type="in_all_segments", configuration=configuration)
    assert (found["count"], found["summary"]) == (1, "in Gold tier")


def test_given_an_audience_it_says_who_would_enter_and_leave(
    preview: Make, keen: Audience, people: list[Membership], refresh: Make
) -> None:
    list_by_hand(audience=keen, memberships=[people[0].pk], listed=Listed.INCLUDED)
    list_by_hand(audience=keen, memberships=[people[29].pk], listed=Listed.EXCLUDED)
    refresh()
    same = preview(keen)
    assert (same["count"], same["would_enter"], same["would_leave"]) == (20, 0, 0)
    found = preview(keen, configuration={"rule": orders(8)})
    assert (found["count"], found["would_enter"], found["would_leave"]) == (22, 2, 0)
    found = preview(keen, rule=orders(12))
    assert (found["count"], found["would_enter"], found["would_leave"]) == (18, 0, 2)


def test_a_draft_is_previewed(api: Any, preview: Make, people: Any, make_audience: Make) -> None:
    draft = make_audience("rules", rule=orders(28))
    Audience.objects.update(lifecycle="draft")
    assert preview(draft)["count"] == 2


def test_an_estimate_says_that_it_is_one(preview: Make, people: Any) -> None:
    assert preview(rule=orders(10), estimate=True)["exact"] is False


def test_the_id_of_the_answer_may_be_chosen(api: Any, space: Space) -> None:
    id = str(uuid.uuid4())
    document = _ask(rule=orders(1))
    document["data"]["id"] = id
    assert api.post("audiences/preview", document).json()["data"]["id"] == id


@pytest.mark.parametrize(
    ("attributes", "pointers"),
    [
        ({}, {"configuration"}),
        ({"rule": {"all": [{"field": "age", "operator": "less"}]}}, {"rule/all/0/value"}),
        ({"rule": {"in_audience": str(uuid.UUID(int=7))}}, {"rule/in_audience"}),
        ({"configuration": {"rule": {"some": 1}}}, {"configuration/rule"}),
        ({"rule": orders(1), "configuration": {}}, {"rule"}),
        ({"rule": orders(1), "audience_type": "age_within"}, {"rule"}),
        ({"audience_type": "old", "configuration": {}}, {"audience_type"}),
        ({"rule": orders(1), "estimate": "perhaps"}, {"estimate"}),
        ({"rule": orders(1), "sample": []}, set()),  # what the server works out is passed over
        ({"rule": 3}, {"rule"}),
    ],
)
def test_what_is_wrong_is_pointed_at(
    api: Any, space: Space, attributes: Any, pointers: set[str]
) -> None:
    response = api.post("audiences/preview", _ask(**attributes))
    errors = response.json().get("errors", [])
    assert response.status_code == (422 if pointers else 200), response.content
    assert {error["source"]["pointer"] for error in errors} == {
        f"/data/attributes/{pointer}" for pointer in pointers
    }


def test_a_circle_is_refused_before_it_is_saved(
    api: Any, keen: Audience, make_audience: Make
) -> None:
    other = make_audience("rules", rule={"in_audience": str(keen.id)})
    response = api.post("audiences/preview", _ask(keen, rule={"in_audience": str(other.id)}))
    assert response.status_code == 422
    assert response.json()["errors"][0]["source"] == {
        "pointer": "/data/attributes/rule/in_audience"
    }


def test_a_key_that_may_only_read_previews(make_program: Make, people: Any) -> None:
    reader = make_program(scope="read")
    assert reader.post("audiences/preview", _ask(rule=orders(10))).status_code == 200
    assert reader.post("offers/preview", {"data": {"type": "offer-previews"}}).status_code == 200
    assert reader.post("audiences", {}).status_code == 403


def test_a_preview_costs_as_many_queries_whatever_the_rule(
    api: Any, people: Any, make_audience: Make, make_segment: Make
) -> None:
    def queries(rule: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.post("audiences/preview", _ask(rule=rule)).status_code == 200
        return len(captured)

    def asking(count: int) -> Any:
        segments = [{"in_segment": str(make_segment().id)} for _ in range(count)]
        others = [{"in_audience": str(make_audience("rules", rule=rule).id)} for rule in segments]
        return {"any": [*segments, *others]}

    assert queries(asking(1)) == queries(asking(10))


def test_overlap_tells_of_every_pair(
    api: Any, keen: Audience, people: Any, make_audience: Make, refresh: Make
) -> None:
    keener = make_audience("rules", name="Keener", rule=orders(20))
    lazy = make_audience("rules", rule={"field": "total_orders", "operator": "less", "value": 15})
    refresh()
    ids = [str(audience.id) for audience in (keen, keener, lazy)]
    found = api.get(f"audiences/overlap?filter[id]={','.join(ids)}").json()["data"]
    told = found["attributes"]
    assert [(one["id"], one["size"]) for one in told["audiences"]] == [
        (ids[0], 20),
        (ids[1], 10),
        (ids[2], 15),
    ]
    assert told["audiences"][1]["name"] == "Keener"
    assert told["pairs"] == [
        {"first": ids[0], "second": ids[1], "both": 10, "jaccard": 0.5},
        {"first": ids[0], "second": ids[2], "both": 5, "jaccard": 0.1667},
        {"first": ids[1], "second": ids[2], "both": 0, "jaccard": 0.0},
    ]
    assert told["combinations"] == [
        {"audiences": [ids[0], ids[1]], "count": 10},
        {"audiences": [ids[2]], "count": 10},
        {"audiences": [ids[0]], "count": 5},
        {"audiences": [ids[0], ids[2]], "count": 5},
    ]
    assert (told["in_any"], told["in_all"]) == (30, 0)
    assert told["as_of"] is not None


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("filter[id]=A", 400),
        ("filter[id]=A,A", 400),
        ("filter[id]=A,x", 404),
        (f"filter[id]=A,{uuid.UUID(int=7)}", 404),
        (f"filter[id]={','.join(str(uuid.UUID(int=id)) for id in range(21))}", 400),
    ],
)
def test_an_overlap_of_others_than_2_to_20_audiences_is_refused(
    api: Any, keen: Audience, query: str, status: int
) -> None:
    response = api.get(f"audiences/overlap?{query.replace('A', str(keen.id))}")
    assert response.status_code == status
    assert response.json()["errors"][0]["source"] == {"parameter": "filter[id]"}
