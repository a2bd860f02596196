"""Recorded requests and answers: each file of ``exchanges/`` is one conversation.

``given`` are the audiences that there are before, worked out once. In an answer, “‹moment›”,
“‹uuid›” and “‹text›” stand for any of these; headers and members that are not named may be there
at the answer's top only.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from audience_platform.models import ApiKey
from audiences.models import Audience
from audiences.services import define_audience, refresh_space
from segments.models import Space

from .conftest import Segment

EXCHANGES = sorted((Path(__file__).parent / "exchanges").glob("*.json"))
_ANY = {
    "‹moment›": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "‹uuid›": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "‹text›": r".+",
    "‹date›": r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT",
    "‹number›": r"\d+",
}
SPACE_ID = UUID("9a000000-0000-4000-8000-000000000001")


@pytest.fixture
def space(db: None) -> Space:
    return Space.objects.create(id=SPACE_ID, slug="north", name="North")


@pytest.mark.parametrize("path", EXCHANGES, ids=lambda path: path.stem)
def test_exchange(path: Path, segment: Segment, space: Space) -> None:
    recorded = json.loads(path.read_text())
    for values in recorded.get("given", []):
        _define(space, **values)
    refresh_space(space=space, now=timezone.now())
    key = str(ApiKey.objects.get().pk)
    for step in recorded["exchanges"]:
        asked, expected = step["request"], step["answer"]
        rows = Audience.objects.order_by("pk").values("id", "name", "enabled", "updated_at")
        before = list(rows)
        body = asked.get("body")
        raw = body.encode() if isinstance(body, str) else body
        headers = {
            name.replace("-", "_"): value for name, value in asked.get("headers", {}).items()
        }
        answer = segment.ask(asked["method"], asked["path"], raw, **headers)

        told = json.loads(answer.content.decode().replace(key, "‹the key›"))
        assert answer.status_code == expected["status"], told
        _check(told, expected["body"], "")
        for name, value in expected.get("headers", {}).items():
            _check(answer.headers[name], value, name)
        if answer.status_code != 200:
            assert told["errors"]
            assert "data" not in told
            assert list(rows) == before


def _define(space: Space, *, id: str, query: str, **values: Any) -> Audience:
    return define_audience(
        space=space,
        id=UUID(id),
        audience_type="definition_query",
        configuration={"query": query},
        **values,
    )


def _check(told: Any, expected: Any, at: str) -> None:
    if isinstance(expected, dict):
        assert isinstance(told, dict), at
        assert told.keys() == expected.keys(), at
        for name, value in expected.items():
            _check(told[name], value, f"{at}.{name}")
    elif isinstance(expected, list):
        assert isinstance(told, list), at
        assert len(told) == len(expected), (at, told)
        for place, value in enumerate(expected):
            _check(told[place], value, f"{at}[{place}]")
    elif isinstance(expected, str) and "‹" in expected and expected != "‹the key›":
        pattern = re.sub("‹[a-z]+›", lambda found: _ANY.get(found[0], found[0]), expected)
        assert re.fullmatch(pattern, str(told)), (at, told)
    else:
        assert told == expected, at
