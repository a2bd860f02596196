"""An audience's members as CSV, with the columns that an import of memberships takes.

Importing the file again changes nothing. So what a cell can't carry back stays out of it: a path of
the metadata where somebody has an array, or one has a value and another names within it; a name
with a point, or blanks around it; a text or number too long; and what lies deeper than five names.
An import leaves alone what has no column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection
from pyroaring import BitMap

from audiences.rules.facts import loads

COLUMNS = {
    **{
        name: name
        for name in (
            "external_id",
            "email",
            "phone",
            "full_name",
            "birthday",
            "total_orders",
            "total_order_value",
        )
    },
    **{
        name: f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        for name in ("last_order_at", "created_at")
    },
}
METADATA = "metadata."
DEEPEST = 5
MOST_COLUMNS = 500  # in all
LONGEST_TEXT = 10_000
_LONGEST_NUMBER = 15  # characters that an import takes for a number
_MAY_BE_INEXACT = re.compile(rb"\d{13}")  # a number that a float might not keep as it is written
_AT_ONCE = 10_000
Path = tuple[str, ...]


def members_file(held: BitMap) -> Iterator[bytes]:
    """The file in parts, the header first. Read twice: once to know the columns of metadata."""
    paths = _paths(held)
    header = io.StringIO()
    names = [*COLUMNS, *(METADATA + ".".join(path) for path in paths)]
    csv.writer(header, lineterminator="\n").writerow(names)
    yield header.getvalue().encode()
    cells = ", ".join([*COLUMNS.values(), *("metadata #>> %s" for _ in paths)])
    for numbers in _runs(held):
        with (
            connection.cursor() as cursor,
            cursor.copy(
                f"COPY (SELECT {cells} FROM segments_membership WHERE number = ANY(%s::int[])"
                " ORDER BY number) TO STDOUT (FORMAT csv)",
                [*map(list, paths), numbers],
            ) as copy,
        ):
            yield b"".join(map(bytes, copy))


def _runs(held: BitMap) -> Iterator[list[int]]:
    for start in range(0, len(held), _AT_ONCE):
        yield list(held[start : start + _AT_ONCE])


def _paths(held: BitMap) -> list[Path]:
    """The paths that a column can carry for all who have a value there, by name."""
    found = _Paths()
    for numbers in _runs(held):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(textsend(metadata::text), '\\x00'::bytea)"
                " FROM segments_membership WHERE number = ANY(%s::int[]) AND metadata <> '{}'",
                [numbers],
            )
            (run,) = cursor.fetchone()
        for written in bytes(run or b"").split(b"\0"):
            if written:
                found.note(_read(written), ())
    return found.fit()[: MOST_COLUMNS - len(COLUMNS)]


def _read(written: bytes) -> Any:
    exact = _MAY_BE_INEXACT.search(written)
    return loads(written.decode()) if exact else orjson.loads(written)


class _Paths:
    """What was found at the paths of many documents."""

    def __init__(self) -> None:
        self._values: set[Path] = set()
        self._groups: set[Path] = set()  # where objects are
        self._refused: set[Path] = set()

    def note(self, document: dict[str, Any], path: Path) -> None:
        for key, value in document.items():
            here = (*path, key)
            if value is None:
                continue
            if not key or "." in key or key != key.strip() or len(here) > DEEPEST:
                self._refused.add(here)
            elif isinstance(value, dict):
                self._groups.add(here)
                self.note(value, here)
            else:
                (self._values if _is_carried(value) else self._refused).add(here)

    def fit(self) -> list[Path]:
        refused = self._refused | (self._values & self._groups)
        return sorted(
            path
            for path in self._values
            if not any(path[:end] in refused for end in range(1, len(path) + 1))
        )


def _is_carried(value: Any) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= LONGEST_TEXT and value == value.strip()
    if isinstance(value, Decimal):
        return len(f"{value:f}") <= _LONGEST_NUMBER
    return not isinstance(value, list) and len(str(value)) <= _LONGEST_NUMBER
