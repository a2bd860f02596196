"""What clients send, read name by name: all that is wrong is told at once.

Names that aren't known are passed over, as Fanfare does: its clients send back what they were told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.http import HttpRequest
from rest_framework.parsers import BaseParser

from audience_platform.facades.fanfare.errors import Failure, Invalid, Issue, Path

_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "object": (dict,),
    "array": (list,),
}


class JSONParser(BaseParser):
    """Any body is JSON here, whatever it is called."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        # of a request, so that one too long is refused before it is read
        body = stream.body if isinstance(stream, HttpRequest) else stream.read()
        try:
            document = orjson.loads(body)
            orjson.dumps([[[[document]]]])  # an answer has it a few levels deeper
        except orjson.JSONDecodeError as error:
            raise Failure(400, "Malformed JSON", message=f"{error}.") from error
        except orjson.JSONEncodeError as error:
            raise Failure(400, "Malformed JSON", message="It nests too deep.") from error
        if b"\\u0000" in body and _has_nul(document):
            raise Failure(400, "Malformed JSON", message="A text has the character U+0000.")
        return document


def _has_nul(value: Any) -> bool:
    """PostgreSQL's texts hold every character but U+0000."""
    if isinstance(value, dict):
        return any(_has_nul(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return any(map(_has_nul, value))
    return isinstance(value, str) and "\0" in value


class Received:
    """An object that was sent. What is wrong with it is collected in ``issues``."""

    def __init__(self, value: Any, path: Path = (), issues: list[Issue] | None = None) -> None:
        self.path = path
        self.issues: list[Issue] = [] if issues is None else issues
        self.is_object = isinstance(value, dict)
        self.sent: dict[str, Any] = value if isinstance(value, dict) else {}
        if not self.is_object:
            self.issues.append(Issue(path, "Give an object.", value, "object"))

    def __contains__(self, name: str) -> bool:
        return name in self.sent

    def take(self, name: str, kind: str, *, needed: bool = False, default: Any = None) -> Any:
        """The value of that kind; the default where there is none, or null."""
        value = self.sent.get(name)
        if value is None or (needed and value == ""):
            if needed and self.is_object:
                self.wrong("Required", name, expected=kind)
            return default
        if not isinstance(value, _KINDS[kind]) or isinstance(value, bool):
            or_none = "" if needed else ", or leave it out"
            self.wrong(f"Give {_article(kind)}{or_none}.", name, expected=kind)
            return default
        return value

    def wrong(self, message: str, *names: str | int, expected: str = "") -> None:
        value: Any = self.sent
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        path = (*self.path, *names)
        if value is None:
            self.issues.append(Issue(path, message, expected=expected))
        else:
            self.issues.append(Issue(path, message, value, expected))

    def check(self) -> None:
        """:raises Invalid: something is wrong."""
        if self.issues:
            raise Invalid(*self.issues)


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "ao" else f"a {kind}"
