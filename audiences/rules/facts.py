"""The facts that rules are asked of: of one membership, and of many as columns."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray
from pyroaring import BitMap

from segments.models import Space

CHUNK = 1 << 20  # membership numbers in a chunk
_DAYS_TO_2000 = 10_957  # from 1970, where numpy counts from, to where PostgreSQL does
_NO_DATE = -(1 << 31)


@dataclass(frozen=True, slots=True)
class Facts:
    """One membership, as rules see it."""

    birthday: datetime.date | None
    segments: Collection[int]  # the numbers of the segments that it is in
    today: datetime.date  # the day for which ages are asked, by the clock of the space


@dataclass(frozen=True)
class Chunk:
    """Many memberships, fact by fact: the same place in every array is the same membership."""

    numbers: NDArray[np.uint32]
    birthday: NDArray[np.datetime64]  # NaT: none
    segments: dict[int, BitMap]  # by the segment's number: its members within this chunk
    today: datetime.date
    columns: dict[str, Any] = field(default_factory=dict)  # what fields worked out, by name

    @property
    def everyone(self) -> BitMap:
        return BitMap(self.numbers)


def read_chunks(space: Space, segments: Collection[int], today: datetime.date) -> Iterator[Chunk]:
    """The space's memberships, chunk after chunk, each one a run of consecutive numbers.

    A column comes as one binary value, its rows strung together: a row at a time would cost a
    Python step for each.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(number), max(number) FROM segments_membership WHERE space_number = %s",
            [space.pk],
        )
        first, last = cursor.fetchone()
    if first is None:
        return
    for start in range(first - first % CHUNK, last + 1, CHUNK):
        chunk = _read_chunk(space, segments, today, start, start + CHUNK)
        if len(chunk.numbers):
            yield chunk


def _read_chunk(
    space: Space, segments: Collection[int], today: datetime.date, start: int, stop: int
) -> Chunk:
    connection.ensure_connection()
    # Django's own cursor takes values as text, twice as many bytes as they are
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            """
            SELECT string_agg(int4send(number), ''),
                   string_agg(coalesce(date_send(birthday), int4send(%s)), '')
            FROM segments_membership
            WHERE space_number = %s AND number >= %s AND number < %s
            """,
            [_NO_DATE, space.pk, start, stop],
            binary=True,
        )
        numbers, birthdays = cursor.fetchone() or (None, None)
        cursor.execute(
            """
            SELECT segment_number, string_agg(int4send(membership_number), '')
            FROM segments_segmentmembership
            WHERE segment_number = ANY(%s) AND membership_number >= %s AND membership_number < %s
            GROUP BY segment_number
            """,
            [list(segments), start, stop],
            binary=True,
        )
        members = {number: BitMap(_uint32(run)) for number, run in cursor}
    return Chunk(_uint32(numbers), _dates(birthdays), members, today)


def _uint32(run: bytes | None) -> NDArray[np.uint32]:
    return np.frombuffer(run or b"", ">u4").astype(np.uint32)


def _dates(run: bytes | None) -> NDArray[np.datetime64]:
    days = np.frombuffer(run or b"", ">i4").astype(np.int64)
    dates = (days + _DAYS_TO_2000).astype("datetime64[D]")
    dates[days == _NO_DATE] = np.datetime64("NaT")
    return dates
