"""Documents as bytes."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from rest_framework_json_api.renderers import JSONRenderer as LibraryRenderer


class JSONRenderer(LibraryRenderer):  # type: ignore[misc]  # the library is untyped
    """The views answer with whole documents (``segments.api.document``); here they are written."""

    def render(
        self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None
    ) -> bytes:
        return b"" if data is None else write(data)


def write(document: dict[str, Any]) -> bytes:
    whole = {"jsonapi": {"version": "1.1"}, **document}
    try:
        return orjson.dumps(whole, default=_plain, option=orjson.OPT_UTC_Z)
    except orjson.JSONEncodeError:
        # Free data of the space holds what orjson can't write: a number past 64 bits, or nesting
        # past 254 levels, both of which PostgreSQL keeps.
        return json.dumps(whole, default=_plain, ensure_ascii=False).encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, (Decimal, UUID, datetime.date)):
        return str(value)
    raise TypeError(f"{value!r} has no JSON")
