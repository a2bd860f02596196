"""What is wrong in which row: found in the database, counted, shown, and written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.db import DataError, transaction
from django.db.backends.utils import CursorWrapper

from segments.imports.columns import Column, quote
from segments.imports.refusals import Problem
from segments.imports.staging import cell

_SHOWN = 10
_LONGEST_VALUE = 200
_REMEDY_OF_BROKEN = (
    "put quotes around a value that holds the separator or a quote, "
    'and write each quote within it twice ("")'
)

# Whether PostgreSQL can read a text as a type: what pg_input_is_valid answers from version 16 on.
_IS_READABLE = """
CREATE OR REPLACE FUNCTION pg_temp.is_readable(value text, kind text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    CASE kind
        WHEN 'date' THEN PERFORM value::date;
        WHEN 'numeric' THEN PERFORM value::numeric;
        WHEN 'timestamptz' THEN PERFORM value::timestamptz;
    END CASE;
    RETURN true;
EXCEPTION WHEN data_exception THEN
    RETURN false;
END $$
"""


class Problems:
    """The problems of the rows in ``staged``, in the temporary table ``problems``."""

    def __init__(self, cursor: CursorWrapper) -> None:
        self._cursor = cursor
        cursor.execute(_IS_READABLE)
        cursor.execute(
            "CREATE TEMPORARY TABLE problems (line integer, place integer, column_name text,"
            " value text, problem text, remedy text) ON COMMIT DROP"
        )
        self.add(
            f"SELECT line, 0, '', NULL, broken, {quote(_REMEDY_OF_BROKEN)} FROM staged"
            " WHERE broken IS NOT NULL"
        )

    def add(self, select: str) -> None:
        """Add what a SELECT gives: line, place of the column, its name, value, problem, remedy."""
        self._cursor.execute(f"INSERT INTO problems {select}")

    def check_cells(self, columns: Sequence[Column | None], rows: str) -> None:
        """Add each cell's first problem; ``rows`` is SQL for what is staged."""
        for at, column in enumerate(columns):
            if column is None:
                continue
            try:  # most columns can be read from end to end, which is quicker than cell by cell
                with transaction.atomic():
                    self.add(_judge(at, column, rows, readable=True))
            except DataError:
                self.add(_judge(at, column, rows, readable=False))

    def count(self) -> int:
        """How many rows are bad."""
        self._cursor.execute("SELECT count(DISTINCT line) FROM problems")
        return int(self._cursor.fetchone()[0])

    def first(self) -> list[Problem]:
        self._cursor.execute(f"{_in_order()} LIMIT {_SHOWN}")
        return [Problem(*row) for row in self._cursor.fetchall()]

    def write(self, report: Path) -> None:
        """Write them all as CSV. Constant memory, however many."""
        copy = f"COPY ({_in_order()}) TO STDOUT (FORMAT csv, HEADER)"
        with report.open("wb") as file, self._cursor.copy(copy) as problems:
            for some in problems:
                file.write(some)

    def remove_bad_rows(self) -> None:
        self._cursor.execute("DELETE FROM staged WHERE line IN (SELECT line FROM problems)")


def _judge(at: int, column: Column, rows: str, *, readable: bool) -> str:
    problems = ", ".join(quote(check.problem) for check in column.checks)
    remedies = ", ".join(quote(check.remedy) for check in column.checks)
    failing = column.first_failing(cell(at), readable=readable)
    return (
        f"SELECT line, {at}, {quote(column.name)}, value,"
        f" (ARRAY[{problems}])[failing], (ARRAY[{remedies}])[failing]"
        f" FROM (SELECT line, {cell(at)} AS value, {failing} AS failing"
        f" FROM {rows} WHERE broken IS NULL) AS judged WHERE failing IS NOT NULL"
    )


def _in_order() -> str:
    return (
        f'SELECT line, column_name AS "column", left(value, {_LONGEST_VALUE}) AS value, problem,'
        " remedy FROM problems ORDER BY line, place"
    )
