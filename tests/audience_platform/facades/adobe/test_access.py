"""Who may speak to Adobe's API: its gateway's own refusals, and tokens for client credentials."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from audience_platform.facades.adobe.keys import access_token
from audience_platform.models import AuditEvent, Scope
from audience_platform.services import revoke_key
from segments.models import Space

Make = Callable[..., Any]
AUDIENCES = "/data/core/ups/audiences"


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        (
            {"Authorization": None},
            403,
            {"error_code": "403010", "message": "Oauth token is missing."},
        ),
        (
            {"Authorization": "Bearer nope"},
            401,
            {"error_code": "401013", "message": "Oauth token is not valid"},
        ),
        (
            {"Authorization": "Bearer a.b.c"},
            401,
            {"error_code": "401013", "message": "Oauth token is not valid"},
        ),
        (
            {"Authorization": "Basic dXNlcjpwYXNz"},
            401,
            {"error_code": "401013", "message": "Oauth token is not valid"},
        ),
        ({"x-api-key": None}, 403, {"error_code": "403000", "message": "Api Key is required"}),
        ({"x-api-key": "nope"}, 403, {"error_code": "403003", "message": "Api Key is invalid"}),
        ({"x-gw-ims-org-id": None}, 400, {"error_code": "400003", "message": "Missing header"}),
        ({"x-sandbox-name": None}, 400, {"error_code": "400003", "message": "Missing header"}),
        (
            {"x-sandbox-name": "south"},
            403,
            {"error_code": "403025", "message": "Profile is not valid"},
        ),
    ],
)
def test_the_gateway_refuses_in_its_own_words(
    adobe: Any, other_space: Space, headers: dict[str, str | None], status: int, body: Any
) -> None:
    response = adobe.get(**headers)
    assert (response.status_code, response.json()) == (status, body)


def test_a_key_and_the_tokens_that_it_was_exchanged_for_are_counted_together(
    adobe: Any, settings: Any
) -> None:
    settings.RATE_LIMITS = {"adobe-audiences": 2}
    with patch("time.time", lambda: 1_800_000_000.0):
        exchanged = {"Authorization": f"Bearer {access_token(adobe.key)}"}
        answers = [adobe.get(), adobe.get(**exchanged), adobe.get(**exchanged)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_the_key_is_named_by_its_id_or_by_the_beginning_of_its_token(adobe: Any) -> None:
    for client in (str(adobe.key.id), adobe.key.prefix):
        assert adobe.get(**{"x-api-key": client}).status_code == 200


def test_the_sandbox_picks_one_of_the_keys_spaces(
    make_client: Make, space: Space, other_space: Space
) -> None:
    client = make_client(space, other_space)
    client.create(name="In the north")
    names = {
        slug: [one["name"] for one in client.get(**{"x-sandbox-name": slug}).json()["children"]]
        for slug in ("north", "south")
    }
    assert names == {"north": ["In the north"], "south": []}


def test_another_spaces_audience_is_not_there(
    adobe: Any, make_client: Make, other_space: Space
) -> None:
    path = f"{AUDIENCES}/{make_client(other_space).create()['id']}"
    for method, sent in (
        ("GET", None),
        ("DELETE", None),
        ("PUT", {"name": "Mine"}),
        ("PATCH", [{"op": "add", "path": "/name", "value": "Mine"}]),
    ):
        response = adobe.ask(method, path, sent)
        assert response.status_code == 404, method
        assert response.json()["type"].endswith("UPAPI-113430-404")


def test_a_key_that_may_only_read_writes_nothing(make_client: Make, space: Space) -> None:
    client = make_client(space, scope=Scope.READ)
    response = client.post(AUDIENCES, {"name": "No"})
    assert response.status_code == 403
    assert response.json()["type"].endswith("UPAPI-113752-403")
    assert client.get().json()["children"] == []


def test_what_is_written_is_put_down_to_the_key(adobe: Any) -> None:
    made = adobe.create()
    event = AuditEvent.objects.get(object_id=made["id"])
    assert (event.actor_type, event.actor_id) == ("api-key", str(adobe.key.id))
    assert made["createdBy"] == made["lastModifiedBy"] == str(adobe.key.id)


# Tokens


def _token(**given: Any) -> Any:
    return Client().post("/ims/token/v3", given, secure=True)


def _credentials(adobe: Any, **changed: str) -> dict[str, str]:
    known = {"client_id": adobe.key.prefix, "client_secret": adobe.token}
    return {"grant_type": "client_credentials", "scope": "openid", **known, **changed}


def test_credentials_give_a_token_for_an_hour(adobe: Any) -> None:
    response = _token(**_credentials(adobe))
    assert response.status_code == 200
    given = response.json()
    assert (given["token_type"], given["expires_in"]) == ("bearer", 3600)
    assert response.headers["Cache-Control"] == "no-store"
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    assert adobe.get(**bearer).status_code == 200
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=3602)
    with patch("django.core.signing.time.time", return_value=later.timestamp()):
        assert adobe.get(**bearer).json()["error_code"] == "401013"


def test_a_token_opens_nothing_once_its_key_is_revoked(adobe: Any) -> None:
    bearer = f"Bearer {_token(**_credentials(adobe)).json()['access_token']}"
    revoke_key(adobe.key, at=timezone.now())
    assert adobe.get(Authorization=bearer).json()["error_code"] == "401013"


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "nope"}, 401, "invalid_client"),
        ({"client_id": "nope"}, 401, "invalid_client"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_other_credentials_give_none(
    adobe: Any, changed: dict[str, str], status: int, error: str
) -> None:
    response = _token(**_credentials(adobe, **changed))
    assert (response.status_code, response.json()["error"]) == (status, error)


def test_a_token_is_asked_for_by_post(db: None) -> None:
    response = Client().get("/ims/token/v3", secure=True)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
