"""An audience's members as CSV, with the columns that an import of memberships takes.

Importing the file again changes nothing. So what a cell can't carry back stays out of it: a path of
the metadata where somebody has an array, or a value and others names within it; a name with a point
or blanks around it; a text too long; and what lies deeper than five names. An import leaves alone
what has no column.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast
from pyroaring import BitMap

from audiences.rules.facts import Json, loads
from segments.models import Membership

COLUMNS = (
    "external_id",
    "email",
    "phone",
    "full_name",
    "birthday",
    "total_orders",
    "total_order_value",
    "last_order_at",
    "created_at",
)
METADATA = "metadata."
DEEPEST = 5
MOST_COLUMNS = 500  # in all
LONGEST_TEXT = 10_000
_LONGEST_NUMBER = 15  # digits that an import takes for a number
_AT_ONCE = 5_000
Path = tuple[str, ...]


def members_file(held: BitMap) -> Iterator[bytes]:
    """The file in parts, the header first. Read twice: once to know the columns of metadata."""
    paths = _paths(held)
    yield _lines([[*COLUMNS, *(METADATA + ".".join(path) for path in paths)]])
    for facts in _read(held, COLUMNS):
        yield _lines([_row(columns, loads(written), paths) for *columns, written in facts])


def _read(held: BitMap, names: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    """Columns of the members, and last their metadata as JSON."""
    for start in range(0, len(held), _AT_ONCE):
        numbers = list(held[start : start + _AT_ONCE])
        rows = Membership.objects.filter(pk__in=numbers).order_by("number")
        written = rows.annotate(written=Cast("metadata", TextField()))
        yield list(written.values_list(*names, "written"))


def _paths(held: BitMap) -> list[Path]:
    """The paths that a column can carry for all who have a value there, by name."""
    carried: set[Path] = set()
    groups: set[Path] = set()
    refused: set[Path] = set()
    for facts in _read(held, ()):
        for (written,) in facts:
            _sort_out(loads(written), (), carried, groups, refused)
    refused |= carried & groups  # a value for one, and names within it for another
    fit = sorted(
        path
        for path in carried
        if not any(path[:end] in refused for end in range(1, len(path) + 1))
    )
    return fit[: MOST_COLUMNS - len(COLUMNS)]


def _sort_out(
    document: dict[str, Any], path: Path, carried: set[Path], groups: set[Path], refused: set[Path]
) -> None:
    for key, value in document.items():
        here = (*path, key)
        if value is None:
            continue
        if not _is_name(key) or len(here) > DEEPEST:
            refused.add(here)
        elif isinstance(value, dict):
            groups.add(here)
            _sort_out(value, here, carried, groups, refused)
        else:
            (carried if _is_carried(value) else refused).add(here)


def _is_name(key: str) -> bool:
    return bool(key) and "." not in key and key == key.strip()


def _is_carried(value: Any) -> bool:
    if isinstance(value, list):
        return False
    if isinstance(value, str):
        return 0 < len(value) <= LONGEST_TEXT and value == value.strip()
    return isinstance(value, bool) or len(_cell(value)) <= _LONGEST_NUMBER


def _row(columns: Sequence[Any], metadata: Json, paths: Sequence[Path]) -> list[str]:
    return [*map(_cell, columns), *(_cell(_at(metadata, path)) for path in paths)]


def _at(document: Json, path: Path) -> Json:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime.datetime():
            return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
        case _:
            return str(value)


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
