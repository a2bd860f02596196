"""Documents as bytes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
from rest_framework_json_api.renderers import JSONRenderer as LibraryRenderer


class JSONRenderer(LibraryRenderer):  # type: ignore[misc]  # the library is untyped
    """The views answer with whole documents (``segments.api.document``); here they are written."""

    def render(
        self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None
    ) -> bytes:
        return b"" if data is None else write(data)


def write(document: dict[str, Any]) -> bytes:
    return orjson.dumps(
        {"jsonapi": {"version": "1.1"}, **document}, default=_plain, option=orjson.OPT_UTC_Z
    )


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{value!r} has no JSON")
