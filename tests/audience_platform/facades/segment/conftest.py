"""A program that speaks Segment's dialect, and Segment's own client on a server."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from pytest_django.live_server_helper import LiveServer

from tests.npm import installed

SDK = Path(__file__).parent / "sdk"


class Segment:
    """Sends requests as a client of Segment's would."""

    def __init__(self, token: str) -> None:
        self._client = Client(headers={"Authorization": f"Bearer {token}"})

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer. Raw bytes are sent as they are; Content_Type is ``Content-Type``."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = named.pop("Content-Type", "application/json" if raw else "")
        return self._client.generic(method, path, raw, kind, secure=True, headers=named)


@pytest.fixture
def segment(api: Any) -> Segment:
    return Segment(api.token)


@pytest.fixture
def live_server(transactional_db: None) -> Iterator[LiveServer]:
    with override_settings(SECURE_SSL_REDIRECT=False):
        server = LiveServer("127.0.0.1")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the client that the lock file names."""
    installed(SDK)
    found = shutil.which("node")
    assert found, "node is not installed, though npm is"
    return found


@pytest.fixture
def sdk(node: str, live_server: LiveServer, api: Any) -> Callable[..., list[Any]]:
    """Makes calls with the TypeScript client 47, such as ``["getAudience", space, id]``, and gives
    what each came to: ``result`` or ``thrown``, ``status`` and ``headers``."""

    def make(*calls: list[Any], token: str = api.token, on: str = "audiences") -> list[Any]:
        asked = {"url": live_server.url, "token": token, "calls": [[on, *call] for call in calls]}
        done = subprocess.run(
            # the client's own library warns of a module of node's that has a successor
            [node, "--no-deprecation", "calls.cjs"],
            cwd=SDK,
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        found: list[Any] = json.loads(done.stdout)
        return found

    return make
