"""Import of one list: who belongs to a segment, found by external id, e-mail or phone."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Unpack

from django.db.backends.utils import CursorWrapper

from segments.imports import places
from segments.imports.columns import Column, membership_columns, quote
from segments.imports.facts import Facts, count_updates, insert, update
from segments.imports.header import IDENTIFIERS, Mapped, match_header
from segments.imports.loading import Content, Loaded, Options, import_rows
from segments.imports.people import People
from segments.imports.reading import opened
from segments.imports.staging import Progress
from segments.models import REMOVABLE_SHARE, Segment, Space, Unknown


class ListMode(StrEnum):
    """What becomes of the list and of the people of the file."""

    ADD = "add"  # they join it
    REPLACE = "replace"  # they become all that it lists
    REMOVE = "remove"  # they leave it
    UPDATE_ONLY = "update_only"  # the facts of those on it are brought up to date


@dataclass(frozen=True, kw_only=True)
class ListImported(Loaded):
    """What an import did, or (``dry_run``) would do.

    ``rows`` = ``bad`` + ``unknown`` + ``repeated`` + the people, each counted once as ``added`` or
    ``already_in`` (add, replace), as ``removed`` or ``not_in`` (remove), or as ``already_in`` or
    ``not_in`` (update only).
    """

    dry_run: bool
    mode: ListMode
    listed: int  # people on the list before
    added: int
    already_in: int
    removed: int  # by ``replace``: those who are not in the file
    not_in: int
    created: int  # memberships: of those added, who are new to the space
    updated: int  # memberships: whose facts the file changes
    unknown: int  # rows left out, since the space doesn't know whom they mean
    repeated: int  # rows that mean somebody whom another row means too
    must_be_confirmed: bool  # whether doing it needs ``confirmed``: see ``TooManyRemoved``

    @property
    def skipped(self) -> int:
        """Rows that were left out."""
        return self.bad + self.unknown


def import_list(
    *,
    space: Space,
    segment: Segment,
    file: BinaryIO,
    mode: ListMode,
    now: datetime.datetime,
    unknown: Unknown = Unknown.REFUSE,
    mapping: Mapped | None = None,
    confirmed: bool = False,
    removable_share: float = REMOVABLE_SHARE,
    keep_known: bool = False,
    **options: Unpack[Options],
) -> ListImported:
    """Add, replace or remove who is on a list, or bring those on it up to date.

    ``file`` is CSV (or a zip archive of one) with at least one of the columns external_id, email
    and phone; of these, a row's first that finds somebody tells who is meant. They stay as they
    are; other columns are facts, as in ``import_memberships``, of a person's last row where there
    are several, and are not looked at when removing. ``mapping`` has, by column of the file, the
    field it holds, or None to leave it out; what it doesn't name is known by its name. With
    ``keep_known`` the facts are for people who are new: those whom the space knows keep theirs. All
    is done or nothing. A file none of whose rows means anybody empties no list.

    :raises TooManyRemoved: when ``replace`` would take more than ``removable_share`` of the list
        off it, unless ``confirmed``. A dry run says ``must_be_confirmed`` instead.
    :raises BadRows: when there are bad rows and they are not to be skipped.
    :raises ImportRefused: when the file can't be read, or its header is wrong.
    """
    today = space.date_at(now)
    dry_run = options.get("dry_run", False)
    with opened(file) as csv:
        fields = match_header(
            csv.header,
            known=membership_columns(today),
            needed=[IDENTIFIERS],
            metadata=True,
            mapping=mapping,
        )
        content = _List(segment, fields, today, mode, unknown, keep_known=keep_known)

        def work(cursor: CursorWrapper, loaded: Loaded) -> ListImported:
            done = _Work(cursor, content, now, dry_run=dry_run)
            done.carry_out()
            return ListImported(
                **{**vars(loaded), **done.counts},
                dry_run=dry_run,
                mode=mode,
                must_be_confirmed=places.must_be_confirmed(
                    done.removals, removable_share, ask=not (dry_run or confirmed)
                ),
            )

        return import_rows(space, csv, content, work, **options)


class _List(Content):
    """A file of one list's people, as SQL. ``checked`` has the ``number`` of each row's membership
    or, where there is none, the ``external_id`` that it will get; and the facts by their names."""

    def __init__(
        self,
        segment: Segment,
        fields: Sequence[str | None],
        today: datetime.date,
        mode: ListMode,
        unknown: Unknown,
        *,
        keep_known: bool,
    ) -> None:
        if mode is ListMode.REMOVE:
            fields = [name if name in IDENTIFIERS else None for name in fields]
        self.segment = segment
        self.mode = mode
        self.updates = mode is not ListMode.REMOVE and not keep_known
        self.refuses = unknown is Unknown.REFUSE
        self.creates = unknown is Unknown.CREATE and mode in (ListMode.ADD, ListMode.REPLACE)
        self.facts = Facts(fields, membership_columns(today), kept=IDENTIFIERS)
        self._people = People(segment.space, fields)

    @property
    def columns(self) -> Sequence[Column | None]:
        return self.facts.columns

    def match(self, cursor: CursorWrapper, rows: str, progress: Progress) -> None:
        self._people.match(cursor, rows, progress)

    def prepare(self, rows: str) -> None:
        return None

    def checked(self, rows: str) -> str:
        who = self._people
        known = " AND number IS NOT NULL" if self.refuses else ""
        return (
            f"SELECT line, number, {who.external_id} AS external_id, {who.email} AS email,"
            f" {who.phone} AS phone{self.facts.facts()},"
            f" {self.facts.fail()} IS NOT TRUE AND NOT {who.flaw}{known} AS good"
            f" FROM (SELECT *{self.facts.read()} FROM {rows} OFFSET 0) AS rows{who.join}"
        )

    def is_flawed(self) -> str:
        return "SELECT EXISTS (SELECT FROM checked WHERE NOT good)"

    def problems_between_rows(self, rows: str) -> list[str]:
        selects = self._people.problems(rows)
        if self.refuses:
            selects.append(self._people.unknown(rows))
        return selects


class _Work:
    """What is done about the people in ``checked``, or (``dry_run``) would be."""

    def __init__(
        self, cursor: CursorWrapper, content: _List, now: datetime.datetime, *, dry_run: bool
    ) -> None:
        self._cursor = cursor
        self._content = content
        self._segment = content.segment
        self._now = now
        self._dry_run = dry_run
        names = ("listed", "added", "already_in", "removed", "not_in", "created", "updated")
        self.counts = dict.fromkeys((*names, "unknown", "repeated"), 0)
        self.removals: list[places.Removal] = []  # by ``replace``

    def carry_out(self) -> None:
        mode, counts = self._content.mode, self.counts
        counts["listed"] = self._ask(f"SELECT count(*) FROM ({self._listed()}) AS listed")
        known = self._take_people()
        if self._content.updates:
            counts["updated"] = self._update()
        if mode is ListMode.REMOVE:
            counts["removed"] = places.take_off(self._cursor, dry_run=self._dry_run)
            counts["not_in"] = known - counts["removed"]
        elif mode is ListMode.UPDATE_ONLY:
            counts["already_in"] = self._ask(
                f"SELECT count(*) FROM places WHERE membership_number IN ({self._listed()})"
            )
            counts["not_in"] = known - counts["already_in"]
        else:
            self._put_on(known)

    def _take_people(self) -> int:
        """Make ``places`` of those whom the space knows. How many; the others are counted."""
        rows = self._ask("SELECT count(*) FROM checked")
        self._cursor.execute(
            "CREATE TEMPORARY TABLE places ON COMMIT DROP AS"
            f" SELECT DISTINCT {self._segment.pk} AS segment_number, number AS membership_number"
            " FROM checked WHERE number IS NOT NULL"
        )
        known = int(self._cursor.rowcount)
        new = "SELECT count({}) FROM checked WHERE number IS NULL"
        if self._content.creates:
            self.counts["created"] = self._ask(new.format("DISTINCT external_id"))
        else:
            self.counts["unknown"] = self._ask(new.format("*"))
        self.counts["repeated"] = rows - self.counts["unknown"] - known - self.counts["created"]
        return known

    def _update(self) -> int:
        values = self._content.facts.values()
        if not values:
            return 0
        known = "number IS NOT NULL"
        if self._content.mode is ListMode.UPDATE_ONLY:
            known += f" AND number IN ({self._listed()})"
        rows = self._once_each("number", known)
        if self._dry_run:
            return self._ask(count_updates(values, rows))
        self._cursor.execute(update(values, rows, quote(self._now)))
        return int(self._cursor.rowcount)

    def _put_on(self, known: int) -> None:
        counts = self.counts
        people = known + counts["created"]
        if counts["created"] and not self._dry_run:
            self._create()
        if self._content.mode is ListMode.REPLACE and people:
            self.removals = places.take_off_others(
                self._cursor, str(self._segment.pk), dry_run=self._dry_run
            )
            counts["removed"] = sum(one.removed for one in self.removals)
        counts["added"] = places.put_on(
            self._cursor, self._segment.space, self._now, dry_run=self._dry_run
        )
        if self._dry_run:
            counts["added"] += counts["created"]
        counts["already_in"] = people - counts["added"]

    def _create(self) -> None:
        """Make memberships of those whom the space doesn't know, and put them into ``places``."""
        names = [*IDENTIFIERS, *self._content.facts.names]
        new = self._once_each("external_id", "number IS NULL")
        self._cursor.execute(
            f"WITH new AS ({insert(self._segment.space, names, new, quote(self._now))}"
            " RETURNING number) INSERT INTO places"
            f" SELECT {self._segment.pk}, number FROM new"
        )

    def _once_each(self, key: str, where: str) -> str:
        """The rows (SQL), of each person's the last alone."""
        if not self.counts["repeated"]:
            return f"(SELECT * FROM checked WHERE {where})"
        return (
            f"(SELECT DISTINCT ON ({key}) * FROM checked WHERE {where} ORDER BY {key}, line DESC)"
        )

    def _listed(self) -> str:
        return (
            "SELECT membership_number FROM segments_segmentmembership"
            f" WHERE segment_number = {self._segment.pk}"
        )

    def _ask(self, query: str) -> int:
        self._cursor.execute(query)
        return int(self._cursor.fetchone()[0])
