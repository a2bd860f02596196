"""A first look at a file: what it is, what its columns seem to be, and its first rows."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from segments.imports.columns import membership_columns
from segments.imports.header import guess
from segments.imports.reading import Row, opened
from segments.imports.staging import BLANKS, wrong_shape

_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class LookRow:
    line: int  # of the file, on which the row begins; the header is line 1
    cells: list[str]  # one for each column, without blanks around; "" where empty
    problem: str = ""  # what is wrong with the row as a whole


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a file seems to be. Nothing in the database is asked or changed."""

    encoding: str  # "UTF-8", "UTF-16 LE", "UTF-16 BE" or "Windows-1252"
    separator: str  # "," or ";" or a tab
    header: list[str]
    mapping: dict[str, str | None]  # by column of the header: its field; None is left out
    rows: list[LookRow]  # the first ten


def look(file: BinaryIO) -> Look:
    """Look at a file that is open for reading bytes: CSV, or a zip archive of one CSV.

    The ``mapping`` is a guess, as imports take it: correct it, and pass it on.

    :raises ImportRefused: when the file can't be read, or its header is wrong.
    """
    with opened(file) as csv:
        known = (*membership_columns(datetime.date.max), "segment")
        rows = csv.rows()
        return Look(
            encoding=csv.encoding,
            separator=csv.separator,
            header=csv.header,
            mapping=guess(csv.header, known=known, metadata=True),
            rows=[_shown(row, len(csv.header)) for row in islice(rows, _SHOWN)],
        )


def _shown(row: Row, width: int) -> LookRow:
    return LookRow(
        line=row.line,
        cells=[cell.strip(BLANKS) for cell in row.cells],
        problem=row.broken or wrong_shape(row.cells, width),
    )
