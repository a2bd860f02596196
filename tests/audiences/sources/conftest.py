"""What the tests of sources share: stand-ins for the servers of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from audiences.sources.base import Access
from tests.audiences.sources.stand_in import KEY, KlaviyoStandIn, Said, StandIn, says


@pytest.fixture
def on_this_machine(settings: Any) -> None:
    """Let sources be on this machine, as nothing but a test may want."""
    settings.SOURCES_ALLOWED_HOSTS = ["127.0.0.1"]


@pytest.fixture
def klaviyo(on_this_machine: None, settings: Any) -> Iterator[KlaviyoStandIn]:
    stand_in = KlaviyoStandIn()
    with stand_in.serving() as url:
        settings.KLAVIYO_URL = url
        yield stand_in


@pytest.fixture
def elsewhere() -> Iterator[StandIn]:
    """Any other server: it says “hello” until a test says otherwise."""
    stand_in = StandIn(says(Said(200, b"hello")))
    with stand_in.serving():
        yield stand_in


class Slept(list[float]):
    """How long was waited, in a test that doesn't."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def slept() -> Slept:
    return Slept()


@pytest.fixture
def access(slept: Callable[[float], None]) -> Access:
    return Access(KEY, {}, slept)
