"""What the tests of Fanfare's API share: households of the sample data, and a client."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audiences.models import Source
from audiences.services import refresh_space, sources
from segments.imports.memberships import import_memberships
from segments.models import Membership, Space
from tests.audiences.sources.stand_in import KEY, KlaviyoStandIn
from tests.conftest import Make

ROOT = Path(__file__).parents[4]
SAMPLE = ROOT / "audience_platform/demo/complete_journey/memberships.csv"


@pytest.fixture
def households(space: Space) -> list[Membership]:
    """The first 50 of the sample data."""
    with SAMPLE.open("rb") as file:
        content = io.BytesIO(b"".join(islice(file, 51)))
    import_memberships(space=space, file=content, now=timezone.now())
    return list(Membership.objects.filter(space=space).order_by("number"))


class Fanfare:
    """A client of Fanfare's API."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = Client(headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        if body is None:
            body = b"" if document is None else json.dumps(document).encode()
        return self._client.generic(
            method,
            path if path.startswith("/") else f"/api/v1/{path}",
            body,
            content_type,
            secure=True,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, **options)

    def post(self, path: str, document: Any = None, **options: Any) -> Any:
        return self.ask("POST", path, document, **options)

    def put(self, path: str, document: Any = None, **options: Any) -> Any:
        return self.ask("PUT", path, document, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self.ask("DELETE", path, **options)

    def made(self, path: str, document: Any) -> Any:
        """What was made by a POST that must not fail."""
        answer = self.post(path, document)
        assert answer.status_code in (200, 201), answer.content
        return answer.json()


@pytest.fixture
def fanfare(make_program: Make) -> Fanfare:
    return Fanfare(make_program().token)


@pytest.fixture
def refresh(space: Space) -> Callable[[], None]:
    """Works the space's audiences out, as a worker does."""

    def work() -> None:
        refresh_space(space=space, now=timezone.now())

    return work


@pytest.fixture
def klaviyo(settings: Any) -> Iterator[KlaviyoStandIn]:
    settings.SOURCES_ALLOWED_HOSTS = ["127.0.0.1"]
    stand_in = KlaviyoStandIn()
    with stand_in.serving() as url:
        settings.KLAVIYO_URL = url
        yield stand_in


@pytest.fixture
def account(space: Space, klaviyo: KlaviyoStandIn) -> Source:
    """The space's Klaviyo account, which has two lists."""
    people = [{"id": f"01P{number}", "email": f"p{number}@example.com"} for number in range(3)]
    klaviyo.add_list("YwxYPP", *people, name="Newsletter")
    klaviyo.add_list("AbCdEf", *people[:1], name="Early birds")
    return sources.make_source(space=space, vendor="klaviyo", name="Our shop", key=KEY)
