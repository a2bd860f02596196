"""Facts that this process has read lately, for who edits a rule: all but one of its conditions ask
for the same facts again.

What is kept is never told as it was: memberships that changed since are read anew, and a refresh
leaves behind whom it took out of the outbox. docs/decisions/0013 has the whole of it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from pyroaring import BitMap

from audiences.rules.clock import Clock
from audiences.rules.columns import (
    CHUNK,
    Chunk,
    Column,
    Wanted,
    chunk_starts,
    read_chunk,
    read_chunks,
    read_lists,
    read_numbers,
)

SECONDS = 300  # that facts are kept: takings are remembered for longer than that
_MOST_BYTES = 256 << 20
_MOST_CHANGED = 50_000  # memberships that are read anew; where it is more, all are

_REMEMBER = """
WITH old AS (
    DELETE FROM audiences_takenmemberships
    WHERE space_number = %(space)s AND taken_at < now() - interval '1 hour'
)
INSERT INTO audiences_takenmemberships (space_number, membership_numbers)
VALUES (%(space)s, %(numbers)s)
"""
_LAST = "SELECT coalesce(max(number), 0) FROM audiences_takenmemberships WHERE space_number = %s"
# one statement: a refresh that commits meanwhile has moved them from one to the other, or not yet
_CHANGED = """
WITH changed AS (
    SELECT membership_numbers AS numbers FROM segments_changedmemberships
    WHERE space_number = %(space)s
    UNION ALL
    SELECT membership_numbers FROM audiences_takenmemberships
    WHERE space_number = %(space)s AND number > %(position)s
), counted AS (
    SELECT numbers, sum(coalesce(cardinality(numbers), %(most)s + 1)) OVER () AS count FROM changed
)
SELECT CASE WHEN count <= %(most)s THEN numbers END FROM counted
"""


@dataclass(frozen=True)
class _Kept:
    """A column of a chunk, or its members of a segment."""

    position: int  # the last taking before it was read
    read_at: float
    numbers: NDArray[np.uint32]  # whose facts they are, in order
    fact: Column | BitMap | None  # None: that they exist is all that is known
    size: int

    @property
    def is_fresh(self) -> bool:
        return 0 <= time.time() - self.read_at < SECONDS  # time asleep counts too


Key = tuple[int, int, str | int]  # space, start of the chunk, source of a column or a segment
_kept: OrderedDict[Key, _Kept] = OrderedDict()
_guard = threading.Lock()


def remember_taken(space: int, taken: BitMap) -> None:
    """Note whom a refresh takes out of the outbox, in its transaction."""
    numbers = list(taken) if len(taken) <= _MOST_CHANGED else None
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, {"space": space, "numbers": numbers})


def is_kept(*, space: int, wanted: Wanted) -> bool:
    """Whether this process has kept all of these facts, so that they are there at once."""
    if connection.in_atomic_block:
        return False
    names = _names(wanted)
    found = [_look_up(space, start, names) for start in chunk_starts(space)]
    if not all(len(kept) == len(names) for kept in found):
        return False
    positions = [one.position for kept in found for one in kept.values()]
    return _changed_since(space, min(positions, default=0)) is not None


def recent_chunks(*, space: int, wanted: Wanted, clock: Clock) -> Iterable[Chunk]:
    """As ``read_chunks``, the facts as they are now; read only where they are not kept or may have
    changed. Inside a transaction all are read: what is kept must be committed."""
    if connection.in_atomic_block:
        return read_chunks(space=space, wanted=wanted, clock=clock)
    return _recent(space, wanted, clock)


def _recent(space: int, wanted: Wanted, clock: Clock) -> Iterator[Chunk]:
    for start in chunk_starts(space):
        kept = _complete(space, wanted, clock, start)
        changed = _changed_since(space, min(one.position for one in kept.values()))
        whole = None if changed is None else _together(kept, changed, wanted, clock, start)
        if changed is None or whole is None:
            chunks = [read_chunk(space=space, wanted=wanted, clock=clock, start=start)]
        else:
            within = (changed & BitMap(range(start, start + CHUNK))).to_array()
            anew = read_numbers(space=space, wanted=wanted, clock=clock, numbers=within)
            chunks = [whole, anew] if within else [whole]
        yield from (chunk for chunk in chunks if len(chunk.numbers))


def _names(wanted: Wanted) -> list[str | int]:
    """What is kept apart: who is there (“”), columns by source, segments by number."""
    return ["", *wanted.sources, *wanted.segments]


def _look_up(space: int, start: int, names: Iterable[str | int]) -> dict[str | int, _Kept]:
    found = {}
    with _guard:
        for name in names:
            one = _kept.get((space, start, name))
            if one and one.is_fresh:
                _kept.move_to_end((space, start, name))
                found[name] = one
    return found


def _complete(space: int, wanted: Wanted, clock: Clock, start: int) -> dict[str | int, _Kept]:
    """The facts of a chunk: those that are not kept are read, in one go, and kept."""
    found = _look_up(space, start, _names(wanted))
    if missing := [name for name in _names(wanted) if name not in found]:
        position = last_taking(space)
        read_at = time.time()
        sources = [name for name in missing if isinstance(name, str) and name]
        asked = Wanted(sources, [name for name in missing if isinstance(name, int)])
        chunk = read_chunk(space=space, wanted=asked, clock=clock, start=start)
        order = np.argsort(chunk.numbers, kind="stable")
        numbers = chunk.numbers[order]
        for name in missing:
            fact: Column | BitMap | None = None
            size = numbers.nbytes
            if isinstance(name, int):
                fact = chunk.segments.get(name, BitMap())
            elif name:
                fact = chunk.columns[name].take(order)
                size += fact.nbytes
            found[name] = _Kept(position, read_at, numbers, fact, size)
        _keep({(space, start, name): found[name] for name in missing})
    return found


def _keep(facts: dict[Key, _Kept]) -> None:
    with _guard:
        for key in [key for key, one in _kept.items() if not one.is_fresh]:
            del _kept[key]
        for key, one in facts.items():
            _kept[key] = one
            _kept.move_to_end(key)
        size = sum(one.size for one in _kept.values())
        while size > _MOST_BYTES:
            size -= _kept.popitem(last=False)[1].size


def last_taking(space: int) -> int:
    """A position, to be taken before what is to be kept is read."""
    ((position,),) = _ask(_LAST, [space])
    return int(position)


def is_unchanged(*, space: int, position: int) -> bool:
    """Whether no membership has changed since: asked within ``SECONDS``."""
    changed = _changed_since(space, position)
    return changed is not None and not changed


def _changed_since(space: int, position: int) -> BitMap | None:
    """Whose facts may have changed since that taking; None where they are too many."""
    asked = {"space": space, "position": position, "most": _MOST_CHANGED}
    rows = [numbers for (numbers,) in _ask(_CHANGED, asked)]
    return None if None in rows else BitMap().union(*map(BitMap, rows))


def _ask(sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _together(
    kept: dict[str | int, _Kept], changed: BitMap, wanted: Wanted, clock: Clock, start: int
) -> Chunk | None:
    """The facts of those who have not changed. None where they are not of the same memberships:
    then they have changed past the triggers."""
    gone = np.array(changed.to_array(), np.uint32)
    left: dict[str, tuple[NDArray[np.uint32], Column | None]] = {}
    for name in ["", *wanted.sources]:
        numbers, fact = kept[name].numbers, kept[name].fact
        column = None if isinstance(fact, BitMap) else fact
        if len(gone):
            stay = np.flatnonzero(~np.isin(numbers, gone))
            numbers, column = numbers[stay], column and column.take(stay)
        left[name] = numbers, column
    everyone, _ = left[""]
    if not all(np.array_equal(numbers, everyone) for numbers, _ in left.values()):
        return None
    facts = {number: kept[number].fact for number in wanted.segments}
    included, excluded = read_lists(wanted.lists, start)
    return Chunk(
        everyone,
        clock,
        {name: column for name, (_, column) in left.items() if column is not None},
        {number: fact - changed for number, fact in facts.items() if isinstance(fact, BitMap)},
        {audience: listed - changed for audience, listed in included.items()},
        {audience: listed - changed for audience, listed in excluded.items()},
    )
