"""Who may ask what of the API, and in which space."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from audience_platform.models import Scope
from audience_platform.services import revoke_key
from segments.models import Membership, Space

Make = Callable[..., Any]
NEW = {"data": {"type": "memberships", "attributes": {"external_id": "m-1"}}}


def _only_error(response: Any) -> dict[str, Any]:
    (error,) = response.json()["errors"]
    found: dict[str, Any] = error
    return found


@pytest.mark.parametrize(
    "sent",
    ["", "Bearer", "Bearer  ", "Basic dXNlcjpwYXNz", "Bearer a b", "Bearer ä", "Bearer nope"],
)
def test_a_header_without_a_token_that_is_known_is_refused(
    client: Any, space: Space, sent: str
) -> None:
    response = client.get("/api/memberships", headers={"Authorization": sent}, secure=True)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == (
        'Bearer realm="Audience Platform", error="invalid_token"'
    )
    assert response.headers["Content-Type"] == "application/vnd.api+json"
    assert _only_error(response)["code"] == "authentication_failed"


def test_no_header_is_refused_with_how_to_send_one(client: Any, space: Space) -> None:
    response = client.get("/api/memberships", secure=True)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Audience Platform"'
    assert "Bearer TOKEN" in _only_error(response)["detail"]


def test_an_expired_key_is_told_so(make_program: Make) -> None:
    now = timezone.now()
    past, then = now - datetime.timedelta(days=2), now - datetime.timedelta(days=1)
    response = make_program(at=past, expires_at=then).get("memberships")
    assert response.status_code == 401
    assert f"expired on {then:%Y-%m-%d}" in _only_error(response)["detail"]


def test_a_revoked_key_is_told_so(make_program: Make, space: Space) -> None:
    program = make_program()
    for key in space.api_keys.all():
        revoke_key(key, at=timezone.now())
    response = program.get("memberships")
    assert response.status_code == 401
    assert "revoked" in _only_error(response)["detail"]


def test_a_key_of_scope_read_reads(make_program: Make, make_membership: Make) -> None:
    membership = make_membership()
    program = make_program(scope=Scope.READ)
    assert program.get(f"memberships/{membership.id}").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_key_of_scope_read_changes_nothing(
    make_program: Make, make_membership: Make, method: str
) -> None:
    membership = make_membership()
    path = "memberships" if method == "POST" else f"memberships/{membership.id}"
    response = make_program(scope=Scope.READ).ask(method, path, NEW)
    assert response.status_code == 403
    assert "scope “write”" in _only_error(response)["detail"]
    assert Membership.objects.count() == 1


def test_a_key_to_several_spaces_must_pick_one(
    make_program: Make, space: Space, other_space: Space
) -> None:
    response = make_program(space, other_space).get("memberships")
    assert response.status_code == 400
    error = _only_error(response)
    assert error["source"] == {"header": "X-Space"}
    assert "north, south" in error["detail"]


def test_the_header_picks_the_space(
    make_program: Make, make_membership: Make, space: Space, other_space: Space
) -> None:
    make_membership()
    program = make_program(space, other_space)
    assert len(program.get("memberships", X_Space="north").json()["data"]) == 1
    assert program.get("memberships", X_Space="south").json()["data"] == []


def test_a_space_that_is_not_the_keys_is_like_one_that_there_is_not(
    make_program: Make, space: Space, other_space: Space
) -> None:
    def answer(slug: str) -> tuple[int, str]:
        response = make_program(space).get("memberships", X_Space=slug)
        return response.status_code, response.content.decode().replace(slug, "SLUG")

    assert answer("south") == answer("nowhere")
    assert answer("south")[0] == 400


def test_the_spaces_of_the_key_are_listed_before_one_is_picked(
    make_program: Make, space: Space, other_space: Space
) -> None:
    Space.objects.create(slug="west", name="West")
    data = make_program(space, other_space).get("spaces").json()["data"]
    assert [one["attributes"]["slug"] for one in data] == ["north", "south"]


def test_another_space_can_not_be_read(make_program: Make, space: Space) -> None:
    west = Space.objects.create(slug="west", name="West")
    assert make_program(space).get(f"spaces/{west.id}").status_code == 404
