"""Changes of what somebody else changes: ETags, and audiences that are being worked out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from audiences.services import refresh_space
from segments.models import Space

from .conftest import AUDIENCES, EXPRESSION, NEW, add

Make = Callable[..., Any]


def test_every_write_changes_the_etag(adobe: Any, api: Any, make_membership: Make) -> None:
    made = adobe.create()
    path, seen = f"{AUDIENCES}/{made['id']}", [made["_etag"]]
    seen.append(adobe.patch(made, add("/name", "A")).json()["_etag"])
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
    adobe.patch(made, add("/name", "Meanwhile"))
    sent = {"PUT": NEW, "PATCH": [add("/name", "Mine")], "DELETE": None}[method]
    response = adobe.ask(method, path, sent, **{"If-Match": made["_etag"]})
    assert response.status_code == 412
    now = adobe.get(path).json()
    assert now["name"] == "Meanwhile"
    assert response.headers["ETag"] == now["_etag"]
    match = f'"other", {now["_etag"]}'
    assert adobe.ask(method, path, sent, **{"If-Match": match}).status_code < 300


def test_if_match_star_holds_for_any(adobe: Any) -> None:
    made = adobe.create()
    assert adobe.patch(made, add("/name", "A"), **{"If-Match": "*"}).status_code == 200


def test_one_that_is_being_worked_out_is_to_be_tried_again(adobe: Any, space: Space) -> None:
    made = adobe.create()
    refresh_space(space=space, now=timezone.now())
    assert adobe.patch(made, add("/expression", EXPRESSION)).status_code == 200
    response = adobe.patch(made, add("/expression/value", "totalOrders > 7"))
    assert (response.status_code, response.headers["Retry-After"]) == (429, "1")
    refresh_space(space=space, now=timezone.now())
    response = adobe.patch(made, add("/expression/value", "totalOrders > 7"))
    assert response.status_code == 200
