"""``GET /audiences``: pages, filters, sorting, and that its queries don't grow with its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiences.models import Audience
from audiences.services import redefine_audience, refresh_space
from segments.models import Space

Make = Callable[..., Any]
AUDIENCES = "/data/core/ups/audiences"
EXTERNAL = {"type": "ExternalSegment", "name": "A list"}


def _names(adobe: Any, query: str = "") -> list[str]:
    response = adobe.get(f"{AUDIENCES}?{query}")
    assert response.status_code == 200, response.content
    return [child["name"] for child in response.json()["children"]]


@pytest.fixture
def three(adobe: Any) -> dict[str, Any]:
    return {name: adobe.create(name=name) for name in ("one", "two", "three")}


def test_without_parameters_all_come_the_newest_first(adobe: Any, three: Any) -> None:
    answer = adobe.get().json()
    assert [child["name"] for child in answer["children"]] == ["three", "two", "one"]
    assert answer["_page"] == {
        "totalCount": 3,
        "totalPages": 1,
        "pageSize": 3,
        "start": 0,
        "limit": 3,
        "sortField": "creationTime",
        "sort": "desc",
    }
    assert answer["_links"] == {"next": {}}


def test_pages_follow_one_another_to_the_end(adobe: Any, three: Any) -> None:
    seen, start = [], "0"
    while start is not None:
        answer = adobe.get(f"{AUDIENCES}?limit=1&sort=name:asc&name=o&start={start}").json()
        seen += [child["name"] for child in answer["children"]]
        start = answer["_page"].get("next")
    assert seen == ["one", "two"]
    first = adobe.get(f"{AUDIENCES}?limit=1&sort=name:asc&name=o").json()
    assert first["_links"]["next"]["href"] == (
        "@/audiences?start=1&limit=1&totalCount=2&sort=name%3Aasc&name=o"
    )
    assert _names(adobe, "limit=2&start=7") == []


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name:asc", ["one", "three", "two"]),
        ("name:desc", ["two", "three", "one"]),
        ("name", ["one", "three", "two"]),
        ("creationTime:asc", ["one", "two", "three"]),
        ("updateTime:desc", ["one", "three", "two"]),
        ("namespace:asc,name:desc", ["two", "three", "one"]),
    ],
)
def test_sorting(adobe: Any, three: Any, sort: str, names: list[str]) -> None:
    redefine_audience(Audience.objects.get(id=three["one"]["id"]), description="later")
    assert _names(adobe, f"sort={sort}") == names


def test_sorting_by_how_many_they_hold(
    adobe: Any, space: Space, make_membership: Make, at: Any
) -> None:
    make_membership(metadata={"workAddress": {"country": "US"}})
    adobe.create(name="few")
    everybody = {"type": "PQL", "format": "pql/text", "value": "true"}
    make_membership()
    adobe.create(name="many", expression=everybody)
    refresh_space(space=space, now=at)
    assert _names(adobe, "sort=totalProfiles:desc") == ["many", "few"]
    assert _names(adobe, "sort=totalProfiles:asc") == ["few", "many"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name=TW", ["two"]),
        ("description=first", ["one"]),
        ("property=name%3D%3Dtwo", ["two"]),
        ("property=name==tw", []),
        ("property=expression.value==totalOrders%20%3E%201", ["two"]),
        ("property=evaluationInfo.synchronous.enabled==true", ["one"]),
        ("property=labels==core/C1", ["two"]),
        ("property=type==ExternalSegment", ["three"]),
        ("property=audienceId==my-id", ["three"]),
        ("property=linkedAudienceRef.flowId==f-1", ["three"]),
        ("property=tags~id==t-1", ["two"]),
        ("property=name==two&property=labels==core/C2", []),
        ("property=nothing.like.it==1", []),
        ("property=withMetrics==true", ["three", "two", "one"]),
        ("property=id==nope", []),
        ("entityType=_xdm.context.profile", ["three", "two", "one"]),
        ("entityType=_xdm.context.account", []),
        ("unknown=parameter", ["three", "two", "one"]),
    ],
)
def test_filters(adobe: Any, query: str, names: list[str]) -> None:
    adobe.create(
        name="one",
        description="The First",
        evaluationInfo={"synchronous": {"enabled": True}},
    )
    orders = {"type": "PQL", "format": "pql/text", "value": "totalOrders > 1"}
    adobe.create(name="two", expression=orders, labels=["core/C1"], tags=[{"id": "t-1"}])
    adobe.create(
        name="three",
        type="ExternalSegment",
        audienceId="my-id",
        linkedAudienceRef={"flowId": "f-1"},
    )
    assert _names(adobe, query) == names


def test_pages_of_what_a_property_finds(adobe: Any, three: Any) -> None:
    answer = adobe.get(f"{AUDIENCES}?limit=2&property=type==SegmentDefinition&start=1").json()
    assert [child["name"] for child in answer["children"]] == ["one"]
    assert answer["_page"]["totalCount"] == 3
    assert "next" not in answer["_page"]


def test_inactive_ones_come_only_where_a_property_asks_for_one(adobe: Any) -> None:
    made = adobe.create(name="resting", lifecycleState="inactive")
    assert _names(adobe) == _names(adobe, "name=rest") == []
    assert _names(adobe, "property=name==resting") == []
    assert _names(adobe, f"property=audienceId=={made['id']}") == ["resting"]
    assert _names(adobe, f"property=id=={made['id']}") == ["resting"]
    assert _names(adobe, "property=lifecycleState==inactive") == ["resting"]


def test_archived_ones_are_gone(adobe: Any) -> None:
    made = adobe.create()
    redefine_audience(Audience.objects.get(id=made["id"]), lifecycle="archived")
    assert _names(adobe) == []
    assert adobe.get(f"{AUDIENCES}/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "start=-1",
        "start=x",
        "start=99999999999",
        "limit=0",
        "limit=ten",
        "sort=color:asc",
        "sort=name:up",
        "property=name",
        "property=name=one",
        "name=%00",
    ],
)
def test_a_query_that_can_t_be_understood_says_so(adobe: Any, query: str) -> None:
    response = adobe.get(f"{AUDIENCES}?{query}")
    assert response.status_code == 400
    assert query.partition("=")[0] in response.json()["title"]


def test_the_number_of_queries_does_not_grow(adobe: Any, make_audience: Make) -> None:
    adobe.create()
    make_audience("age_within", minimum_age=18, maximum_age=35)
    with CaptureQueriesContext(
        connection,
    ) as few:
        adobe.get()
    for number in range(24):
        adobe.create(name=f"audience {number}", labels=["core/C1"])
        make_audience("age_within", minimum_age=18, maximum_age=35 + number)
    with CaptureQueriesContext(connection) as many:
        assert len(adobe.get().json()["children"]) == 50
    assert len(many) == len(few), [query["sql"] for query in many]
