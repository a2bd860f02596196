"""Import of memberships: one row for each, by their external ids, e-mails or phones."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Unpack

from django.db.backends.utils import CursorWrapper

from segments.imports.columns import Column, membership_columns, quote
from segments.imports.facts import Facts, count_updates, insert, update
from segments.imports.header import IDENTIFIERS, Mapped, match_header
from segments.imports.loading import Content, Loaded, Options, import_rows
from segments.imports.people import People
from segments.imports.reading import opened
from segments.imports.staging import Progress
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
    mode: MembershipsMode
    added: int
    updated: int
    unknown: int  # rows left out, since nobody is to be added

    @property
    def unchanged(self) -> int:
        return self.rows - self.bad - self.unknown - self.added - self.updated


def import_memberships(
    *,
    space: Space,
    file: BinaryIO,
    now: datetime.datetime,
    mode: MembershipsMode = MembershipsMode.ADD_AND_UPDATE,
    mapping: Mapped | None = None,
    **options: Unpack[Options],
) -> MembershipsImported:
    """Add the file's memberships to the space, and bring those that are in it up to date.

    ``file`` is open for reading bytes. A column that it hasn't leaves that fact of existing
    memberships as it is; an empty cell clears the fact. ``mapping`` has, by column of the file, the
    field it holds, or None to leave it out; other columns are known by their names. All rows are
    imported or none, unless bad ones are skipped. ``docs/imports.md`` has it all.

    :raises BadRows: when there are bad rows and they are not to be skipped.
    :raises ImportRefused: when the file can't be read, or its header is wrong.
    """
    dry_run = options.get("dry_run", False)
    with opened(file) as csv:
        fields = match_header(
            csv.header,
            known=membership_columns(space.date_at(now)),
            needed=[IDENTIFIERS],
            metadata=True,
            mapping=mapping,
        )
        content = _Memberships(space, fields, space.date_at(now))

        def work(cursor: CursorWrapper, loaded: Loaded) -> MembershipsImported:
            added, updated, unknown = content.carry_out(cursor, mode, now, dry_run=dry_run)
            return MembershipsImported(
                **vars(loaded),
                dry_run=dry_run,
                mode=mode,
                added=added,
                updated=updated,
                unknown=unknown,
            )

        return import_rows(space, csv, content, work, **options)


class _Memberships(Content):
    """A file of memberships, as SQL. ``checked`` has the facts by their names, and the ``number``
    of the membership where there is one."""

    def __init__(self, space: Space, fields: Sequence[str | None], today: datetime.date) -> None:
        self._space = space
        self._people = People(space, fields, id_decides=True)
        self._facts = Facts(fields, membership_columns(today), kept=["external_id", "phone"])
        self._phone = ["phone"] if "phone" in fields else []

    @property
    def columns(self) -> Sequence[Column | None]:
        return self._facts.columns

    def match(self, cursor: CursorWrapper, rows: str, progress: Progress) -> None:
        self._people.match(cursor, rows, progress)

    def prepare(self, rows: str) -> None:
        return None

    def checked(self, rows: str) -> str:
        who = self._people
        return (
            f"SELECT line, number, {who.external_id} AS external_id,"
            f" {who.phone} AS phone, {who.has_id} AS has_id{self._facts.facts()},"
            f" {self._facts.fail()} IS NOT TRUE AND NOT {who.flaw} AS good"
            f" FROM (SELECT *{self._facts.read()} FROM {rows} OFFSET 0) AS rows{who.join}"
        )

    def is_flawed(self) -> str:
        return (
            "SELECT EXISTS (SELECT FROM checked WHERE NOT good) OR EXISTS"
            " (SELECT FROM checked GROUP BY external_id HAVING count(*) > 1)"
        )

    def problems_between_rows(self, rows: str) -> list[str]:
        who = self._people
        first = (
            f"(SELECT line, min(line) OVER (PARTITION BY {who.external_id}) AS first"
            f" FROM {rows}{who.join} WHERE broken IS NULL AND NOT {who.flaw}) AS numbered"
        )
        repeated = who.problem(
            f"(SELECT * FROM {rows} JOIN {first} USING (line) WHERE line > first) AS rows",
            "true",
            "'is in line ' || first || ' already'",
            "keep one row for each membership",
        )
        return [*who.problems(rows), repeated]

    def carry_out(
        self,
        cursor: CursorWrapper,
        mode: MembershipsMode,
        now: datetime.datetime,
        *,
        dry_run: bool,
    ) -> tuple[int, int, int]:
        """Update those that differ, then add the new ones, or count them (``dry_run``).

        How many were added, how many updated, and how many rows were left out.
        """
        updated = added = 0
        values = self._values()
        if values and mode is not MembershipsMode.ADD:
            if dry_run:
                updated = _count(cursor, count_updates(values, "checked"))
            else:
                cursor.execute(update(values, "checked", quote(now)))
                updated = cursor.rowcount
        if dry_run or mode is MembershipsMode.UPDATE_ONLY:
            added = _count(cursor, "SELECT count(*) FROM checked WHERE number IS NULL")
        else:
            names = ["external_id", *self._phone, *self._facts.names]
            new = "(SELECT * FROM checked WHERE number IS NULL)"
            cursor.execute(insert(self._space, names, new, quote(now)))
            added = cursor.rowcount
        return (0, updated, added) if mode is MembershipsMode.UPDATE_ONLY else (added, updated, 0)

    def _values(self) -> dict[str, str]:
        values = {**{name: f"c.{name}" for name in self._phone}, **self._facts.values()}
        if self._people.matched:
            values["external_id"] = "c.external_id"
            for name in ("email", "phone"):  # a row that names by the one says nothing of the other
                if name in values:
                    values[name] = f"coalesce(c.{name}, CASE WHEN NOT c.has_id THEN m.{name} END)"
        return values


def _count(cursor: CursorWrapper, query: str) -> int:
    cursor.execute(query)
    return int(cursor.fetchone()[0])
