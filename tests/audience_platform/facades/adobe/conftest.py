"""A client of Adobe's API, as its pages have it send requests."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audience_platform.models import Scope
from audience_platform.services import make_key
from segments.models import Space

Make = Callable[..., Any]
UPS = "/data/core/ups/"
AUDIENCES = f"{UPS}audiences"
EXPRESSION = {"type": "PQL", "format": "pql/text", "value": "totalOrders > 1"}
NEW = {"name": "New", "type": "SegmentDefinition", "expression": EXPRESSION}


def add(path: str, value: Any) -> dict[str, Any]:
    """An operation of a PATCH."""
    return {"op": "add", "path": path, "value": value}


class AdobeClient:
    """Sends the headers that Adobe asks for with every call; a header given as None is left out."""

    def __init__(self, *spaces: Space, scope: Scope = Scope.WRITE, **values: Any) -> None:
        now = datetime.datetime.now(datetime.UTC)
        made = make_key(name="AEP", spaces=spaces, scope=scope, at=now, **values)
        self.key, self.token = made
        self.headers = {
            "Authorization": f"Bearer {made.token}",
            "x-api-key": made.key.prefix,
            "x-gw-ims-org-id": "ORG@AdobeOrg",
            "x-sandbox-name": spaces[0].slug,
        }
        self._client = Client()

    def ask(
        self,
        method: str,
        path: str,
        sent: Any = None,
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        **headers: str | None,
    ) -> Any:
        if body is None:
            body = b"" if sent is None else json.dumps(sent).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        known = {name: value for name, value in self.headers.items() if name not in given}
        return self._client.generic(
            method,
            path,
            body,
            content_type,
            secure=True,
            headers=known | {name: value for name, value in given.items() if value is not None},
        )

    def get(self, path: str = AUDIENCES, **options: Any) -> Any:
        return self.ask("GET", path, **options)

    def post(self, path: str, sent: Any = None, **options: Any) -> Any:
        return self.ask("POST", path, sent, **options)

    def patch(self, made: Any, *operations: Any, **options: Any) -> Any:
        """Change an audience, given as it was shown."""
        return self.ask("PATCH", f"{AUDIENCES}/{made['id']}", list(operations), **options)

    def create(self, **fields: Any) -> Any:
        """The representation of a new audience."""
        sent = {
            "name": "People who ordered",
            "type": "SegmentDefinition",
            "expression": {
                "type": "PQL",
                "format": "pql/text",
                "value": 'workAddress.country = "US"',
            },
            **fields,
        }
        if sent["type"] != "SegmentDefinition":
            del sent["expression"]
        response = self.post(AUDIENCES, sent)
        assert response.status_code == 200, response.content
        return response.json()


@pytest.fixture
def make_client() -> Make:
    return AdobeClient


@pytest.fixture
def adobe(space: Space) -> AdobeClient:
    """A client that may read and write in the space, its sandbox."""
    return AdobeClient(space)
