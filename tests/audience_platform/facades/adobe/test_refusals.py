"""How Adobe's API refuses what it can't read, or can't do, whatever it is about."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest

from .conftest import AUDIENCES, NEW


@pytest.mark.parametrize("body", [b" ", b"{", b"[1]", b"7", b'{"name": NaN}', b"\xff", b"[" * 900])
def test_a_body_that_can_t_be_read_is_refused(adobe: Any, body: bytes) -> None:
    response = adobe.ask("POST", AUDIENCES, body=body)
    assert response.status_code == 400
    assert response.json()["type"].endswith("UPLIB-101206-500")


def test_texts_that_no_database_holds_are_refused(adobe: Any) -> None:
    for sent in ({**NEW, "name": "a\0"}, {**NEW, "tags": [{"a\0": 1}]}):
        assert adobe.post(AUDIENCES, sent).status_code == 400


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data"])
def test_a_body_is_said_to_be_json(adobe: Any, content_type: str) -> None:
    response = adobe.post(AUDIENCES, NEW, content_type=content_type)
    assert (response.status_code, response.json()) == (
        400,
        {
            "type": "/placeholder/type/uri",
            "status": 400,
            "title": "BadRequestError",
            "detail": "A valid content-type must be specified",
        },
    )


def test_a_slash_at_the_end_makes_no_difference(adobe: Any) -> None:
    assert adobe.get(f"{AUDIENCES}/").status_code == 200
    assert adobe.post(f"{AUDIENCES}/", NEW).status_code == 200
    assert adobe.get("/data/core/ups/nothing").status_code == 404


def test_what_is_not_there_says_so_in_the_envelope(adobe: Any) -> None:
    response = adobe.get("/data/core/ups/nothing")
    document = response.json()
    assert document["errors"]["404"][0]["message"] == document["title"]
    assert document["requestId"] == response.headers["X-Request-Id"]


def test_a_method_that_is_not_possible_says_which_are(adobe: Any) -> None:
    response = adobe.ask("DELETE", AUDIENCES)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, POST, HEAD, OPTIONS")
    assert response.json()["status"] == 405


def test_a_body_that_is_too_long_is_refused(adobe: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = adobe.post(AUDIENCES, {**NEW, "description": "x" * 200})
    assert (response.status_code, response.json()["status"]) == (413, 413)


def test_a_failure_here_is_told_in_the_envelope(adobe: Any) -> None:
    adobe._client.raise_request_exception = False
    with patch("audience_platform.facades.adobe.audiences.define_audience", side_effect=OSError):
        response = adobe.post(AUDIENCES, NEW)
    assert (response.status_code, response.json()["status"]) == (500, 500)


def test_too_many_requests_are_refused_as_the_gateway_does(adobe: Any, settings: Any) -> None:
    settings.RATE_LIMITS = {"adobe-audiences": 1}
    assert adobe.get().status_code == 200
    response = adobe.get()
    assert (response.status_code, response.json()["error_code"]) == (429, "429050")
    assert int(response.headers["Retry-After"]) > 0
