"""Import of memberships: one row for each, by their external ids."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from django.db.backends.utils import CursorWrapper

from segments.imports import metadata
from segments.imports.columns import Column, membership_columns, metadata_column, quote
from segments.imports.header import METADATA, match_header
from segments.imports.loading import Content, Loaded, load
from segments.imports.reading import opened
from segments.imports.staging import Progress, alone_in, cell, new_id, silent
from segments.models import Space


class MembershipsMode(StrEnum):
    """What becomes of memberships that are in the space, and of those that are not."""

    ADD_AND_UPDATE = "add_and_update"
    ADD = "add"  # those in the space stay as they are
    UPDATE_ONLY = "update_only"  # nobody is added


@dataclass(frozen=True, kw_only=True)
class MembershipsImported(Loaded):
    """What an import did, or (``dry_run``) would do, in numbers of memberships."""

    dry_run: bool
    added: int
    updated: int

    @property
    def unchanged(self) -> int:
        return self.rows - self.bad - self.added - self.updated


def import_memberships(
    *,
    space: Space,
    file: BinaryIO,
    now: datetime.datetime,
    dry_run: bool = False,
    skip_bad_rows: bool = False,
    report: Path | None = None,
    progress: Progress = silent,
) -> MembershipsImported:
    """Add the file's memberships to the space, and bring those that are in it up to date.

    ``file`` is open for reading bytes. A column that it hasn't leaves that fact of existing
    memberships as it is; an empty cell clears the fact. All rows are imported or none, unless bad
    ones are skipped. What is bad is written to ``report``, as CSV. ``docs/imports.md`` has it all.

    :raises BadRows: when there are bad rows and they are not to be skipped.
    :raises ImportRefused: when the file can't be read, or its header is wrong.
    """
    with opened(file) as rows:
        content = _Memberships(space, rows.header, space.date_at(now))

        def work(cursor: CursorWrapper) -> MembershipsImported:
            loaded = load(
                cursor, rows, content, skip_bad_rows=skip_bad_rows, report=report, progress=progress
            )
            progress("Counting" if dry_run else "Writing")
            if dry_run:
                added, updated = content.count(cursor)
            else:
                added, updated = content.write(cursor, now)
            return MembershipsImported(
                **vars(loaded), dry_run=dry_run, added=added, updated=updated
            )

        return alone_in(space, work, dry_run=dry_run, progress=progress)


class _Memberships(Content):
    """A file of memberships, as SQL. ``checked`` has the facts by their names, and the ``number``
    of the membership where there is one."""

    def __init__(self, space: Space, header: Sequence[str], today: datetime.date) -> None:
        known = membership_columns(today)
        self._space = space
        self._names = match_header(header, known=known, required=["external_id"], metadata=True)
        self._columns = [known.get(name) or metadata_column(name) for name in self._names]
        self._external_id = cell(self._names.index("external_id"))
        self._facts = [name for name in self._names if name in known and name != "external_id"]
        self._keys = metadata.keys_of(
            {name: cell(at) for at, name in enumerate(self._names) if name.startswith(METADATA)}
        )

    @property
    def columns(self) -> Sequence[Column]:
        return self._columns

    def prepare(self, rows: str) -> None:
        return None

    def checked(self, rows: str) -> str:
        values, facts, fails = [], [], []
        for at, column in enumerate(self.columns):
            value = f"v{at}"
            values.append(f"{column.value(cell(at))} AS {value}")
            fails.append(column.fails(cell(at), value))
            if not column.name.startswith(METADATA):
                facts.append(f"{column.fact(value)} AS {column.name}")
        if self._keys:
            facts.append(f"{metadata.document(self._keys)} AS metadata")
        return (
            f"SELECT line, number, {', '.join(facts)}, ({' OR '.join(fails)}) IS NOT TRUE AS good"
            f" FROM (SELECT *, {', '.join(values)} FROM {rows} OFFSET 0) AS rows"  # one cast each
            " LEFT JOIN (SELECT number, external_id AS known FROM segments_membership"
            f" WHERE space_number = {self._space.pk}) AS memberships ON known = {self._external_id}"
        )

    def is_flawed(self) -> str:
        return (
            "SELECT EXISTS (SELECT FROM checked WHERE NOT good) OR EXISTS"
            " (SELECT FROM checked GROUP BY external_id HAVING count(*) > 1)"
        )

    def problems_between_rows(self, rows: str) -> list[str]:
        place = self._names.index("external_id")
        value = self._external_id
        return [
            f"SELECT line, {place}, 'external_id', value, 'is in line ' || first || ' already',"
            " 'keep one row for each membership' FROM (SELECT line,"
            f" {value} AS value, min(line) OVER (PARTITION BY {value}) AS first"
            f" FROM {rows} WHERE broken IS NULL) AS rows WHERE line > first AND value IS NOT NULL"
        ]

    def count(self, cursor: CursorWrapper) -> tuple[int, int]:
        """How many would be added and updated."""
        cursor.execute(
            "SELECT count(*) FILTER (WHERE c.number IS NULL),"
            f" count(*) FILTER (WHERE m.number IS NOT NULL AND ({self._differs()}))"
            " FROM checked AS c LEFT JOIN segments_membership AS m USING (number)"
        )
        added, updated = cursor.fetchone()
        return added, updated

    def write(self, cursor: CursorWrapper, now: datetime.datetime) -> tuple[int, int]:
        """Update those that differ, then add the new ones. How many were added and updated."""
        updated = 0
        if values := self._values():
            changes = ", ".join(f"{fact} = {value}" for fact, value in values.items())
            cursor.execute(
                f"UPDATE segments_membership AS m SET {changes}, updated_at = {quote(now)}"
                f" FROM checked AS c WHERE m.number = c.number AND ({self._differs()})"
            )
            updated = cursor.rowcount
        cursor.execute(self._insert(now))
        return cursor.rowcount, updated

    def _insert(self, now: datetime.datetime) -> str:
        values = {
            "id": new_id(),
            "space_number": str(self._space.pk),
            "external_id": "external_id",
            **{fact: fact for fact in (*self._facts, *(["metadata"] if self._keys else []))},
            "created_at": quote(now),
            "updated_at": quote(now),
        }
        if "created_at" in self._facts:
            values["created_at"] = f"coalesce(created_at, {quote(now)})"
        return (
            f"INSERT INTO segments_membership ({', '.join(values)})"
            f" SELECT {', '.join(values.values())} FROM checked WHERE number IS NULL ORDER BY line"
        )

    def _values(self) -> dict[str, str]:
        """By column of an existing membership ``m``: what the row ``c`` makes of it."""
        values = {fact: f"c.{fact}" for fact in self._facts}
        if "created_at" in values:
            values["created_at"] = "coalesce(c.created_at, m.created_at)"
        if self._keys:
            merged = metadata.merged("m.metadata", "c.metadata", self._keys)
            # Most often the file has all the metadata there is: comparing is less than merging.
            values["metadata"] = (
                f"CASE WHEN m.metadata = c.metadata THEN m.metadata ELSE {merged} END"
            )
        return values

    def _differs(self) -> str:
        """Whether the row ``c`` changes anything of the membership ``m``."""
        return (
            " OR ".join(
                f"m.{fact} IS DISTINCT FROM {value}" for fact, value in self._values().items()
            )
            or "false"
        )
