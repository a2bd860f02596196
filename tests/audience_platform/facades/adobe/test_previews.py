"""Previews and estimates, and expressions in the other form."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from audience_platform.models import KeptPreview, Scope
from segments.models import Space

Make = Callable[..., Any]
UPS = "/data/core/ups/"
BODY = {
    "predicateExpression": "totalOrders > 1",
    "predicateType": "pql/text",
    "predicateModel": "_xdm.context.profile",
    "graphType": "none",
}


@pytest.fixture
def people(make_membership: Make) -> list[Any]:
    return [make_membership(total_orders=number) for number in range(5)]


def test_a_preview_and_its_estimate(adobe: Any, people: list[Any]) -> None:
    response = adobe.post(f"{UPS}preview", BODY)
    assert response.status_code == 201
    made = response.json()
    assert {**made, "previewId": "", "previewQueryId": ""} == {
        "state": "NEW",
        "previewQueryId": "",
        "previewQueryStatus": "NEW",
        "previewId": "",
        "previewExecutionId": 0,
    }
    estimate = adobe.get(f"{UPS}estimate/{made['previewId']}").json()
    assert estimate["state"] == "RESULT_READY"
    assert (estimate["estimatedSize"], estimate["profilesMatchedSoFar"]) == (3, 3)
    assert (estimate["totalRows"], estimate["standardError"]) == (5, 0)
    assert estimate["confidenceInterval"] == "95%"
    shown = adobe.get(f"{UPS}preview/{made['previewId']}").json()
    assert [next(iter(one)) for one in shown["results"]] == [str(one.id) for one in people[2:]]
    first = shown["results"][0][str(people[2].id)]
    assert first["_href"].endswith(f"/api/memberships/{people[2].id}")
    assert list(first["endCustomerIds"]) == [people[2].external_id]
    assert (shown["page"], shown["state"]) == ({"offset": 0, "size": 3}, "RESULT_READY")
    assert shown["links"]["next"] == shown["links"]["prev"] == ""


def test_the_members_come_page_by_page(adobe: Any, people: list[Any]) -> None:
    id = adobe.post(f"{UPS}preview", BODY).json()["previewId"]
    shown = adobe.get(f"{UPS}preview/{id}?offset=1&limit=1").json()
    assert [next(iter(one)) for one in shown["results"]] == [str(people[3].id)]
    assert shown["links"]["next"].endswith("?offset=2&limit=1")
    assert shown["links"]["prev"].endswith("?offset=0&limit=1")


def test_a_deleted_preview_is_gone_and_so_is_an_old_one(adobe: Any) -> None:
    made = [adobe.post(f"{UPS}preview", BODY).json()["previewId"] for _ in range(2)]
    assert adobe.ask("DELETE", f"{UPS}preview/{made[0]}").status_code == 200
    KeptPreview.objects.filter(id=made[1]).update(
        created_at=timezone.now() - datetime.timedelta(days=2)
    )
    for id in (*made, "nope"):
        for path in ("preview", "estimate"):
            assert adobe.get(f"{UPS}{path}/{id}").status_code == 404
    adobe.post(f"{UPS}preview", BODY)
    assert KeptPreview.objects.count() == 1


def test_another_spaces_preview_is_not_there(
    adobe: Any, make_client: Make, other_space: Space
) -> None:
    id = make_client(other_space).post(f"{UPS}preview", BODY).json()["previewId"]
    assert adobe.get(f"{UPS}preview/{id}").status_code == 404


def test_a_key_that_may_only_read_may_preview(make_client: Make, space: Space) -> None:
    assert make_client(space, scope=Scope.READ).post(f"{UPS}preview", BODY).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"predicateExpression": "totalOrders >"},
        {"predicateExpression": None},
        {"predicateType": "sql"},
        {"predicateModel": "_xdm.context.account"},
    ],
)
def test_a_preview_that_makes_no_sense_is_refused(adobe: Any, wrong: Any) -> None:
    assert adobe.post(f"{UPS}preview", {**BODY, **wrong}).status_code == 400
    assert not KeptPreview.objects.exists()


def test_who_is_in_a_hidden_audience_can_t_be_asked_by_way_of_another(
    make_client: Make, space: Space, adobe: Any
) -> None:
    secret = adobe.create(labels=["core/C9"])
    kept = make_client(space, denied_labels=["core/C9"])
    expression = f'inSegment("{secret["id"]}")'
    response = kept.post(f"{UPS}preview", {**BODY, "predicateExpression": expression})
    assert response.status_code == 403
    assert not KeptPreview.objects.exists()
    pql = {"type": "PQL", "format": "pql/text", "value": expression}
    response = kept.post(f"{UPS}audiences", {"name": "x", "expression": pql})
    assert response.status_code == 403


def test_an_expression_is_converted_and_back(adobe: Any) -> None:
    text = 'workAddress.country = "US"'
    sent = {
        "name": "People",
        "description": "Last 30 days",
        "expression": {"type": "PQL", "format": "pql/text", "value": text},
        "schema": {"name": "_xdm.context.profile"},
        "ttlInDays": 60,
    }
    answer = adobe.post(f"{UPS}segment/conversion", sent)
    assert answer.status_code == 200
    document = answer.json()
    assert document["expression"]["format"] == "pql/json"
    assert json.loads(document["expression"]["value"])["fnName"] == "="
    assert document["imsOrgId"] == "ORG@AdobeOrg"
    assert {key: document[key] for key in sent if key != "expression"} == {
        key: sent[key] for key in sent if key != "expression"
    }
    back = adobe.post(f"{UPS}segment/conversion", document).json()
    assert back["expression"] == {"type": "PQL", "format": "pql/text", "value": text}


@pytest.mark.parametrize(
    "expression",
    [
        None,
        {"type": "PQL", "format": "pql/text"},
        {"type": "ARL", "format": "pql/text", "value": "a = 1"},
        {"type": "PQL", "format": "sql", "value": "a = 1"},
        {"type": "PQL", "format": "pql/text", "value": "a ="},
        {"type": "PQL", "format": "pql/json", "value": "{"},
    ],
)
def test_what_can_t_be_read_is_not_converted(adobe: Any, expression: Any) -> None:
    response = adobe.post(f"{UPS}segment/conversion", {"name": "x", "expression": expression})
    assert response.status_code == 400


def test_definitions_are_the_audiences_that_are_defined_here(adobe: Any) -> None:
    for number in range(3):
        adobe.create(name=f"audience {number}")
    adobe.create(type="ExternalSegment", name="a list")
    adobe.create(name="batch", evaluationInfo={"batch": {"enabled": True}}, lifecycleState="draft")
    path = f"{UPS}segment/definitions"
    found = adobe.get(path).json()
    assert [one["name"] for one in found["segments"]] == [
        "batch",
        "audience 2",
        "audience 1",
        "audience 0",
    ]
    assert found["page"] == {
        "totalCount": 4,
        "totalPages": 1,
        "sortField": "creationTime",
        "sort": "desc",
        "pageSize": 100,
        "limit": 100,
    }
    assert found["link"] == {}
    second = adobe.get(f"{path}?limit=3&page=1&evaluationInfo.continuous.enabled=true").json()
    assert (second["segments"], second["page"]["totalCount"]) == ([], 3)
    first = adobe.get(f"{path}?limit=3").json()
    assert first["link"] == {"next": "@/segment/definitions?page=1&limit=3"}
    one = first["segments"][0]
    assert adobe.get(f"{path}/{one['id']}").json()["name"] == "batch"
    assert adobe.ask("DELETE", f"{path}/{one['id']}").status_code == 405
    bulk = adobe.post(f"{path}/bulk-get", [one["id"]])
    assert (bulk.status_code, list(bulk.json()["results"])) == (207, [one["id"]])
