"""The examples of ``docs/api.md``, ``groups.md`` and ``lists.md``, run in turn by curl.

Each block marked ``sh`` is a request; a block marked ``json`` after it is a part of the answer.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from audiences.services import refresh_space
from segments.models import Space

PAGES = {
    name: (settings.BASE_DIRECTORY / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("api", "groups", "lists")
}
PAGE = PAGES["api"]


def _has(answer: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(answer, dict) and all(
            name in answer and _has(answer[name], value) for name, value in part.items()
        )
    if isinstance(part, list):
        return len(answer) == len(part) and all(map(_has, answer, part))
    return bool(answer == part)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.skipif(
    shutil.which("curl") is None and "CI" not in os.environ, reason="curl is not installed"
)
def test_the_examples_work_in_their_order(
    page: str, api: Any, space: Space, live_server: LiveServer
) -> None:
    blocks = re.findall(r"^```(sh|json)\n(.*?)^```$", PAGES[page], re.MULTILINE | re.DOTALL)

    def refresh() -> None:
        refresh_space(space=space, now=timezone.now())  # as a worker does between two requests

    environment = os.environ | {"API": f"{live_server.url}/api", "TOKEN": api.token}
    answer: Any = None
    for kind, text in blocks:
        if kind == "json":
            assert _has(answer, json.loads(text)), answer
            continue
        done = subprocess.run(
            ["bash", "-c", text], env=environment, capture_output=True, text=True, check=True
        )
        refresh()
        if ".csv" in text:
            assert done.stdout.startswith("external_id,")
            assert ",Delft" in done.stdout
            continue
        answer = json.loads(done.stdout)
        meant_to_fail = '"minimum_age": 40' in text
        assert ("errors" in answer) == meant_to_fail, (text, answer)
    assert len(blocks) > 5


def test_every_route_and_type_that_it_names_is_there(api: Any) -> None:
    from audience_platform.api.urls import VIEWSETS

    table = re.findall(r"^\| `([a-z-]+)` \| read(?:, [a-z]+)? \|", PAGE, re.MULTILINE)
    assert table == [viewset.serializer_class.resource_type() for viewset in VIEWSETS]
