"""Segment's own TypeScript client, version 47, on a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from audiences.models import Audience
from audiences.services import define_audience, refresh_space
from segments.models import Space

Sdk = Callable[..., list[Any]]


@pytest.fixture
def audiences(live_server: Any, space: Space) -> list[Audience]:
    """Three, of which the first is called A0."""
    made = [
        define_audience(
            space=space,
            name=f"A{number}",
            key=f"a{number}",
            audience_type="definition_query",
            configuration={"query": f"trait('total_orders') > {number}"},
        )
        for number in range(3)
    ]
    refresh_space(space=space, now=timezone.now())
    return made


def test_it_lists_page_by_page(sdk: Sdk, space: Space, audiences: list[Audience]) -> None:
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        asked = {"count": 2, **({"cursor": cursor} if cursor else {})}
        (answer,) = sdk(["listAudiences", str(space.id), asked])
        found = answer["result"]
        names += [audience["name"] for audience in found["audiences"]]
        assert found["pagination"]["totalEntries"] == 3
        cursor = found["pagination"].get("next")
    assert names == ["A0", "A1", "A2"]


def test_it_gets_and_changes_and_deletes(sdk: Sdk, space: Space, audiences: list[Audience]) -> None:
    id = str(audiences[0].id)
    got, off, removed, gone = sdk(
        ["getAudience", str(space.id), id],
        ["updateAudienceForSpace", str(space.id), id, {"enabled": False}],
        ["removeAudienceFromSpace", str(space.id), id],
        ["getAudience", str(space.id), id],
    )

    audience = got["result"]["audience"]
    assert audience["id"] == id
    assert audience["spaceId"] == str(space.id)
    assert (audience["name"], audience["key"]) == ("A0", "a0")
    assert audience["definition"] == {"query": "trait('total_orders') > 0", "type": "USERS"}
    assert (audience["enabled"], audience["status"]) == (True, "Live")
    assert (off["result"]["audience"]["enabled"], off["status"]) == (False, 200)
    assert off["result"]["audience"]["status"] == "Disabled"
    assert removed["result"] == {"status": "SUCCESS"}
    assert (gone["status"], gone["thrown"]["type"]) == (404, "not-found")
    assert gone["thrown"]["message"] == f"Audience with id '{id}' not found."
    assert Audience.objects.filter(space=space).count() == 2


def test_it_throws_an_error_with_words_for_every_failure(
    sdk: Sdk, space: Space, audiences: list[Audience]
) -> None:
    id = str(audiences[0].id)
    (unknown,) = sdk(["getAudience", str(space.id), id], token="ap_nobody")
    no_space, no_boolean, bad_count = sdk(
        ["getAudience", "nowhere", id],
        ["updateAudienceForSpace", str(space.id), id, {"enabled": "yes"}],
        ["listAudiences", str(space.id), {"count": 0}],
    )

    assert (unknown["status"], unknown["thrown"]["type"]) == (401, "unauthorized")
    assert (no_space["status"], no_space["thrown"]["type"]) == (404, "not-found")
    assert (no_boolean["status"], no_boolean["thrown"]["field"]) == (422, "enabled")
    assert (bad_count["status"], bad_count["thrown"]["field"]) == (422, "pagination.count")


def test_it_is_told_how_its_requests_are_counted(
    sdk: Sdk, space: Space, audiences: list[Audience], settings: Any
) -> None:
    settings.RATE_LIMITS = {"segment-audience": 2}
    # of five at least one is refused, though a minute begin between them
    answers = sdk(*[["getAudience", str(space.id), str(audiences[0].id)]] * 5)

    first, refused = answers[0], next(one for one in answers if one["status"] == 429)
    assert first["headers"]["x-ratelimit-consumed"] == "1"
    assert first["headers"]["x-ratelimit-remaining"] == "1"
    assert first["headers"]["x-ratelimit-reset"].endswith(" GMT")
    assert refused["thrown"]["type"] == "RequestError"
    assert refused["thrown"]["message"] == "Too many requests"
    assert refused["thrown"]["data"]["consumedPoints"] == 3
    assert 0 <= int(refused["headers"]["retry-after"]) <= 60
