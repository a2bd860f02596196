"""The API's own description, and whether it is true."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft4Validator  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV30SpecValidator

from audience_platform.api import urls
from audience_platform.refresh_schedules import refresh_on
from audiences.services import refresh_space
from audiences.services.groups import make_group
from audiences.services.sources import make_source
from audiences.services.sync import request_sync
from segments.imports.asking import make_import

Make = Callable[..., Any]
JSON_API = "application/vnd.api+json"


@pytest.fixture(scope="module")
def description(django_db_setup: None, django_db_blocker: Any) -> dict[str, Any]:
    with django_db_blocker.unblock():  # requests are counted
        response = Client().get("/api/schema", secure=True)
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def _plain(schema: Any) -> Any:
    """The schema with OpenAPI's ``nullable`` said as JSON Schema says it."""
    if isinstance(schema, list):
        return [_plain(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


@pytest.fixture(scope="module")
def check(description: dict[str, Any]) -> Callable[[str, str, Any], None]:
    """Holds an answer against what the description says of it."""

    def hold(method: str, path: str, response: Any) -> None:
        told = description["paths"][path][method.lower()]["responses"]
        content = told[str(response.status_code)]["content"][JSON_API]["schema"]
        schema = _plain({**content, "components": description["components"]})
        errors = [
            f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
            for error in Draft4Validator(schema).iter_errors(json.loads(response.content))
        ]
        assert not errors, (method, path)

    return hold


def test_it_is_valid_openapi(description: dict[str, Any]) -> None:
    OpenAPIV30SpecValidator(description).validate()


def _refused(callback: Any, route: str) -> set[str]:
    """The methods of a relationship's URL that are answered by 403 alone."""
    relationship = callback.cls.relationships.get(route.rsplit("/", 1)[-1])
    if "/relationships/" not in route or relationship.writable:
        return set()
    return {"post", "patch", "delete"}


def test_it_has_every_route_and_method(description: dict[str, Any]) -> None:
    for pattern in urls.urlpatterns:
        route = str(pattern.pattern)
        if route in ("", "schema", "docs", "uploads/<str:token>", "^.*$"):
            continue
        actions = pattern.callback.actions  # type: ignore[attr-defined]
        path = f"/api/{route.replace('<str:id>', '{id}')}"
        told = description["paths"][path].keys()
        assert told == set(actions) - {"head"} - _refused(pattern.callback, route), path


def test_every_operation_has_its_own_name(description: dict[str, Any]) -> None:
    names = [
        operation["operationId"]
        for path in description["paths"].values()
        for operation in path.values()
    ]
    assert len(names) == len(set(names))
    assert {"get_memberships", "get_memberships_one", "post_segments"} <= set(names)


def test_ids_are_text_everywhere(description: dict[str, Any]) -> None:
    def ids(value: Any) -> list[Any]:
        if isinstance(value, list):
            return [id for inner in value for id in ids(inner)]
        if not isinstance(value, dict):
            return []
        own = [value["properties"]["id"]] if "id" in value.get("properties", {}) else []
        return own + [id for inner in value.values() for id in ids(inner)]

    found = ids(description)
    assert len(found) > 20
    assert all(id["type"] == "string" for id in found)


@pytest.fixture
def ids(
    api: Any, make_membership: Make, make_segment: Make, make_audience: Make, make_offer: Make
) -> dict[str, str]:
    """One of each type, by its id."""
    now = datetime.datetime.now(datetime.UTC)
    gold = make_segment("gold")
    membership = make_membership(gold, birthday="1990-01-01", metadata={"a": [1, None]})
    audience = make_audience("in_all_segments", segments=[str(gold.id)])
    offer = make_offer(audience)
    source = make_source(
        space=audience.space,
        vendor="csv_url",
        name="Web shop",
        settings={"url": "https://lists.example.com/members.csv"},
    )
    synced = make_audience("synced", name="Shoppers", source=str(source.id), list="file")
    made = {
        "memberships": membership,
        "segments": gold,
        "audiences": audience,
        "refresh-schedules": refresh_on(audience, at=now, days=[1], hours=[3], time_zone="UTC"),
        "audience-groups": make_group(space=audience.space, name="Both", audiences=[audience]),
        "sources": source,
        "syncs": request_sync(audience=synced, at=now),
        "imports": make_import(space=audience.space, segment=gold),
        "offers": offer,
    }
    refresh_space(space=audience.space, now=now)
    listed = {
        type: api.get(type).json()["data"][0]["id"]
        for type in ("spaces", "segment-memberships", "audience-versions", "audit-events")
    }
    return {
        **{type: str(row.id) for type, row in made.items()},
        **listed,
        "rule-fields": "age",
        "rules": "",
        "membership-offers": f"{membership.id}:{offer.id}",
    }


def test_every_answer_is_as_described(
    api: Any,
    check: Callable[[str, str, Any], None],
    description: dict[str, Any],
    ids: dict[str, str],
    make_audience: Make,
) -> None:
    other = make_audience("age_within", minimum_age=18)
    asked = {
        "membership-offers": f"filter[membership]={ids['memberships']}",
        "audiences/overlap": f"filter[id]={ids['audiences']},{other.id}",
    }
    for path, operations in description["paths"].items():
        type = path.split("/")[2]
        url = path.removeprefix("/api/").replace("{id}", ids[type])
        if "post" in operations:
            check("POST", path, api.post(url, {"data": {"type": "nothing"}}))
        if "get" not in operations or path.endswith(".csv"):
            continue
        url += f"?{asked[url]}" if url in asked else ""
        further = f"{url}{'&' if '?' in url else '?'}"
        response = api.get(url)
        assert response.status_code == 200, (path, response.content)
        check("GET", path, response)
        check("GET", path, api.get(f"{further}nothing=1"))
        relations = _relations(type)
        if relations and path in (f"/api/{type}", f"/api/{type}/{{id}}"):
            check("GET", path, api.get(f"{further}include={','.join(relations)}"))


def _relations(type: str) -> list[str]:
    """What can be included with resources of the type."""
    return [
        relation
        for viewset in urls.VIEWSETS
        if viewset.serializer_class.resource_type() == type
        for relation in getattr(viewset.serializer_class, "included_serializers", {})
    ]


def test_what_it_says_of_a_change_is_true(
    api: Any, check: Callable[[str, str, Any], None], make_segment: Make, make_membership: Make
) -> None:
    attributes = {"short_code": "gold", "name": "Gold"}
    made = api.post("segments", {"data": {"type": "segments", "attributes": attributes}})
    check("POST", "/api/segments", made)
    id = made.json()["data"]["id"]
    linkage = {"data": [{"type": "memberships", "id": str(make_membership().id)}]}
    path = "/api/segments/{id}/relationships/memberships"
    check("POST", path, api.post(f"segments/{id}/relationships/memberships", linkage))
    change = {"data": {"type": "segments", "id": id, "attributes": {"name": "New"}}}
    check("PATCH", "/api/segments/{id}", api.patch(f"segments/{id}", change))
    check("DELETE", "/api/segments/{id}", api.delete(f"segments/{id}"))


def test_parameters_are_those_that_are_taken(
    api: Any, description: dict[str, Any], make_membership: Make
) -> None:
    make_membership(external_id="m-1")
    values = {
        "boolean": "true",
        "number": "1",
        "integer": "1",
        "uuid": "7b1c3a52-0f4e-4f0a-9f58-3d7d0e6f1a2b",
        "date": "2026-01-01",
        "date-time": "2026-01-01T00:00:00Z",
        "string": "x",
    }
    by_name = {"visible_status": "visible", "eligible": "true", "at": "2026-01-01"}
    for path in ("memberships", "segments", "segment-memberships", "audiences", "offers"):
        for parameter in description["paths"][f"/api/{path}"]["get"]["parameters"]:
            name, schema = parameter["name"], parameter["schema"]
            schema = schema.get("items", schema)
            if parameter["in"] != "query" or name in ("include", "page[cursor]"):
                continue
            value = schema.get("enum", [values[schema.get("format", schema["type"])]])[0]
            response = api.get(f"{path}?{name}={value}")
            assert response.status_code == 200, (path, name, response.content)
    for parameter in description["paths"]["/api/membership-offers"]["get"]["parameters"]:
        field = parameter["name"].removeprefix("filter[").removesuffix("]")
        if field in by_name:
            query = f"filter[external_id]=m-1&filter[{field}]={by_name[field]}"
            assert api.get(f"membership-offers?{query}").status_code == 200
