"""Brings a file's rows into the database, as text: as they are, or row by row.

Both make the temporary table ``staged``: the ``line``; what makes the row ``broken``, if anything;
and for each column of the header a text, null where the cell is empty.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol, TypeVar

import psycopg
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg.errors import DeadlockDetected, ForeignKeyViolation, UniqueViolation

from segments.imports.columns import quote
from segments.imports.plain import NotPlain, PlainCheck
from segments.imports.reading import CsvFile
from segments.imports.refusals import ImportRefused, UnreadableFile
from segments.models import Space

_logger = logging.getLogger(__name__)
Done = TypeVar("Done")

_LOCK = 0x696D7072  # “impr”: of PostgreSQL's advisory locks, those that imports take
BLANKS = " \t\r\n\u00a0"
_MANY = 100_000  # rows from which on tables are read whole rather than looked up in
_ATTEMPTS = 3
_CLASHES = (UniqueViolation, ForeignKeyViolation, DeadlockDetected)
_TABLES = ", ".join(
    f"pg_temp.{name}"
    for name in ("staged", "problems", "matched", "phones", "checked", "people", "places")
)
_STEP = 10_000  # rows between two calls of progress


class StagedRows(NamedTuple):
    number: int
    source: str  # SQL: ``staged``, its cells without blanks around them


def new_id() -> str:
    """SQL for a row's id. In order of time where PostgreSQL can: its index then only appends."""
    return "uuidv7()" if connection.get_database_version() >= (18,) else "gen_random_uuid()"


def cell(at: int) -> str:
    """SQL for a row's cell of a column; the first is 0."""
    return f"c{at}"


class Progress(Protocol):
    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Told as a step begins; while a file is read, also how many bytes out of how many."""


def silent(step: str, done: int = 0, total: int = 0) -> None:
    """A ``Progress`` for those who don't look."""


def alone_in(
    space: Space, work: Callable[[CursorWrapper], Done], *, dry_run: bool, progress: Progress
) -> Done:
    """Do one import's work in a transaction, the only import into its space, by the space's clock.

    Done again, as if just begun, when others change rows at the same moment in ways that clash.
    """
    for _ in range(_ATTEMPTS):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                _wait_for_turn(cursor, space, progress)
                with settings(
                    cursor,
                    TimeZone=space.time_zone,
                    DateStyle="ISO",
                    work_mem="128MB",
                    enable_nestloop="on",
                ):
                    done = work(cursor)
                cursor.execute(f"DROP TABLE IF EXISTS {_TABLES}")
                cursor.execute("DROP FUNCTION IF EXISTS pg_temp.is_readable")
                transaction.set_rollback(dry_run)
                return done
        except (IntegrityError, OperationalError) as error:
            if not isinstance(error.__cause__, _CLASHES):
                raise
    raise ImportRefused(
        "Others keep changing memberships of this file. Run the import again when they have ended."
    )


def stage_as_it_is(cursor: CursorWrapper, file: CsvFile, progress: Progress) -> StagedRows:
    """Hand the file's bytes to COPY. ``line`` then only counts the rows.

    :raises NotPlain: when the file must be read row by row.
    :raises UnreadableFile: when it has no rows.
    """
    names = _create(cursor, file)
    check = PlainCheck(file.separator)
    refusal: NotPlain | None = None
    copy = (
        f"COPY staged ({names}) FROM STDIN "
        f"(FORMAT csv, DELIMITER {quote(file.separator)}, ENCODING 'UTF8', FORCE_NULL ({names}))"
    )
    try:
        with cursor.copy(copy) as staged:
            try:
                for chunk in file.chunks():
                    check.take(chunk)
                    staged.write(chunk)
                    progress("Reading", file.position, file.size)
                check.end()
            except NotPlain as error:
                refusal = error  # raised in here, it would meet what COPY itself has to complain of
    except psycopg.DataError as error:  # a row with too many or too few cells, for one
        refusal = refusal or NotPlain(str(error))
    if refusal:
        raise refusal
    return StagedRows(_number(cursor), _trimmed(file) if check.padded else "staged")


def stage_row_by_row(cursor: CursorWrapper, file: CsvFile, progress: Progress) -> StagedRows:
    """Read the file in Python, with the line on which each row begins.

    :raises UnreadableFile: when the file can't be read at all.
    """
    names = _create(cursor, file)
    width = len(file.header)
    nothing = [None] * width
    with cursor.copy(f"COPY staged (line, broken, {names}) FROM STDIN") as staged:
        for count, row in enumerate(file.rows()):
            broken = row.broken or wrong_shape(row.cells, width)
            staged.write_row(
                (row.line, broken, *nothing)
                if broken
                else (row.line, None, *(cell or None for cell in row.cells))
            )
            if count % _STEP == 0:
                progress("Reading row by row", file.position, file.size)
    return StagedRows(_number(cursor), _trimmed(file))


def wrong_shape(cells: Sequence[str], width: int) -> str:
    """What is wrong with a row that has not as many cells as the header, or nothing."""
    if len(cells) == width:
        return ""
    values = "1 value" if len(cells) == 1 else f"{len(cells)} values"
    return f"has {values} where the header names {width} columns"


def _wait_for_turn(cursor: CursorWrapper, space: Space, progress: Progress) -> None:
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, space.pk])
    if cursor.fetchone() == (False,):
        step = f"Waiting for another import into the space “{space.slug}” to end"
        _logger.warning(step)
        progress(step)
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, space.pk])


@contextmanager
def settings(cursor: CursorWrapper, **values: str) -> Iterator[None]:
    """These settings of PostgreSQL, until the end: of this, or of a transaction that failed."""
    before = {}
    for name, value in values.items():
        cursor.execute("SELECT current_setting(%s), set_config(%s, %s, true)", [name, name, value])
        (before[name], _) = cursor.fetchone()
    yield
    for name, value in before.items():
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def _create(cursor: CursorWrapper, file: CsvFile) -> str:
    """Make the table; the names of its cells."""
    names = _names(file)
    columns = ", ".join(f'{name} text COLLATE "C"' for name in names)
    cursor.execute(
        "CREATE TEMPORARY TABLE staged (line integer GENERATED BY DEFAULT AS IDENTITY"
        f" (CACHE {_STEP}), broken text, {columns}) ON COMMIT DROP"
    )
    return ", ".join(names)


def _number(cursor: CursorWrapper) -> int:
    """How many rows were staged; prepares the planner for as many.

    It has taken a growing table for an empty one and looped over it: minutes instead of seconds.

    :raises UnreadableFile: when there are none.
    """
    count = int(cursor.rowcount)
    if not count:
        raise UnreadableFile("The file has a header, but no rows.")
    if count >= _MANY:
        cursor.execute("SET LOCAL enable_nestloop = off")
    return count


def _names(file: CsvFile) -> list[str]:
    return [cell(at) for at in range(len(file.header))]


def _trimmed(file: CsvFile) -> str:
    cells = (f"nullif(btrim({name}, {quote(BLANKS)}), '') AS {name}" for name in _names(file))
    return f"(SELECT line, broken, {', '.join(cells)} FROM staged OFFSET 0) AS staged"
