"""Whatever is sent, at whatever place, the answer is a document and never a server's error."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import get_resolver
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audiences.services.tiers import make_tiers
from segments.models import Membership
from tests.audience_platform.api.sent import TIERS, Request, There, requests_about

Make = Callable[..., Any]
Path = tuple[str | int, ...]

many_examples = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
texts = st.text(max_size=8) | st.sampled_from(
    ["", "\0", "\ud800", "id", "memberships", "offers", "2026-01-01", "0001-01-01", "NaN", "1e999"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for step, one in inner:
        yield from _places(one, (*path, step))


def _with(document: Any, path: Path, value: Any) -> Any:
    """The document, with the value at that place."""
    if not path:
        return value
    changed = copy.deepcopy(document)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return changed


def _check(response: Any) -> None:
    assert response.status_code < 500
    assert response.headers["Content-Type"] == "application/vnd.api+json"
    document = json.loads(response.content)
    if response.status_code < 400:
        assert "errors" not in document
        return
    for error in document["errors"]:
        assert error["status"] == str(response.status_code)
        assert error["code"]
        assert error["title"]
        assert error["detail"].rstrip("”)").endswith((".", "?")), error


@pytest.fixture
def requests(
    make_membership: Make, make_segment: Make, make_audience: Make, make_offer: Make
) -> list[Request]:
    audience = make_audience("age_within", minimum_age=18)
    group = make_tiers(space=audience.space, name="Old", attribute="total_orders", tiers=TIERS)
    return requests_about(
        There(
            segment=make_segment("gold"),
            membership=make_membership(external_id="m-0"),
            newcomer=make_membership(),
            audience=audience,
            offer=make_offer(audience),
            group=group,
        )
    )


def test_the_requests_are_carried_out_as_they_stand(api: Any, requests: list[Request]) -> None:
    for method, path, document in requests:
        response = api.ask(method, path, document)
        assert response.status_code in (200, 201), response.content


@many_examples
@given(data=st.data())
def test_any_value_at_any_place(api: Any, requests: list[Request], data: st.DataObject) -> None:
    method, path, document = data.draw(st.sampled_from(requests))
    place = data.draw(st.sampled_from(list(_places(document))))
    sent = _with(document, place, data.draw(values))
    _check(api.ask(method, path, body=json.dumps(sent).encode()))


@many_examples
@given(body=st.binary(max_size=40) | values.map(lambda value: json.dumps(value).encode()))
@example(body=b"")
@example(body=b"[" * 100_000)
@example(body=b'{"data":' * 200 + b"1" + b"}" * 200)
@example(body=b'{"a":' * 240 + b"1" + b"}" * 240)
@example(body='{"data": "é"}'.encode("latin-1"))
@example(body=b'\xef\xbb\xbf{"data": null}')
def test_any_body(api: Any, body: bytes) -> None:
    response = api.post("memberships", body=body)
    assert response.status_code in (400, 409, 422)
    _check(response)


@many_examples
@given(data=st.data())
def test_metadata_of_any_shape_is_kept_or_refused(api: Any, data: st.DataObject) -> None:
    metadata = data.draw(st.dictionaries(texts, values, max_size=3))
    attributes = {"external_id": f"m-{Membership.objects.count()}", "metadata": metadata}
    document = {"data": {"type": "memberships", "attributes": attributes}}
    response = api.post("memberships", body=json.dumps(document).encode())
    _check(response)
    if response.status_code == 201:
        _check(api.get(f"memberships/{response.json()['data']['id']}"))


PATHS = [
    "memberships",
    "segments",
    "segment-memberships",
    "audiences",
    "audiences/overlap",
    "audience-versions",
    "refresh-schedules",
    "audience-groups",
    "rule-fields",
    "rule-fields/total_orders/histogram",
    "offers",
    "spaces",
]
NAMES = [
    "include",
    "sort",
    "page[number]",
    "page[size]",
    "page[offset]",
    "page[limit]",
    "page[cursor]",
    "fields[memberships]",
    "fields[offers]",
    "filter[id]",
    "filter[id.in]",
    "filter[search]",
    "filter[segment]",
    "filter[birthday.gte]",
    "filter[total_orders]",
    "filter[total_order_value.lt]",
    "filter[created_at.gte]",
    "filter[publish_at.isnull]",
    "filter[external_id.in]",
    "filter[membership]",
    "filter[external_id]",
    "filter[at]",
    "filter[visible_status]",
    "filter[eligible]",
]
queries = st.dictionaries(
    st.sampled_from(NAMES) | texts, texts | st.integers().map(str), max_size=3
)


@many_examples
@given(path=st.sampled_from([*PATHS, "membership-offers"]), query=queries)
@example(path="memberships", query={"page[number]": "9" * 15})
@example(path="memberships", query={"page[cursor]": "YWZ0ZXIuMS4yLjMuNA=="})
@example(path="memberships", query={"filter[total_orders.gte]": "9" * 30})
@example(path="memberships", query={"filter[total_order_value]": "9" * 400})
@example(path="memberships", query={"filter[total_order_value]": "Infinity"})
@example(path="memberships", query={"filter[created_at.gte]": "0001-01-01T00:00:00+14:00"})
@example(path="memberships", query={"filter[created_at.gte]": "9999-12-31T23:59:59-14:00"})
@example(path="memberships", query={"filter[birthday.gte]": "0001-01-01"})
@example(path="membership-offers", query={"filter[external_id]": "m-0", "filter[at]": "9999-12-31"})
def test_any_query(api: Any, requests: list[Request], path: str, query: dict[str, str]) -> None:
    encoded = "&".join(
        f"{quote(name, errors='replace')}={quote(value, errors='replace')}"
        for name, value in query.items()
    )
    _check(api.get(f"{path}?{encoded}"))


@many_examples
@given(
    steps=st.lists(texts | st.sampled_from([*PATHS, "relationships", "memberships"]), max_size=4)
)
def test_any_path(api: Any, steps: list[str]) -> None:
    _check(api.get("/".join(quote(step, errors="replace", safe="") for step in steps)))


def test_any_method_on_any_route(api: Any) -> None:
    for pattern in get_resolver("audience_platform.api.urls").url_patterns:
        path = str(pattern.pattern).replace("<str:id>", "x").strip("^$")
        if path in ("", "schema", "docs", ".*"):  # no resources
            continue
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"):
            response = api.ask(method, path)
            # 403: an address to send a file to that nobody has signed
            expected = (403, 405) if path.startswith("uploads/") else (200, 400, 404, 405, 409)
            assert response.status_code in expected, (method, path)
        assert api.ask("OPTIONS", path).status_code == (200 if path.startswith("uploads/") else 204)
