"""From a file to a checked table: the way that all imports share.

A file is first taken on trust: its bytes go straight to COPY, and one pass over all rows makes
typed values of them, or fails. Only when anything was amiss is the file read again, row by row, and
each bad row named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypedDict, TypeVar

from django.db import DataError, NotSupportedError, transaction
from django.db.backends.utils import CursorWrapper

from segments.imports.columns import Column
from segments.imports.failed import write_failed_rows
from segments.imports.plain import NotPlain
from segments.imports.problems import Problems
from segments.imports.reading import CsvFile
from segments.imports.refusals import BadRows, Problem
from segments.imports.staging import (
    Progress,
    alone_in,
    silent,
    stage_as_it_is,
    stage_row_by_row,
)
from segments.models import Space

Done = TypeVar("Done")


class Content(Protocol):
    """What the rows of a file mean to one import."""

    @property
    def columns(self) -> Sequence[Column | None]:
        """By place in the file; None is left out."""

    def match(self, cursor: CursorWrapper, rows: str, progress: Progress) -> None:
        """Find out what ``rows`` (SQL) refer to; run before all others that take them."""

    def prepare(self, rows: str) -> str | None:
        """A statement that makes what good rows refer to, if any; run before ``checked``."""

    def checked(self, rows: str) -> str:
        """A SELECT of typed rows, which becomes the table ``checked``, from ``rows`` (SQL).

        It may fail where a value is bad, and must say so in what it gives where it doesn't fail.
        """

    def is_flawed(self) -> str:
        """A SELECT of one boolean: whether ``checked`` holds anything that must not be imported."""

    def problems_between_rows(self, rows: str) -> Sequence[str]:
        """SELECTs, as ``Problems.add`` takes them, of what can't be seen in a cell alone."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """How many rows the file has, how many of them are bad, and why."""

    rows: int
    bad: int = 0
    first_problems: list[Problem] = field(default_factory=list)  # at most ten
    prepared: int = 0  # how many rows ``prepare`` made
    report: Path | None = None  # where all problems were written, as CSV


class Options(TypedDict, total=False):
    """What may be asked of every import."""

    dry_run: bool  # only say what it would do
    skip_bad_rows: bool  # rather than to refuse the file
    report: Path | None  # gets every problem, as CSV
    failed_rows: Path | None  # gets the bad rows as they came, as CSV
    progress: Progress  # may raise ``Cancelled``


def import_rows(
    space: Space,
    file: CsvFile,
    content: Content,
    work: Callable[[CursorWrapper, Loaded], Done],
    *,
    dry_run: bool = False,
    skip_bad_rows: bool = False,
    report: Path | None = None,
    failed_rows: Path | None = None,
    progress: Progress = silent,
) -> Done:
    """Make the table ``checked`` of the file's good rows, and do the ``work`` that takes it from
    there; alone in the space: see ``alone_in``. The others are those of ``Options``.

    :raises BadRows: when there are bad rows, and these are not to be skipped.
    :raises UnreadableFile: when the file can't be read at all.
    """

    def load_and_work(cursor: CursorWrapper) -> Done:
        loaded = _load(
            cursor,
            file,
            content,
            skip_bad_rows=skip_bad_rows,
            report=report,
            failed_rows=failed_rows,
            progress=progress,
        )
        progress("Counting" if dry_run else "Writing")
        return work(cursor, loaded)

    return alone_in(space, load_and_work, dry_run=dry_run, progress=progress)


def _load(
    cursor: CursorWrapper,
    file: CsvFile,
    content: Content,
    *,
    skip_bad_rows: bool,
    report: Path | None,
    failed_rows: Path | None,
    progress: Progress,
) -> Loaded:
    try:
        with transaction.atomic():
            staged = stage_as_it_is(cursor, file, progress)
            progress(f"Checking {staged.number:,} rows")
            content.match(cursor, staged.source, progress)
            prepared = _check(cursor, content, staged.source)
            return Loaded(rows=staged.number, prepared=prepared)
    except (NotPlain, DataError, NotSupportedError):  # the last: a NaN where a number must be whole
        pass
    staged = stage_row_by_row(cursor, file, progress)
    progress(f"Checking {staged.number:,} rows one by one")
    problems = Problems(cursor)
    problems.check_cells(content.columns, staged.source)
    content.match(cursor, staged.source, progress)
    for select in content.problems_between_rows(staged.source):
        problems.add(select)
    bad, first = problems.count(), problems.first()
    if bad and report:
        problems.write(report)
    if bad and failed_rows:
        write_failed_rows(failed_rows, file, cursor)
    if bad and not skip_bad_rows:
        raise BadRows(bad, first, report)
    problems.remove_bad_rows()
    return Loaded(
        rows=staged.number,
        bad=bad,
        first_problems=first,
        prepared=_check(cursor, content, staged.source),
        report=report if bad else None,
    )


def _check(cursor: CursorWrapper, content: Content, rows: str) -> int:
    """Make the table; how many rows were prepared for it.

    :raises NotPlain: when it holds anything that must not be imported.
    """
    prepared = 0
    if statement := content.prepare(rows):
        cursor.execute(statement)
        prepared = cursor.rowcount
    cursor.execute(f"CREATE TEMPORARY TABLE checked ON COMMIT DROP AS {content.checked(rows)}")
    cursor.execute(content.is_flawed())
    if cursor.fetchone()[0]:
        raise NotPlain
    return prepared
