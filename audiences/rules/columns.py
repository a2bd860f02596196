"""The facts of many memberships as columns: the same place in every array is the same membership.

A kind of column for each kind of fact. Whatever has an order is a column of 64-bit integers: so
many hundredths, days or microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from numpy.typing import NDArray
from pyroaring import BitMap

from audiences.rules.bitmaps import Numbers
from audiences.rules.clock import Clock
from audiences.rules.facts import Json, loads
from segments.numbers import as_set, received

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]
CHUNK = 1 << 20  # membership numbers in a chunk
_BYTES_OF_A_DOCUMENT = 200  # in Python, about, with what is worked out of it
_MOST_DIGITS = 11  # of a whole number that is read with others like it
_DAYS_TO_2000 = 10_957  # PostgreSQL counts days and microseconds from 2000, we from 1970
_MICROSECONDS_TO_2000 = _DAYS_TO_2000 * 86_400_000_000


@dataclass(frozen=True)
class Ordered:
    """Whole numbers, or days or microseconds since 1970."""

    values: NDArray[np.int64]
    present: Mask

    def take(self, places: Places) -> Ordered:
        return Ordered(self.values[places], self.present[places])

    @property
    def nbytes(self) -> int:
        return self.values.nbytes + self.present.nbytes


@dataclass(frozen=True)
class Text:
    """Texts; null where there is none."""

    values: pa.StringArray

    def take(self, places: Places) -> Text:
        return Text(self.values.take(pa.array(places)))

    @property
    def nbytes(self) -> int:
        return 2 * int(self.values.nbytes)  # as they are, and lowered

    @property
    def present(self) -> Mask:
        return np.asarray(self.values.is_valid())

    @cached_property
    def lowered(self) -> pa.StringArray:
        """With A to Z in lower case, and nothing else changed."""
        return pc.ascii_lower(self.values)

    @cached_property
    def beyond_ascii(self) -> tuple[NDArray[np.intp], Documents]:
        """The places of the texts that have other letters than ASCII's, and those texts."""
        beyond = pc.invert(pc.string_is_ascii(self.values)).fill_null(False)
        encoded = self.values.filter(beyond).dictionary_encode()
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        return np.flatnonzero(beyond), Documents(codes, encoded.dictionary.to_pylist())


@dataclass(frozen=True)
class Documents:
    """JSON values, each distinct one kept once: a condition is answered once for each."""

    codes: NDArray[np.int32]  # places in ``distinct``
    distinct: Sequence[Json]  # None: missing
    plain: tuple[Mask, NDArray[np.int64]] | None = None  # where short whole numbers are, and they
    _wholes: dict[Any, tuple[NDArray[np.int64], list[int]]] = field(default_factory=dict)

    def take(self, places: Places) -> Documents:
        return replace(self, codes=self.codes[places])

    @property
    def nbytes(self) -> int:
        return self.codes.nbytes + _BYTES_OF_A_DOCUMENT * len(self.distinct)

    @property
    def present(self) -> Mask:
        return self.ask(lambda _: True)

    def ask(self, holds: Callable[[Json], bool]) -> Mask:
        """Whether it holds, asked once for each distinct value; of a missing one it does not."""
        answers = [value is not None and holds(value) for value in self.distinct]
        return np.array(answers, np.bool_)[self.codes]

    def wholes(
        self, whole: Callable[[Json], int | None], one: int
    ) -> tuple[NDArray[np.int64], list[int]]:
        """The whole number that stands for each distinct value (``one`` for 1), worked out once;
        and the places of those that none stands for."""
        if whole not in self._wholes:
            numbers = np.zeros(len(self.distinct), np.int64)
            left: Iterable[int] = range(len(numbers))
            if self.plain:
                numbers[self.plain[0]] = self.plain[1] * one
                left = np.flatnonzero(~self.plain[0]).tolist()
            none = []
            for place in left:
                value = self.distinct[place]
                number = None if value is None else whole(value)
                if number is None:
                    none.append(place)
                else:
                    numbers[place] = number
            self._wholes[whole] = numbers, none
        return self._wholes[whole]


Column = Ordered | Text | Documents


@dataclass(frozen=True)
class Chunk:
    """Facts of memberships, the columns in use only."""

    numbers: NDArray[np.uint32]
    clock: Clock
    columns: dict[str, Column]  # what was read, by the name of the source
    segments: dict[int, BitMap] = field(default_factory=dict)  # members, by the segment's number
    included: dict[int, BitMap] = field(default_factory=dict)  # by hand, by the audience's number
    excluded: dict[int, BitMap] = field(default_factory=dict)
    derived: dict[str, Column] = field(default_factory=dict)  # what fields worked out, kept
    answered: dict[Any, Any] = field(default_factory=dict)  # what PQL worked out, kept

    @cached_property
    def _numbers(self) -> Numbers:
        return Numbers(self.numbers)

    @property
    def everyone(self) -> BitMap:
        return self.numbers_where(np.ones(len(self.numbers), np.bool_))

    def numbers_where(self, held: Mask) -> BitMap:
        return self._numbers.where(held)


@dataclass(frozen=True)
class Source:
    """How a column is read: SQL that strings its values together, and what takes them apart."""

    aggregate: str
    parameters: tuple[Any, ...]
    decode: Callable[[bytes | None, int], Column]  # given how many values there are


def _ordered(width: int, shift: int) -> Callable[[bytes | None, int], Ordered]:
    def decode(run: bytes | None, count: int) -> Ordered:
        raw = np.frombuffer(run or b"", f">i{width}", count)
        values = raw.astype(np.int64)
        present = values != _none(width)
        values += shift
        return Ordered(values, present)

    return decode


def _none(width: int) -> int:
    """What stands for null: the lowest integer, which is PostgreSQL's -infinity of dates."""
    return -(1 << 8 * width - 1)


def _text(run: bytes | None, count: int) -> Text:
    """Texts with NUL between them, which no text can have, and 0xFF for null, which is no UTF-8."""
    raw = np.frombuffer(run or b"", np.uint8)
    ends = np.append(np.flatnonzero(raw == 0), len(raw))[:count]
    lengths = np.diff(ends, prepend=-1) - 1
    present = np.ones(count, np.bool_)
    present[lengths == 1] = raw[ends[lengths == 1] - 1] != 0xFF
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.where(present, lengths, 0), out=offsets[1:])
    letters = (run or b"").translate(None, b"\x00\xff")
    buffers = (np.packbits(present, bitorder="little"), offsets, letters)
    return Text(pa.Array.from_buffers(pa.string(), count, [pa.py_buffer(one) for one in buffers]))


def _documents(run: bytes | None, count: int) -> Documents:
    encoded = _text(run, count).values.dictionary_encode(null_encoding="encode")
    texts = encoded.dictionary
    distinct = [None if text is None else loads(text) for text in texts.to_pylist()]
    short = pc.less_equal(pc.binary_length(texts), _MOST_DIGITS)
    plain = pc.and_(pc.ascii_is_decimal(texts), short).fill_null(False)
    return Documents(
        encoded.indices.to_numpy(zero_copy_only=False),
        distinct,
        (np.asarray(plain), texts.filter(plain).cast(pa.int64()).to_numpy()),
    )


def _integers(expression: str, send: str, width: int, shift: int = 0) -> Source:
    none = f"int{width}send(({_none(width)})::int{width})"
    aggregate = f"string_agg(coalesce({send}({expression}), {none}), '')"
    return Source(aggregate, (), _ordered(width, shift))


def _strings(
    expression: str, parameters: tuple[Any, ...], decode: Callable[[bytes | None, int], Column]
) -> Source:
    sent = f"coalesce(textsend({expression}), '\\xff'::bytea)"
    return Source(f"string_agg({sent}, '\\x00'::bytea)", parameters, decode)


_SOURCES: dict[str, Source] = {
    **{
        name: _strings(f"{name}::text", (), _text)
        for name in ("id", "external_id", "email", "phone", "full_name")
    },
    "birthday": _integers("birthday", "date_send", 4, _DAYS_TO_2000),
    "total_orders": _integers("total_orders", "int4send", 4),
    "total_order_value": _integers("(total_order_value * 100)::int8", "int8send", 8),
    **{
        name: _integers(name, "timestamptz_send", 8, _MICROSECONDS_TO_2000)
        for name in ("last_order_at", "created_at", "updated_at")
    },
}


SINCE = "since."
_CAME_IN = """(SELECT place.created_at FROM segments_segmentmembership AS place
    JOIN segments_segment AS segment ON segment.number = place.segment_number
    WHERE place.membership_number = segments_membership.number
        AND segment.space_number = segments_membership.space_number AND segment.id = %s)"""


def _source(name: str) -> Source:
    """How to read a column, ``metadata`` as a whole or at a path (``metadata.address.city``), or
    when the member came into a segment (``since.`` and its id)."""
    if name in _SOURCES:
        return _SOURCES[name]
    if name.startswith(SINCE):
        moments = _integers(_CAME_IN, "timestamptz_send", 8, _MICROSECONDS_TO_2000)
        return replace(moments, parameters=(name.removeprefix(SINCE),))
    path = name.split(".")[1:]
    if not path:
        return _strings("metadata::text", (), _documents)
    if len(path) == 1:
        return _strings("(metadata -> %s)::text", (path[0],), _documents)
    # as facts.look_up: through arrays, where the exact path finds nothing
    lax = "lax $" + "".join(f".{json.dumps(step)}" for step in path)
    return _strings(
        "coalesce(metadata #> %s, CASE WHEN metadata ? %s THEN"
        " nullif(jsonb_path_query_array(metadata, %s::jsonpath), '[]') END)::text",
        (path, path[0], lax),
        _documents,
    )


@dataclass(frozen=True)
class Wanted:
    """What rules need to know of memberships."""

    sources: Sequence[str] = ()  # columns, and paths into the metadata
    segments: Collection[int] = ()  # numbers of segments
    lists: Collection[int] = ()  # numbers of audiences that list memberships by hand


def read_numbers(*, space: int, wanted: Wanted, clock: Clock, numbers: Sequence[int]) -> Chunk:
    """The facts of these memberships of the space, those that exist."""
    return _read(space, wanted, clock, "= ANY(%s::int[])", [_array(numbers)])


def read_chunks(*, space: int, wanted: Wanted, clock: Clock) -> Iterator[Chunk]:
    """The facts of all the space's memberships: chunk after chunk of consecutive numbers."""
    for start in chunk_starts(space):
        chunk = read_chunk(space=space, wanted=wanted, clock=clock, start=start)
        if len(chunk.numbers):
            yield chunk


def chunk_starts(space: int) -> range:
    """The first numbers of the chunks that the space's memberships are in."""
    first, last = _fetch(
        "SELECT min(number), max(number) FROM segments_membership WHERE space_number = %s", [space]
    )
    return range(0) if first is None else range(first - first % CHUNK, last + 1, CHUNK)


def read_chunk(*, space: int, wanted: Wanted, clock: Clock, start: int) -> Chunk:
    """The facts of the space's memberships in the chunk that starts there."""
    return _read(space, wanted, clock, "BETWEEN %s AND %s", [start, start + CHUNK - 1])


def read_lists(audiences: Collection[int], start: int) -> tuple[dict[int, BitMap], ...]:
    """Who of a chunk is included by hand, and who is excluded, by the audience's number."""
    which, places = "BETWEEN %s AND %s", [start, start + CHUNK - 1]
    return tuple(_listed(how, audiences, which, places) for how in ("included", "excluded"))


def read_sample(*, space: int, wanted: Wanted, clock: Clock, size: int) -> tuple[Chunk, float]:
    """Some of the space's memberships, about ``size``, block by block of the table; and which
    share of all they are, about."""
    (rows,) = _fetch(
        "SELECT reltuples FROM pg_class WHERE oid = 'segments_membership'::regclass", []
    )
    drawn, numbers, columns = _read_columns(
        wanted,
        "TABLESAMPLE SYSTEM (%s)",
        [100 * min(1.0, size / max(rows, 1))],
        ours=f"FILTER (WHERE space_number = {space:d})",
        count="count(*)",
    )
    # blocks are drawn one by one: how many rows they have is not what was asked for
    share = drawn / max(rows, drawn, 1)
    lists = wanted.segments or wanted.lists
    listed = [_array(numbers.tolist() if lists else [])]
    return _chunk(numbers, columns, wanted, clock, "= ANY(%s::int[])", listed), share


def _array(numbers: Sequence[int]) -> str:
    """As PostgreSQL writes an array: psycopg takes ten times as long over a long list."""
    return "{" + ",".join(map(str, numbers)) + "}"


def _read(space: int, wanted: Wanted, clock: Clock, which: str, parameters: Sequence[Any]) -> Chunk:
    _, numbers, columns = _read_columns(
        wanted, f"WHERE space_number = %s AND number {which}", [space, *parameters]
    )
    return _chunk(numbers, columns, wanted, clock, which, parameters)


def _read_columns(
    wanted: Wanted, where: str, parameters: Sequence[Any], *, ours: str = "", count: str = "0"
) -> tuple[int, NDArray[np.uint32], dict[str, Column]]:
    """Each column comes as one binary value, its rows strung together: a row at a time would cost
    a Python step for each. All in one statement, so that they are in one order.

    Of the rows ``ours`` filters those to be told, and ``count`` is asked of all.
    """
    found = [_source(name) for name in wanted.sources]
    aggregates = "".join(f", {one.aggregate} {ours}" for one in found)
    rows, run, *runs = _fetch(
        f"SELECT {count}, string_agg(int4send(number), '') {ours}{aggregates}"
        f" FROM segments_membership {where}",
        [*(value for one in found for value in one.parameters), *parameters],
    )
    numbers = received(run)
    return (
        rows,
        numbers,
        {
            name: one.decode(values, len(numbers))
            for name, one, values in zip(wanted.sources, found, runs, strict=True)
        },
    )


def _chunk(
    numbers: NDArray[np.uint32],
    columns: dict[str, Column],
    wanted: Wanted,
    clock: Clock,
    which: str,
    parameters: Sequence[Any],
) -> Chunk:
    return Chunk(
        numbers,
        clock,
        columns,
        _segments(wanted.segments, which, parameters),
        _listed("included", wanted.lists, which, parameters),
        _listed("excluded", wanted.lists, which, parameters),
    )


def _segments(
    segments: Collection[int], which: str, parameters: Sequence[Any]
) -> dict[int, BitMap]:
    """The space is not asked for: a segment has members of its own space only, and so the index
    on both numbers answers alone."""
    if not segments:
        return {}
    rows = _fetch_all(
        "SELECT segment_number, string_agg(int4send(membership_number), '')"
        " FROM segments_segmentmembership WHERE segment_number = ANY(%s::int[])"
        f" AND membership_number {which} GROUP BY segment_number",
        [list(segments), *parameters],
    )
    return {segment: as_set(received(run)) for segment, run in rows}


def _listed(
    listed: str, audiences: Collection[int], which: str, parameters: Sequence[Any]
) -> dict[int, BitMap]:
    if not audiences:
        return {}
    rows = _fetch_all(
        "SELECT audience_number, string_agg(int4send(membership_number), '')"
        " FROM audiences_listedmembership WHERE audience_number = ANY(%s::int[])"
        f" AND listed = %s AND membership_number {which} GROUP BY audience_number",
        [list(audiences), listed, *parameters],
    )
    return {audience: as_set(received(run)) for audience, run in rows}


def _fetch(sql: str, parameters: Sequence[Any]) -> tuple[Any, ...]:
    return _fetch_all(sql, parameters)[0]


def _fetch_all(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    connection.ensure_connection()
    # Django's own cursor takes values as text, twice as many bytes as they are
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql, parameters, binary=True)
        return cursor.fetchall()
