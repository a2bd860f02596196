"""What the tests of every facade share: a server for clients of the vendors' own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings
from pytest_django.live_server_helper import LiveServer


@pytest.fixture
def live_server(transactional_db: None) -> Iterator[LiveServer]:
    with override_settings(SECURE_SSL_REDIRECT=False):
        server = LiveServer("127.0.0.1")
        yield server
        server.stop()
