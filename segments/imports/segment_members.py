"""Import of segments' members: one row for each place, by the segment's code and external id."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import BinaryIO, Unpack

from django.core.exceptions import ValidationError
from django.db.backends.utils import CursorWrapper

from segments.imports import places
from segments.imports.columns import Column, quote, segment_code
from segments.imports.header import IDENTIFIERS, Mapped, match_header
from segments.imports.loading import Content, Loaded, Options, import_rows
from segments.imports.people import People
from segments.imports.reading import opened
from segments.imports.refusals import ImportRefused, WrongHeader
from segments.imports.staging import Progress, cell
from segments.models import REMOVABLE_SHARE, Segment, Space


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
    must_be_confirmed: bool  # whether doing it needs ``confirmed``: see ``TooManyRemoved``

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
    mapping: Mapped | None = None,
    confirmed: bool = False,
    removable_share: float = REMOVABLE_SHARE,
    **options: Unpack[Options],
) -> SegmentMembersImported:
    """Add, replace or remove the members of the file's segments, or of the one ``segment``.

    ``file`` is open for reading bytes. Its columns are at least one of ``external_id``, ``email``
    and ``phone``, and, unless ``segment`` gives it, ``segment``: short codes. Segments without a
    (good) row in it are left alone. The other arguments are those of ``import_list``.

    :raises TooManyRemoved: when ``replace`` would take more than ``removable_share`` of a segment
        off it, unless ``confirmed``.
    :raises BadRows: when there are bad rows and they are not to be skipped.
    :raises ImportRefused: when the file can't be read, its header is wrong, or there is no such
        segment.
    """
    dry_run = options.get("dry_run", False)
    with opened(file) as csv:
        content = _Places(space, csv.header, mapping, segment, now if create_segments else None)

        def work(cursor: CursorWrapper, loaded: Loaded) -> SegmentMembersImported:
            added, removed, removals = _carry_out(cursor, space, mode, now, dry_run=dry_run)
            return SegmentMembersImported(
                **vars(loaded),
                dry_run=dry_run,
                mode=mode,
                added=added,
                removed=removed,
                must_be_confirmed=places.must_be_confirmed(
                    removals, removable_share, ask=not (dry_run or confirmed)
                ),
            )

        return import_rows(space, csv, content, work, **options)


def _carry_out(
    cursor: CursorWrapper, space: Space, mode: Mode, now: datetime.datetime, *, dry_run: bool
) -> tuple[int, int, list[places.Removal]]:
    """How many were added and removed; and by ``replace``, what each segment loses."""
    cursor.execute(
        "CREATE TEMPORARY TABLE places ON COMMIT DROP AS"
        " SELECT DISTINCT segment_number, membership_number FROM checked"
    )
    if mode is Mode.REMOVE:
        return 0, places.take_off(cursor, dry_run=dry_run), []
    removals: list[places.Removal] = []
    if mode is Mode.REPLACE:
        named = "SELECT segment_number FROM places"
        removals = places.take_off_others(cursor, named, dry_run=dry_run)
    added = places.put_on(cursor, space, now, dry_run=dry_run)
    return added, sum(one.removed for one in removals), removals


class _Places(Content):
    """A file of places in segments, as SQL. ``checked`` has the numbers of the pairs."""

    def __init__(
        self,
        space: Space,
        header: Sequence[str],
        mapping: Mapped | None,
        segment: str | None,
        create_at: datetime.datetime | None,
    ) -> None:
        self._space = space
        self._create_at = create_at
        needed = [IDENTIFIERS] if segment is not None else [("segment",), IDENTIFIERS]
        self._fields = match_header(
            header, known=("segment", *IDENTIFIERS), needed=needed, mapping=mapping
        )
        if segment is not None and "segment" in self._fields:
            raise WrongHeader(
                f"The file has a column “segment”, and the segment is given too: “{segment}”. "
                "Leave out the one or the other."
            )
        self._people = People(space, self._fields)
        code = segment_code(create=create_at is not None)
        self._columns = [code if name == "segment" else None for name in self._fields]
        if segment is None:
            self._code = cell(self._fields.index("segment"))
        else:
            _require(space, segment, create=create_at is not None)
            self._code = quote(segment)

    @property
    def columns(self) -> Sequence[Column | None]:
        return self._columns

    def match(self, cursor: CursorWrapper, rows: str, progress: Progress) -> None:
        self._people.match(cursor, rows, progress)

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
            f"SELECT segment_number, number AS membership_number, {self._people.flaw} AS flawed"
            f" FROM {rows}"
            f" LEFT JOIN {self._segments()} ON short_code = {self._code}{self._people.join}"
        )

    def is_flawed(self) -> str:
        return (
            "SELECT EXISTS (SELECT FROM checked"
            " WHERE segment_number IS NULL OR membership_number IS NULL OR flawed)"
        )

    def problems_between_rows(self, rows: str) -> Sequence[str]:
        problems = [*self._people.problems(rows), self._people.unknown(rows)]
        if "segment" in self._fields:
            at = self._fields.index("segment")
            lists = f"SELECT short_code {self._rows_of_segments} AND is_list"
            wrong, problem, remedy = (
                (
                    f"NOT EXISTS (SELECT FROM {self._segments()} WHERE short_code = {cell(at)})",
                    "is not a segment of this space",
                    "create the segment first, or correct the code",
                )
                if self._create_at is None
                else (
                    f"{cell(at)} IN ({lists})",
                    "is the list of an audience",
                    "import into the audience, or correct the code",
                )
            )
            problems.append(
                f"SELECT line, {at}, 'segment', {cell(at)}, '{problem}', '{remedy}' FROM {rows}"
                f" WHERE broken IS NULL AND {cell(at)} IS NOT NULL AND {wrong}"
            )
        return problems

    def _segments(self) -> str:
        return (
            '(SELECT number AS segment_number, short_code COLLATE "C" AS short_code'
            f" {self._rows_of_segments} AND NOT is_list) AS segments"
        )

    @property
    def _rows_of_segments(self) -> str:
        return f"FROM segments_segment WHERE space_number = {self._space.pk}"


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
