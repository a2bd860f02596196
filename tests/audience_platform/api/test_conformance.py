"""JSON:API 1.1, where the library as it comes goes wrong, and where clients trip."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audience_platform.api import urls
from segments.api.document import shape
from segments.api.resource import ResourceViewSet
from segments.models import Space

Make = Callable[..., Any]
JSON_API = "application/vnd.api+json"


@pytest.mark.parametrize(
    "accept",
    [
        JSON_API,
        "*/*",
        "application/*",
        f"{JSON_API}; profile=https://example.org/p",
        f'{JSON_API};profile="https://example.org/p https://example.org/q"',
        f"{JSON_API}; charset=utf-8, {JSON_API}",
        f"text/html, {JSON_API};q=0.8",
        "text/html, */*;q=0.1",
    ],
)
def test_an_acceptable_media_type_is_served(api: Any, accept: str) -> None:
    response = api.get("memberships", Accept=accept)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == JSON_API
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize(
    "accept",
    [
        f"{JSON_API}; charset=utf-8",
        f"{JSON_API}; ext=https://jsonapi.org/ext/atomic",
        f"{JSON_API}; charset=utf-8, {JSON_API}; ext=x",
        f"{JSON_API}; q=0",
        "text/html",
        "application/json",
    ],
)
def test_a_media_type_with_other_parameters_is_not_acceptable(api: Any, accept: str) -> None:
    response = api.get("memberships", Accept=accept)
    assert response.status_code == 406
    assert response.headers["Content-Type"] == JSON_API
    assert accept in response.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (JSON_API, 400),  # as far as the body, which is none
        (f"{JSON_API}; profile=https://example.org/p", 400),
        (f"{JSON_API}; charset=utf-8", 415),
        (f"{JSON_API}; ext=https://jsonapi.org/ext/atomic", 415),
        ("application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("nonsense", 415),
    ],
)
def test_a_body_of_another_media_type_is_refused(api: Any, content_type: str, status: int) -> None:
    response = api.post("memberships", body=b"{}", content_type=content_type)
    assert response.status_code == status
    assert response.json()["errors"][0]["status"] == str(status)


def test_every_document_says_its_version(api: Any) -> None:
    for path in ("memberships", "memberships/x", "nowhere"):
        assert api.get(path).json()["jsonapi"] == {"version": "1.1"}


@pytest.mark.parametrize("path", ["nowhere", "memberships/x/nowhere", "memberships/x/y/z", "0/"])
def test_an_unknown_route_is_told_in_a_document(client: Client, path: str, db: None) -> None:
    response = client.get(f"/api/{path}", secure=True)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == JSON_API
    assert response.json()["errors"][0]["code"] == "not_found"


def test_the_root_tells_where_everything_is(client: Client, api: Any) -> None:
    document = client.get("/api/", secure=True).json()
    assert document["links"]["describedby"] == "https://testserver/api/schema"
    assert document["meta"]["docs"] == "https://testserver/api/docs"
    for viewset in urls.VIEWSETS[:-1]:
        url = document["links"][viewset.serializer_class.resource_type()]
        assert api.get(url.removeprefix("https://testserver/api/")).status_code == 200


def test_pages_elsewhere_keep_their_own_errors(client: Client) -> None:
    response = client.get("/nowhere", secure=True)
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


@pytest.mark.filterwarnings("ignore")
def test_a_servers_error_is_told_in_a_document_and_logged(
    api: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("not meant to be read by clients")

    monkeypatch.setattr(ResourceViewSet, "filter_queryset", fail)
    api._client.raise_request_exception = False
    with caplog.at_level(logging.ERROR):
        response = api.get("memberships")
    assert response.status_code == 500
    assert response.headers["Content-Type"] == JSON_API
    assert response.json()["errors"][0]["code"] == "server_error"
    assert "not meant" not in response.content.decode()
    assert "not meant" in caplog.text


def test_a_host_that_is_not_ours_is_refused_in_a_document(api: Any) -> None:
    response = api.get("memberships", Host="evil.example")
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "bad_request"


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "memberships"), ("DELETE", "memberships"), ("POST", "memberships/x")],
)
def test_a_method_that_a_route_has_not_is_405(api: Any, method: str, path: str) -> None:
    response = api.ask(method, path)
    assert response.status_code == 405
    assert method not in response.headers["Allow"]
    assert "GET" in response.headers["Allow"]


def test_what_a_route_can_do_is_told_without_a_body(api: Any) -> None:
    response = api.ask("OPTIONS", "memberships")
    assert (response.status_code, response.content) == (204, b"")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "POST", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("foo=1", "foo"),
        ("fooBar=1", "fooBar"),
        ("page=1", "page"),
        ("filter=1", "filter"),
        ("filter[]=1", "filter[]"),
        ("filter[nothing]=1", "filter[nothing]"),
        ("filter[external_id.like]=1", "filter[external_id.like]"),
        ("filter[external_id]=", "filter[external_id]"),
        ("filter[total_orders]=x", "filter[total_orders]"),
        ("filter[email.isnull]=perhaps", "filter[email.isnull]"),
        ("filter[id]=x", "filter[id]"),
        ("filter[id.in]=x", "filter[id.in]"),
        ("sort=nothing", "sort"),
        ("sort=", "sort"),
        ("sort=--email", "sort"),
        ("sort=email&sort=email", "sort"),
        ("include=nothing", "include"),
        ("include=segments.nothing", "include"),
        ("fields[memberships]=nothing", "fields[memberships]"),
        ("fields[nothing]=x", "fields[nothing]"),
        ("fields=x", "fields"),
    ],
)
def test_a_query_parameter_that_is_not_understood_is_pointed_at(
    api: Any, query: str, parameter: str
) -> None:
    response = api.get(f"memberships?{query}")
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["source"] == {"parameter": parameter}
    assert error["detail"].endswith(".")


@pytest.mark.parametrize("query", ["sort=email", "filter[email]=x", "page[size]=1"])
def test_lists_parameters_are_refused_where_there_is_one(
    api: Any, make_membership: Make, query: str
) -> None:
    response = api.get(f"memberships/{make_membership().id}?{query}")
    assert response.status_code == 400


def test_an_empty_include_includes_nothing(api: Any, make_membership: Make) -> None:
    assert "included" not in api.get(f"memberships/{make_membership().id}?include=").json()


def test_an_include_that_finds_nothing_is_an_empty_list(api: Any, make_membership: Make) -> None:
    document = api.get(f"memberships/{make_membership().id}?include=segments").json()
    assert document["included"] == []


def test_a_deep_include_is_refused(api: Any, make_audience: Make) -> None:
    response = api.get("audiences?include=offers.audiences.offers.audiences")
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("document", "status", "pointer"),
    [
        (None, 400, ""),
        ([], 400, ""),
        ({}, 400, ""),
        ({"data": None}, 400, "/data"),
        ({"data": []}, 400, "/data"),
        ({"data": {}}, 400, "/data"),
        ({"data": {"type": 1}}, 400, "/data/type"),
        ({"data": {"type": "memberships"}}, 409, "/data/type"),
        ({"data": {"type": "offers", "attributes": "x"}}, 400, "/data/attributes"),
        ({"data": {"type": "offers", "relationships": 1}}, 400, "/data/relationships"),
        (
            {"data": {"type": "offers", "relationships": {"audiences": 1}}},
            400,
            "/data/relationships/audiences",
        ),
        (
            {"data": {"type": "offers", "relationships": {"audiences": {"data": {}}}}},
            400,
            "/data/relationships/audiences/data",
        ),
        (
            {"data": {"type": "offers", "relationships": {"audiences": {"data": None}}}},
            422,
            "/data/relationships/audiences",
        ),
        ({"data": {"type": "offers", "relationships": {"x": {}}}}, 400, "/data/relationships/x"),
        (
            {"data": {"type": "offers", "relationships": {"x": {"data": None}}}},
            422,
            "/data/relationships/x",
        ),
        ({"data": {"type": "offers", "id": 7}}, 400, "/data/id"),
        ({"data": {"type": "offers", "attributes": {"audiences": []}}}, 422, None),
        ({"data": {"type": "offers", "attributes": {"name": "a\0b"}}}, 400, None),
    ],
)
def test_a_document_of_another_shape_is_refused_where_it_goes_wrong(
    api: Any, document: Any, status: int, pointer: str | None
) -> None:
    response = api.post("offers", body=json.dumps(document).encode())
    assert response.status_code == status, response.content
    if pointer is not None:
        pointers = [error["source"]["pointer"] for error in response.json()["errors"]]
        assert pointer in pointers


def test_a_change_must_name_the_resource_of_the_url(api: Any, make_membership: Make) -> None:
    one, other = make_membership(), make_membership()
    data: dict[str, Any] = {"type": "memberships", "attributes": {"email": "x"}}
    assert api.patch(f"memberships/{one.id}", {"data": data}).status_code == 400
    data["id"] = str(other.id)
    response = api.patch(f"memberships/{one.id}", {"data": data})
    assert response.status_code == 409
    assert response.json()["errors"][0]["source"] == {"pointer": "/data/id"}
    data["id"] = str(one.id).upper()
    assert api.patch(f"memberships/{one.id}", {"data": data}).status_code == 200


def test_a_body_past_the_limit_is_refused(api: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    for headers in ({}, {"Idempotency_Key": "x"}):
        response = api.post("memberships", body=b" " * 1_001, **headers)
        assert response.status_code == 413
        assert response.json()["errors"][0]["code"] == "too_long"


def test_numbers_that_only_postgresql_holds_are_told_too(api: Any) -> None:
    attributes = {"external_id": "m-1", "metadata": {"huge": 1e30}}
    made = api.post("memberships", {"data": {"type": "memberships", "attributes": attributes}})
    assert made.status_code == 201
    assert made.json()["data"]["attributes"]["metadata"] == {"huge": 10**30}
    assert made.json()["data"]["attributes"]["created_at"].endswith("Z")


def test_a_url_that_ends_with_a_slash_is_served_like_the_one_without(
    api: Any, make_membership: Make
) -> None:
    id = make_membership().id
    assert api.get(f"memberships/{id}/").json() == api.get(f"memberships/{id}").json()
    sent = {"data": {"type": "memberships", "attributes": {"external_id": "m-1"}}}
    assert api.post("memberships/", sent).status_code == 201
    first = api.get("memberships/").json()["links"]["first"]
    assert first == "https://testserver/api/memberships?page%5Bsize%5D=20"


def test_every_relationship_that_a_resource_tells_has_its_routes() -> None:
    for viewset in urls.VIEWSETS:
        told = shape(viewset.serializer_class).relations.keys()
        assert told == viewset.relationships.keys(), viewset


def test_every_link_in_a_document_leads_somewhere(
    api: Any,
    space: Space,
    make_membership: Make,
    make_segment: Make,
    make_audience: Make,
    make_offer: Make,
) -> None:
    gold = make_segment("gold")
    membership = make_membership(gold)
    make_offer(make_audience("in_all_segments", segments=[str(gold.id)]))

    def links(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = set(value.get("links", {}).values())
            return own.union(*(links(inner) for inner in value.values()))
        return set().union(*(links(inner) for inner in value)) if isinstance(value, list) else set()

    followed: set[str] = set()
    paths = [
        f"memberships/{membership.id}/offers",
        *(v.serializer_class.resource_type() for v in urls.VIEWSETS[:-1]),
    ]
    waiting = {f"https://testserver/api/{path}" for path in paths}
    while waiting:
        url = waiting.pop()
        followed.add(url)
        response = api.get(url.removeprefix("https://testserver/api/"))
        assert response.status_code == 200, url
        waiting |= links(response.json()) - followed
    assert len(followed) > 40
