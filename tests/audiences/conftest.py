"""What the tests of sources share: stand-ins for the servers of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from audiences.models import Audience, Source
from audiences.services import define_audience, sources
from audiences.sources.base import Access
from segments.models import Space
from tests.audiences.sources.stand_in import KEY, KlaviyoStandIn, Said, StandIn, says

_serial = count(1)


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


@pytest.fixture
def make_source(space: Space) -> Callable[..., Source]:
    def make(vendor: str = "klaviyo", **values: Any) -> Source:
        key = KEY if vendor == "klaviyo" else ""
        values = {"space": space, "name": f"Source {next(_serial)}", "key": key, **values}
        return sources.make_source(vendor=vendor, **values)

    return make


@pytest.fixture
def make_synced(space: Space, make_source: Callable[..., Source]) -> Callable[..., Audience]:
    """A synced audience of the list “L1”, unless said otherwise."""

    def make(source: Source | None = None, *, list: str = "L1", **options: Any) -> Audience:
        source = source or make_source()
        name = options.pop("name", f"Synced {next(_serial)}")
        configuration = {"source": str(source.id), "list": list, **options}
        return define_audience(
            space=source.space, audience_type="synced", name=name, configuration=configuration
        )

    return make
