"""The body of a request, as JSON that the database can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework_json_api.parsers import JSONParser as LibraryParser

from segments.api.errors import escaped
from segments.api.received import malformed


class JSONParser(LibraryParser):  # type: ignore[misc]  # the library is untyped
    """Gives the whole document. Its shape is checked where it is used (``segments.api.received``),
    since the library's own parser fails on shapes that it doesn't expect."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read()
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            detail = f"The body is not JSON: {error}. Send a JSON:API document."
            raise malformed("", detail) from error
        try:
            orjson.dumps([[[[document]]]])  # an answer has it a few levels deeper
        except orjson.JSONEncodeError as error:
            raise malformed(
                "", "The body nests deeper than 250 levels. Send it flatter."
            ) from error
        if b"\\u0000" in body:
            _refuse_nul(document, "")
        return document


def _refuse_nul(value: Any, pointer: str) -> None:
    """PostgreSQL's texts hold every character but U+0000."""
    if isinstance(value, str) and "\0" in value:
        raise malformed(pointer, "A text here has the character U+0000. Send it without.")
    if isinstance(value, dict):
        for name, inner in value.items():
            if "\0" in name:
                raise malformed(pointer, "A name here has the character U+0000. Send it without.")
            _refuse_nul(inner, f"{pointer}/{escaped(name)}")
    if isinstance(value, list):
        for place, inner in enumerate(value):
            _refuse_nul(inner, f"{pointer}/{place}")
