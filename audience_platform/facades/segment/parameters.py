"""What stands in a query, in each of the encodings that clients really send.

An object such as ``pagination`` arrives as ``pagination[count]=1`` (TypeScript and Go), as
``pagination.count=1`` (Java, the documentation), or as JSON, or as Python's text of a dict.
"""

from __future__ import annotations

import ast
import binascii
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from audience_platform.facades.segment.errors import invalid

DEFAULT_COUNT, MOST = 200, 1000
_LONGEST = 1_000  # letters of an object
_LAST_PLACE = 2**62


@dataclass(frozen=True)
class Page:
    """Which page is asked for: so many, from a place on, which the list gives its meaning."""

    count: int = DEFAULT_COUNT
    place: int = 0

    def told(self, *, next: int | None, previous: int | None, total: int | None) -> dict[str, Any]:
        """What the answer says of the page; ``next`` and ``previous`` are places."""
        entries = {} if total is None else {"totalEntries": total}
        return {
            "current": _cursor(self.place),
            "next": None if next is None else _cursor(next),
            "previous": None if previous is None else _cursor(previous),
            **entries,
        }


def read_page(request: Request) -> Page:
    """The parameter ``pagination``, or the first page.

    :raises Refused: naming the part that can't be used.
    """
    given = read_object(request, "pagination")
    count = given.get("count", DEFAULT_COUNT)
    if (isinstance(count, float) and count.is_integer()) or _is_digits(count):
        count = int(count)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST:
        raise invalid("pagination.count", f"“{count}” is no count. Give 1 to {MOST}.")
    cursor = given.get("cursor")
    return Page(count, 0 if cursor in (None, "") else _place(cursor))


def read_object(request: Request, name: str) -> dict[str, Any]:
    """An object of the query; empty where there is none.

    :raises Refused: it is no object.
    """
    found = {}
    for key, value in request.query_params.items():
        part = re.fullmatch(rf"{name}(?:\.(\w+)|\[(\w+)\])", key)
        if part:
            found[part[1] or part[2]] = value
    whole = request.query_params.get(name)
    if whole is None:
        return found
    return {**_read(whole, name), **found}


def _read(text: str, name: str) -> Mapping[str, Any]:
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text) if len(text) <= _LONGEST else None
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    raise invalid(name, f"“{text[:100]}” is no object. Send {name} as JSON, or part by part.")


def _is_digits(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10


def _cursor(place: int) -> str:
    return b64encode(str(place).encode()).decode()


def _place(cursor: object) -> int:
    try:
        text = b64decode(str(cursor), validate=True).decode("ascii")
        if text.isdigit() and len(text) <= 19 and int(text) <= _LAST_PLACE:
            return int(text)
    except (ValueError, binascii.Error):
        pass
    raise invalid(
        "pagination.cursor", "This is no cursor of ours. Send one as an answer gave it, or none."
    )
