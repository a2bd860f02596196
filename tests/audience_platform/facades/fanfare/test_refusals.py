"""What is refused, and how: keys, spaces, what is in use, sizes, and what nobody foresaw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audience_platform.facades.fanfare.views.audiences import Audiences
from audience_platform.models import Scope
from audiences.models import Audience
from segments.models import Membership, Space
from tests.audience_platform.facades.fanfare.conftest import Fanfare
from tests.conftest import Make

RULES = [{"field": "totalOrders", "operator": "GREATER_THAN", "values": [0]}]
DYNAMIC = {"name": "Buyers", "type": "DYNAMIC", "rules": RULES}
TIERS = {
    "groupName": "Spend",
    "attribute": "totalOrderValue",
    "tiers": [
        {"name": "Low", "startValue": 0, "endValue": 10, "order": 0},
        {"name": "High", "startValue": 10, "order": 1},
    ],
}


@pytest.mark.parametrize("token", ["", "sk_live_nobody"])
def test_without_a_key_that_opens_anything(space: Space, token: str) -> None:
    answer = Fanfare(token).get("audiences")
    assert (answer.status_code, answer.json()["error"]) == (401, "Secret key required")
    assert answer["Content-Type"] == "application/json"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_publishable_key_is_no_secret_one(space: Space) -> None:
    answer = Fanfare().get("audiences", X_Publishable_Key="pk_live_x")
    assert (answer.status_code, answer.json()["error"]) == (401, "Secret key required")


def test_a_key_that_may_only_read(make_program: Make) -> None:
    reader = Fanfare(make_program(scope=Scope.READ).token)
    assert reader.get("audiences").status_code == 200
    answer = reader.post("audiences", DYNAMIC)
    assert (answer.status_code, answer.json()["error"]) == (403, "Forbidden")
    assert not Audience.objects.exists()


def test_a_key_to_several_spaces_picks_one(
    make_program: Make, space: Space, other_space: Space
) -> None:
    both = Fanfare(make_program(space, other_space).token)
    assert both.get("audiences").status_code == 400
    assert both.get("audiences", X_Space="north").status_code == 200


def test_spaces_are_apart(
    fanfare: Fanfare, make_program: Make, other_space: Space, make_membership: Make
) -> None:
    """What is another's is answered like what doesn't exist."""
    stranger = Fanfare(make_program(other_space).token)
    audience = fanfare.made("audiences", DYNAMIC)
    group = fanfare.made("audiences/loyalty-tiers", TIERS)["tierGroup"]
    static = fanfare.made("audiences", {"name": "List", "type": "STATIC"})
    fanfare.made(f"audiences/{static['id']}/import", {})
    person = make_membership()
    theirs = stranger.made("audiences", {"name": "List", "type": "STATIC"})
    for path in ("", "/count", "/status", "/members", "/rules", "/import", "/consumers/x"):
        assert stranger.get(f"audiences/{static['id']}{path}").status_code == 404
    for path in (f"audiences/groups/{group}", f"audiences/groups/{group}/members"):
        assert stranger.get(path).status_code == 404
    assert stranger.put(f"audiences/{audience['id']}", {"name": "x"}).status_code == 404
    assert stranger.delete(f"audiences/{audience['id']}").status_code == 404
    assert stranger.delete(f"audiences/groups/{group}").status_code == 404
    assert stranger.put(f"audiences/loyalty-tiers/{group}", TIERS).status_code == 404
    assert stranger.get(f"consumers/{person.id}/audiences").status_code == 404
    assert stranger.get(f"audiences/{theirs['id']}/consumers/{person.id}").status_code == 404
    put = stranger.post(f"audiences/{theirs['id']}/members", {"consumerIds": [str(person.id)]})
    assert put.status_code == 400
    assert [one["name"] for one in stranger.get("audiences").json()] == ["List"]
    assert len(fanfare.get("audiences").json()) == 4


def test_what_carries_a_label_that_is_denied_is_not_there(
    fanfare: Fanfare, make_program: Make, households: list[Membership], refresh: Callable[[], None]
) -> None:
    made = fanfare.made("audiences", DYNAMIC)["id"]
    tiers = fanfare.made("audiences/loyalty-tiers", TIERS)
    high = tiers["audiences"][1]["id"]
    Audience.objects.filter(id__in=[made, high]).update(labels=["C2"])
    refresh()
    denied = Fanfare(make_program(denied_labels=["C2"]).token)
    assert [one["name"] for one in denied.get("audiences").json()] == ["Low"]
    for path in ("", "/members", "/rules", f"/consumers/{households[0].id}"):
        assert denied.get(f"audiences/{made}{path}").status_code == 404
    assert denied.delete(f"audiences/{made}").status_code == 404
    assert denied.get(f"consumers/{households[0].id}/audiences").json() == []
    assert denied.delete(f"audiences/groups/{tiers['tierGroup']}").status_code == 404
    low = tiers["audiences"][0]["id"]
    told = fanfare.get(f"audiences/{made}/members?include=audiences").json()["data"]
    assert {one["name"] for one in told[0]["audiences"]} == {"Buyers", "High"}
    assert denied.get(f"audiences/{low}/members?include=audiences").status_code == 200


def test_an_audience_in_use_is_not_archived(fanfare: Fanfare, make_offer: Make) -> None:
    """Fanfare lets everybody in who was kept out by it; here it says what uses it."""
    made = fanfare.made("audiences", DYNAMIC)
    make_offer(Audience.objects.get(id=made["id"]), name="Free coffee")
    answer = fanfare.delete(f"audiences/{made['id']}")
    assert (answer.status_code, answer.json()["error"]) == (409, "Audience is in use")
    [user] = answer.json()["details"]["usedBy"]
    assert (user["type"], user["name"]) == ("Offer", "Free coffee")
    assert fanfare.get(f"audiences/{made['id']}").json()["archived"] is False


def test_a_group_in_use_is_neither_deleted_nor_made_smaller(
    fanfare: Fanfare, make_offer: Make
) -> None:
    made = fanfare.made("audiences/loyalty-tiers", TIERS)
    group, low = made["tierGroup"], made["audiences"][0]["id"]
    make_offer(Audience.objects.get(id=low), name="Free coffee")
    answers = [
        fanfare.delete(f"audiences/groups/{group}"),
        fanfare.put(f"audiences/loyalty-tiers/{group}", {"tiers": TIERS["tiers"][1:]}),
    ]
    assert [answer.status_code for answer in answers] == [409, 409]
    for answer in answers:
        assert answer.json()["details"]["usedBy"][0]["name"] == "Free coffee"
    assert len(fanfare.get(f"audiences/groups/{group}").json()) == 2


def test_a_tier_is_changed_with_its_group_alone(fanfare: Fanfare) -> None:
    tier = fanfare.made("audiences/loyalty-tiers", TIERS)["audiences"][0]["id"]
    assert fanfare.delete(f"audiences/{tier}").status_code == 400
    assert fanfare.put(f"audiences/{tier}", {"name": "Lowest"}).status_code == 400
    assert fanfare.post(f"audiences/{tier}/rules", RULES).status_code == 400
    assert fanfare.put(f"audiences/{tier}", {"iconName": "medal"}).json()["iconName"] == "medal"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "nothing"),
        ("GET", ""),
        ("GET", "audiences/x/y/z"),
        ("POST", "audiences/import/mailchimp"),
        ("GET", "/api/v1"),
    ],
)
def test_what_is_not_there(fanfare: Fanfare, method: str, path: str) -> None:
    answer = fanfare.ask(method, path)
    assert answer.status_code in (404, 405)
    assert set(answer.json()) == {"error", "message"}


def test_a_slash_at_the_end_makes_no_difference(fanfare: Fanfare) -> None:
    assert fanfare.post("audiences/", DYNAMIC).status_code == 201
    assert len(fanfare.get("audiences/").json()) == 1


def test_a_body_that_is_too_large(fanfare: Fanfare, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    answer = fanfare.post("audiences", DYNAMIC)
    assert (answer.status_code, answer.json()["error"]) == (413, "Payload too large")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 400 + b"]" * 400, b"7", b"null"])
def test_bodies_that_are_no_objects(fanfare: Fanfare, body: bytes) -> None:
    answer = fanfare.ask("POST", "audiences", body=body)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("Malformed JSON", "Validation failed")


def test_a_search_with_what_no_text_has(fanfare: Fanfare) -> None:
    made = fanfare.made("audiences", DYNAMIC)
    answer = fanfare.get(f"audiences/{made['id']}/members?search=a%00b")
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, "search")


def test_what_was_told_may_be_sent_back(fanfare: Fanfare) -> None:
    sent = {**DYNAMIC, "metadata": {"team": "crm"}, "iconName": "star"}
    made = fanfare.made("audiences", sent)
    told = fanfare.get(f"audiences/{made['id']}").json()
    again = fanfare.put(f"audiences/{made['id']}", told).json()
    assert {**again, "updatedAt": told["updatedAt"]} == told


def test_what_nobody_foresaw(fanfare: Fanfare, monkeypatch: Any, client: Any) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(Audiences, "get", fail)
    fanfare._client.raise_request_exception = False
    answer = fanfare.get("audiences")
    assert (answer.status_code, answer.json()["error"]) == (500, "Internal server error")
    assert "on purpose" not in answer.content.decode()


def test_how_often_one_may_ask(fanfare: Fanfare, settings: Any) -> None:
    settings.RATE_LIMITS = {"fanfare-audiences": 1}
    first = fanfare.get("audiences")
    assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("1", "0")
    assert int(first["X-RateLimit-Reset"]) > 1_700_000_000
    second = fanfare.get("audiences")
    while second.status_code == 200:  # a minute has just begun
        second = fanfare.get("audiences")
    seconds = int(second["Retry-After"])
    assert (second.status_code, second.json()) == (
        429,
        {"error": "Rate limit exceeded", "retryAfter": seconds},
    )


def test_an_upload_url_is_good_for_its_own_import_alone(
    fanfare: Fanfare, api: Any, space: Space
) -> None:
    answer = Fanfare().put(
        "uploads/nonsense", body=b"email\n", content_type="text/csv", Accept="application/json"
    )
    assert (answer.status_code, answer.json()["error"]) == (403, "Forbidden")
    assert (set(answer.json()), answer["Content-Type"]) == (
        {"error", "message"},
        "application/json",
    )
    made = api.post("imports", {"data": {"type": "imports", "attributes": {}}}).json()["data"]
    token = made["attributes"]["upload_url"].rpartition("/")[2]
    answer = Fanfare().put(f"uploads/{token}", body=b"email\n", content_type="text/csv")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("audiences?include=rules,imports,primarySyncSource", 12),
        ("audiences?first=100&sortBy=name", 12),
        ("audiences/A/members?first=100&include=audiences", 12),
    ],
)
def test_one_and_fifty_cost_the_same(
    fanfare: Fanfare,
    households: list[Membership],
    refresh: Callable[[], None],
    path: str,
    most: int,
) -> None:
    assert django_settings.RATE_LIMIT  # the count of requests is among the queries
    made = fanfare.made("audiences", DYNAMIC)
    fanfare.made("audiences", {"name": "List", "type": "STATIC"})
    counted = []
    for more in (0, 49):
        for number in range(more):
            sent = {"name": f"List {number}", "type": "STATIC"} if number % 2 else DYNAMIC
            fanfare.made("audiences", sent)
        refresh()
        asked = path.replace("/A/", f"/{made['id']}/")
        fanfare.get(asked)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert fanfare.get(asked).status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1] <= most
