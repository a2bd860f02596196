"""Every example of Adobe's pages, and every refusal: a file for each pair of request and answer.

An answer has every key of the recorded one, of the same type; at the paths under ``same``, it has
the same value. ``{0}`` is the id of the first audience under ``given``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

_EXCHANGES = sorted((Path(__file__).parent / "exchanges").glob("*.json"))
_AUDIENCES = "/data/core/ups/audiences"


@pytest.mark.parametrize("file", _EXCHANGES, ids=lambda file: file.stem)
def test_an_exchange(adobe: Any, file: Path) -> None:
    text = file.read_text()
    for number, given in enumerate(json.loads(text)["given"]):
        given = json.loads(text)["given"][number]
        made = adobe.post(_AUDIENCES, given)
        assert made.status_code == 200, made.content
        text = text.replace(f"{{{number}}}", made.json()["id"])
    exchange = json.loads(text)
    asked, expected = exchange["request"], exchange["response"]
    response = adobe.ask(asked["method"], asked["path"], asked["body"])
    assert response.status_code == expected["status"], response.content
    if expected["body"] is None:
        assert response.content == b""
        return
    answer = response.json()
    _check_shape(answer, expected["body"], "")
    for path in expected["same"]:
        found, wanted = _at(answer, path), _at(expected["body"], path)
        assert _only(found, wanted) == wanted, path


def _check_shape(found: Any, expected: Any, path: str) -> None:
    assert type(found) is type(expected), (path, found)
    if isinstance(expected, dict):
        for key, value in expected.items():
            assert key in found, f"{path}.{key}"
            _check_shape(found[key], value, f"{path}.{key}")
    if isinstance(expected, list):
        assert len(found) == len(expected), path
        for place, value in enumerate(expected):
            _check_shape(found[place], value, f"{path}.{place}")


def _at(document: Any, path: str) -> Any:
    for step in path.split("."):
        document = document[int(step) if isinstance(document, list) else step]
    return document


def _only(found: Any, expected: Any) -> Any:
    """As much of it as was recorded: an answer may say more."""
    if isinstance(expected, dict):
        return {key: found[key] for key in expected}
    return found
