"""The recorded exchanges: each file is a run of requests, and what is answered to them.

``{{name}}`` stands for what an answer gave first, and must give from then on; ``{{moment}}`` for
any moment, ``{{any}}`` for any text. ``"refresh": true`` is a worker's round.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audience_platform.facades.fanfare.urls import urlpatterns
from segments.models import Membership
from tests.audience_platform.facades.fanfare.conftest import Fanfare
from tests.conftest import Make

EXCHANGES = sorted((Path(__file__).parent / "exchanges").glob("*.json"))
_placeholder = re.compile(r"\{\{(\w+)\}\}")
_is_moment = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z").fullmatch


def filled(value: Any, known: dict[str, str]) -> Any:
    """The value with what is known in the place of its placeholders."""
    if isinstance(value, str):
        return _placeholder.sub(lambda found: known.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [filled(one, known) for one in value]
    if isinstance(value, dict):
        return {name: filled(one, known) for name, one in value.items()}
    return value


def learnt(wanted: Any, seen: Any, known: dict[str, str]) -> Any:
    """The answer that was wanted, with what its placeholders turn out to stand for."""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return {name: learnt(one, seen.get(name), known) for name, one in wanted.items()}
    if isinstance(wanted, list) and isinstance(seen, list) and len(wanted) == len(seen):
        return [learnt(one, other, known) for one, other in zip(wanted, seen, strict=True)]
    if isinstance(wanted, str) and isinstance(seen, str):
        whole = _placeholder.fullmatch(wanted)
        if whole and whole[1] == "any":
            return seen
        if whole and whole[1] == "moment":
            return seen if _is_moment(seen) else wanted
        if whole:
            return known.setdefault(whole[1], seen)
        return filled(wanted, known)
    return wanted


@pytest.mark.parametrize("file", EXCHANGES, ids=lambda file: file.stem)
@pytest.mark.usefixtures("account")
def test_exchange(
    file: Path,
    households: list[Membership],
    make_program: Make,
    refresh: Callable[[], None],
) -> None:
    token = make_program().token
    known = {f"household{place}": str(one.id) for place, one in enumerate(households, 1)}
    for step in json.loads(file.read_text()):
        if step.get("refresh"):
            refresh()
            continue
        request = filled(step["request"], known)
        client = Fanfare("" if request.get("anonymous") else token)
        body = request["text"].encode() if "text" in request else None
        answer = client.ask(
            request["method"],
            request["path"],
            request.get("body"),
            body=body,
            content_type=request.get("type", "application/json"),
        )
        seen = json.loads(answer.content) if answer.content else None
        assert (answer.status_code, seen) == (
            step["answer"]["status"],
            learnt(step["answer"].get("body"), seen, known),
        ), request


def test_every_endpoint_has_an_exchange() -> None:
    asked = [
        (step["request"]["method"], step["request"]["path"].partition("?")[0])
        for file in EXCHANGES
        for step in json.loads(file.read_text())
        if "request" in step
    ]
    elsewhere = {("uploads/[^/]+", "PUT"), ("audiences/[^/]+/consumers", "GET")}
    for route in urlpatterns:
        view: Any = route.callback
        path = re.sub(r"<str:\w+>", "[^/]+", str(route.pattern))
        for method in ("GET", "POST", "PUT", "DELETE"):
            if hasattr(view.cls, method.lower()) and (path, method) not in elsewhere:
                assert any(
                    used == method and re.fullmatch(f"/api/v1/{path}", at) for used, at in asked
                ), (method, path)
