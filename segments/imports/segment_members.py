"""Import of segments' members: one row for each place, by the segment's code and external id."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.db.backends.utils import CursorWrapper

from segments.imports.columns import Column, known_external_id, quote, segment_code
from segments.imports.header import match_header
from segments.imports.loading import Content, Loaded, load
from segments.imports.reading import opened
from segments.imports.refusals import ImportRefused, WrongHeader
from segments.imports.staging import Progress, alone_in, cell, new_id, silent
from segments.models import Segment, Space


class Mode(StrEnum):
    """What becomes of a segment's members."""

    ADD = "add"  # the file's are added
    REPLACE = "replace"  # of each segment in the file: the file's, and no others
    REMOVE = "remove"  # the file's are taken out


@dataclass(frozen=True, kw_only=True)
class SegmentMembersImported(Loaded):
    """What an import did, or (``dry_run``) would do, in numbers of places in segments."""

    dry_run: bool
    mode: Mode
    added: int
    removed: int

    @property
    def unchanged(self) -> int:
        """Rows that ask for what was so already, or what another row asks for too."""
        changing = self.removed if self.mode is Mode.REMOVE else self.added
        return self.rows - self.bad - changing

    @property
    def segments_created(self) -> int:
        return self.prepared


def import_segment_members(
    *,
    space: Space,
    file: BinaryIO,
    mode: Mode,
    now: datetime.datetime,
    segment: str | None = None,
    create_segments: bool = False,
    dry_run: bool = False,
    skip_bad_rows: bool = False,
    report: Path | None = None,
    progress: Progress = silent,
) -> SegmentMembersImported:
    """Add, replace or remove the members of the file's segments, or of the one ``segment``.

    ``file`` is open for reading bytes. Its columns are ``external_id`` and, unless ``segment``
    gives it, ``segment``: short codes. Segments without a (good) row in it are left alone.

    :raises BadRows: when there are bad rows and they are not to be skipped.
    :raises ImportRefused: when the file can't be read, its header is wrong, or there is no such
        segment.
    """
    with opened(file) as rows:
        content = _Places(space, rows.header, segment, now if create_segments else None)

        def work(cursor: CursorWrapper) -> SegmentMembersImported:
            loaded = load(
                cursor, rows, content, skip_bad_rows=skip_bad_rows, report=report, progress=progress
            )
            progress("Counting" if dry_run else "Writing")
            removed = _remove(cursor, mode, dry_run)
            added = _add(cursor, space, now, dry_run) if mode is not Mode.REMOVE else 0
            return SegmentMembersImported(
                **vars(loaded), dry_run=dry_run, mode=mode, added=added, removed=removed
            )

        return alone_in(space, work, dry_run=dry_run, progress=progress)


class _Places(Content):
    """A file of places in segments, as SQL. ``checked`` has the numbers of the pairs."""

    def __init__(
        self,
        space: Space,
        header: Sequence[str],
        segment: str | None,
        create_at: datetime.datetime | None,
    ) -> None:
        self._space = space
        self._create_at = create_at
        if segment is not None and "segment" in (name.strip().lower() for name in header):
            raise WrongHeader(
                f"The file has a column “segment”, and the segment is given too: “{segment}”. "
                "Leave out the one or the other."
            )
        needed = ("external_id",) if segment is not None else ("segment", "external_id")
        self._names = match_header(header, known=needed, required=needed)
        columns = {
            "segment": segment_code(create=create_at is not None),
            "external_id": known_external_id(),
        }
        self._columns = [columns[name] for name in self._names]
        self._external_id = cell(self._names.index("external_id"))
        if segment is None:
            self._code = cell(self._names.index("segment"))
        else:
            _require(space, segment, create=create_at is not None)
            self._code = quote(segment)

    @property
    def columns(self) -> Sequence[Column]:
        return self._columns

    def prepare(self, rows: str) -> str | None:
        """Make the segments that are not there, named by their codes."""
        if self._create_at is None:
            return None
        at = quote(self._create_at)
        return (
            "INSERT INTO segments_segment"
            " (space_number, short_code, name, description, created_at, updated_at)"
            f" SELECT {self._space.pk}, code, code, '', {at}, {at} FROM"
            f" (SELECT {self._code} AS code, min(line) AS line FROM {rows} GROUP BY 1) AS named"
            " WHERE code ~ '^[-a-zA-Z0-9_]+$' ORDER BY line"
            " ON CONFLICT (space_number, short_code) DO NOTHING"
        )

    def checked(self, rows: str) -> str:
        return (
            f"SELECT segment_number, membership_number FROM {rows}"
            f" LEFT JOIN {self._segments()} ON short_code = {self._code}"
            f" LEFT JOIN {self._memberships()} ON known = {self._external_id}"
        )

    def is_flawed(self) -> str:
        return (
            "SELECT EXISTS (SELECT FROM checked"
            " WHERE segment_number IS NULL OR membership_number IS NULL)"
        )

    def problems_between_rows(self, rows: str) -> Sequence[str]:
        unknown = [
            self._unknown(
                rows,
                "external_id",
                f"{self._memberships()} WHERE known = {self._external_id}",
                "is not a membership of this space",
                "import the membership first, or correct the id",
            )
        ]
        if "segment" in self._names and self._create_at is None:
            unknown.append(
                self._unknown(
                    rows,
                    "segment",
                    f"{self._segments()} WHERE short_code = {self._code}",
                    "is not a segment of this space",
                    "create the segment first, or correct the code",
                )
            )
        elif "segment" in self._names:
            lists = f"SELECT short_code {self._rows_of_segments} AND is_list"
            unknown.append(
                self._unknown(
                    rows,
                    "segment",
                    f"(SELECT) AS any_other WHERE {self._code} NOT IN ({lists})",
                    "is the list of an audience",
                    "import into the audience, or correct the code",
                )
            )
        return unknown

    def _unknown(self, rows: str, name: str, known: str, problem: str, remedy: str) -> str:
        at = self._names.index(name)
        return (
            f"SELECT line, {at}, '{name}', {cell(at)}, '{problem}', '{remedy}' FROM {rows}"
            f" WHERE broken IS NULL AND {cell(at)} IS NOT NULL"
            f" AND NOT EXISTS (SELECT FROM {known})"
        )

    def _segments(self) -> str:
        return (
            '(SELECT number AS segment_number, short_code COLLATE "C" AS short_code'
            f" {self._rows_of_segments} AND NOT is_list) AS segments"
        )

    @property
    def _rows_of_segments(self) -> str:
        return f"FROM segments_segment WHERE space_number = {self._space.pk}"

    def _memberships(self) -> str:
        return (
            "(SELECT number AS membership_number, external_id AS known"
            f" FROM segments_membership WHERE space_number = {self._space.pk}) AS memberships"
        )


def _require(space: Space, code: str, *, create: bool) -> None:
    """:raises ImportRefused: when there is no such segment, and none can be made."""
    segments = Segment.objects.without_lists().filter(space=space)
    codes = segments.values_list("short_code", flat=True)
    if codes.filter(short_code=code).exists():
        return
    if not create:
        nearest = get_close_matches(code, codes, n=1)
        raise ImportRefused(
            f"There is no segment “{code}” in the space “{space.slug}”."
            + (f" Did you mean “{nearest[0]}”?" if nearest else "")
        )
    try:
        Segment(space=space, short_code=code, name=code).full_clean()
    except ValidationError as error:
        raise ImportRefused(
            f"“{code}” can't be a segment's short code: {error.messages[0]}"
        ) from error


def _remove(cursor: CursorWrapper, mode: Mode, dry_run: bool) -> int:
    """Take out the places in ``checked``, or the others of its segments. How many."""
    if mode is Mode.ADD:
        return 0
    named = (
        "EXISTS (SELECT FROM checked AS c WHERE c.segment_number = p.segment_number"
        " AND c.membership_number = p.membership_number)"
    )
    if mode is Mode.REPLACE:
        named = f"p.segment_number IN (SELECT segment_number FROM checked) AND NOT {named}"
    places = f"FROM segments_segmentmembership AS p WHERE {named}"
    if not dry_run:
        cursor.execute(f"DELETE {places}")
        return int(cursor.rowcount)
    cursor.execute(f"SELECT count(*) {places}")
    return int(cursor.fetchone()[0])


def _add(cursor: CursorWrapper, space: Space, now: datetime.datetime, dry_run: bool) -> int:
    """Add those of the places in ``checked`` that are not there. How many."""
    missing = (
        "FROM (SELECT DISTINCT segment_number, membership_number FROM checked) AS c"
        " WHERE NOT EXISTS (SELECT FROM segments_segmentmembership AS p"
        " WHERE p.segment_number = c.segment_number AND p.membership_number = c.membership_number)"
    )
    if dry_run:
        cursor.execute(f"SELECT count(*) {missing}")
        return int(cursor.fetchone()[0])
    cursor.execute(
        "INSERT INTO segments_segmentmembership"
        " (id, space_number, segment_number, membership_number, created_at)"
        f" SELECT {new_id()}, {space.pk}, segment_number, membership_number, {quote(now)} {missing}"
        " ORDER BY segment_number, membership_number"  # as the index, which then only appends
    )
    return int(cursor.rowcount)
