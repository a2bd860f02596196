"""The rows that could not be imported, as a file that can be mended and imported."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from django.db.backends.utils import CursorWrapper

from segments.imports.header import WHAT_IS_WRONG
from segments.imports.reading import CsvFile

_WHAT_IS_WRONG = (
    "SELECT line, string_agg(concat(nullif(column_name, '') || coalesce(' “' || left(value, 200)"
    " || '”', '') || ': ', problem, '; ', remedy), '. ' ORDER BY place)"
    " FROM problems GROUP BY line ORDER BY line"
)


def write_failed_rows(path: Path, file: CsvFile, cursor: CursorWrapper) -> None:
    """Write the rows of the table ``problems`` as they are in the file, what is wrong before each.

    In UTF-8 with a byte order mark, for Excel. A row may have too few or too many cells, so the
    column that is added is the first; one that the file has from an earlier round is taken off.
    """
    again = file.header[0] == WHAT_IS_WRONG
    separator = re.escape(file.separator)
    first = re.compile(rf'("(?:[^"]|"")*"|[^"{separator}]*){separator}')
    with (
        path.open("w", encoding="utf-8-sig", newline="") as out,
        cursor.copy(f"COPY ({_WHAT_IS_WRONG}) TO STDOUT") as problems,
    ):
        names = file.header[1:] if again else file.header
        csv.writer(out, delimiter=file.separator).writerow([WHAT_IS_WRONG, *names])
        rows = file.rows(with_text=True)
        for line, problem in problems.rows():
            text = next(row.text for row in rows if row.line == int(line)).rstrip("\r\n")
            if again and (earlier := first.match(text)):
                text = text[earlier.end() :]
            said = problem.replace('"', '""')
            out.write(f'"{said}"{file.separator}{text}\r\n')
