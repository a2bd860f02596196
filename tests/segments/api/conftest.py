"""What the tests of imports by the API share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

PEOPLE = b"""external_id,email,full_name,metadata.city
m-1,ada@example.com,Ada,Ghent
m-2,bo@example.com,Bo,Bruges
m-3,cleo@example.com,Cleo,Ghent
"""


class Imports:
    """A program that imports files."""

    def __init__(self, api: Any, work_off: Callable[[], None]) -> None:
        self.api = api
        self._work_off = work_off

    def make(self, *, segment: Any = None, audience: Any = None, **attributes: Any) -> Any:
        """The answer to a POST."""
        related = {"segment": ("segments", segment), "audience": ("audiences", audience)}
        relationships = {
            name: {"data": {"type": type, "id": str(row.id)}}
            for name, (type, row) in related.items()
            if row is not None
        }
        resource = {
            "type": "imports",
            "attributes": attributes,
            "relationships": relationships,
        }
        return self.api.post("imports", {"data": resource})

    def put(self, url: str, body: bytes, content_type: str = "text/csv") -> Any:
        """The answer to the file: from a program without a key."""
        path = urlsplit(url).path
        return Client().generic("PUT", path, body, content_type, secure=True)

    def send(self, body: bytes = PEOPLE, **options: Any) -> str:
        """Make an import and send its file; its id."""
        made = self.make(**options)
        assert made.status_code == 201, made.content
        data = made.json()["data"]
        answer = self.put(data["attributes"]["upload_url"], body)
        assert answer.status_code == 204, answer.content
        id: str = data["id"]
        return id

    def read(self, id: str) -> dict[str, Any]:
        """Its attributes now."""
        answer = self.api.get(f"imports/{id}")
        assert answer.status_code == 200, answer.content
        attributes: dict[str, Any] = answer.json()["data"]["attributes"]
        return attributes

    def patch(self, id: str, **attributes: Any) -> Any:
        resource = {"type": "imports", "id": id, "attributes": attributes}
        return self.api.patch(f"imports/{id}", {"data": resource})

    def do(self, id: str, what: str, **attributes: Any) -> dict[str, Any]:
        """Ask for a dry run or a run, and let the worker do it; its attributes then."""
        document = None
        if attributes:
            document = {"data": {"type": "import-runs", "attributes": attributes}}
        answer = self.api.post(f"imports/{id}/{what}", document)
        assert answer.status_code == 202, answer.content
        self._work_off()
        return self.read(id)


@pytest.fixture
def imports(api: Any, work_off: Callable[[], None]) -> Imports:
    return Imports(api, work_off)
