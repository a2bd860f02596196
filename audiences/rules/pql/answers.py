"""The two answers of a PQL leaf: for a chunk, and for one membership.

By columns an expression is asked once for each distinct combination of what it reads: few for a
country and a tier, nearly as many as members for two sums of money.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from audiences.rules import fields
from audiences.rules.clock import EPOCH, microseconds
from audiences.rules.columns import SINCE, Chunk, Column, Documents, Mask, Ordered, Text
from audiences.rules.facts import Facts
from audiences.rules.pql import profile, sums, windows
from audiences.rules.pql.asked import MOST_SECONDS, Asked, TooLong, TooMuchWork
from audiences.rules.pql.program import Program, program
from audiences.rules.pql.times import Now
from audiences.rules.pql.values import HIGHEST, Moment, Value
from audiences.rules.tree import InSegment, Pql, Rule

_BETWEEN_LOOKS = 64  # combinations that are asked between two looks at the clock
_LOWEST = np.iinfo(np.int64).min  # stands for null among whole numbers


@dataclass(frozen=True)
class Answer:
    """Who of a chunk it holds for, and the first moment at which the clock may change that.

    ``asked`` is how many combinations of values were asked one by one, in so many ``seconds``.
    """

    held: Mask
    changes_at: datetime.datetime | None
    asked: int = 0
    seconds: float = 0.0


def sources(leaf: Pql) -> set[str]:
    """The columns that it is answered from."""
    return {source for read in _program(leaf).reads if (source := _source(leaf, read))}


def resolved(leaf: Pql, names: Mapping[str, Rule]) -> Pql:
    """The leaf, knowing the segments that it asks since when the member is in them."""
    asked = [read.removeprefix(SINCE) for read in _program(leaf).reads if read.startswith(SINCE)]
    named = [(name, names.get(name)) for name in asked]
    found = tuple((name, rule.segment) for name, rule in named if isinstance(rule, InSegment))
    if not found and not leaf.since:
        return leaf  # the very same: its program is kept for as long as it is
    return Pql(leaf.expression, leaf.assumed, found)


_programs: WeakKeyDictionary[Pql, Program] = WeakKeyDictionary()


def _program(leaf: Pql) -> Program:
    """Made once, and kept for as long as somebody has the leaf."""
    found = _programs.get(leaf)
    if found is None:
        found = _programs[leaf] = program(leaf.expression, leaf.assumed)
    return found


def _source(leaf: Pql, read: str) -> str | None:
    """The column of a name that the program reads; None where there is none."""
    if read == profile.EVENTS:
        return None
    if read.startswith(SINCE):
        segment = dict(leaf.since).get(read.removeprefix(SINCE))
        return f"{SINCE}{segment}" if segment else None
    return read


# One membership


def single(leaf: Pql, facts: Facts, segments: Mapping[UUID, int]) -> bool:
    """Whether it holds for one membership.

    :raises TooMuchWork: it would take too long.
    """
    known = _program(leaf)
    asked = Asked(known.slots, Now.at(facts.clock.now))
    return known.ask(asked.of([_fact(leaf, read, facts, segments) for read in known.reads]))


def seen(leaf: Pql, facts: Facts, segments: Mapping[UUID, int]) -> dict[str, Value]:
    """What it reads of one membership, by the names of what it reads."""
    return {read: _fact(leaf, read, facts, segments) for read in _program(leaf).reads}


def _fact(leaf: Pql, read: str, facts: Facts, segments: Mapping[UUID, int]) -> Value:
    source = _source(leaf, read)
    if source is None:
        return [] if read == profile.EVENTS else None
    if source.startswith(SINCE):
        number = segments.get(UUID(source.removeprefix(SINCE)), 0)
        since = facts.since().get(number)
        return None if since is None else Moment(microseconds(since))
    if source == "metadata":
        return facts.values["metadata"]
    return profile.value_of(source, fields.get(source).value(facts))


# A chunk


def column(leaf: Pql, chunk: Chunk) -> Answer:
    """Who of a chunk it holds for; worked out once.

    :raises TooMuchWork: it would take too long for one of them, or for all.
    """
    if leaf not in chunk.answered:
        try:
            found = _by_window(leaf, chunk) or _by_sums(leaf, chunk)
            chunk.answered[leaf] = found or _by_values(leaf, chunk, slice(None))
        except TooMuchWork as error:
            chunk.answered[leaf] = error  # nor is it tried again for another audience
    answer: Answer | TooMuchWork = chunk.answered[leaf]
    if isinstance(answer, TooMuchWork):
        raise answer
    return answer


def _by_window(leaf: Pql, chunk: Chunk) -> Answer | None:
    """The answer of an ``occurs`` that looks at one column through one window."""
    found = windows.of(leaf.expression)
    if found is None:
        return None
    read, frame = found
    moments = chunk.columns.get(_source(leaf, read) or "")
    if not isinstance(moments, Ordered):
        return None
    asked = Asked(0, Now.at(chunk.clock.now))
    scale = windows.scale_of(read)
    held = windows.held(frame, asked, moments.values * scale, moments.present)
    return Answer(held, _moment(asked.changes_at))


def _by_sums(leaf: Pql, chunk: Chunk) -> Answer | None:
    """The answer of a comparison of sums: those who are too close are asked one by one."""
    if not sums.is_one(leaf.expression):
        return None
    held, unsure = sums.held(leaf.expression, chunk.columns, len(chunk.numbers))
    if not unsure.any():
        return Answer(held, None)
    exactly = _by_values(leaf, chunk, unsure)
    held[unsure] = exactly.held
    return Answer(held, None, exactly.asked, exactly.seconds)


def _by_values(leaf: Pql, chunk: Chunk, which: Mask | slice) -> Answer:
    started = time.perf_counter()
    known = _program(leaf)
    asked = Asked(known.slots, Now.at(chunk.clock.now))
    coded = [_coded(leaf, read, chunk, which) for read in known.reads]
    codes, combinations = _combined(coded, len(chunk.numbers[which]))
    bounded = _for_so_long(combinations)
    answers = np.fromiter((known.ask(asked.of(values)) for values in bounded), np.bool_)
    return Answer(
        answers[codes] if len(answers) else np.zeros(0, np.bool_),
        _moment(asked.changes_at),
        len(answers),
        time.perf_counter() - started,
    )


def _for_so_long(combinations: Iterator[Sequence[Value]]) -> Iterator[Sequence[Value]]:
    """:raises TooLong: asking them takes more than ``MOST_SECONDS`` of CPU."""
    end = time.thread_time() + MOST_SECONDS
    for count, values in enumerate(combinations):
        if count % _BETWEEN_LOOKS == 0 and time.thread_time() > end:
            raise TooLong
        yield values


def _moment(microseconds: int) -> datetime.datetime | None:
    if microseconds >= HIGHEST:
        return None
    try:
        return EPOCH + datetime.timedelta(microseconds=microseconds)
    except OverflowError:  # beyond the calendar
        return None


@dataclass(frozen=True)
class _Coded:
    """A column as places in its distinct values."""

    codes: NDArray[np.int64]
    values: Sequence[Value]


def _coded(leaf: Pql, read: str, chunk: Chunk, which: Mask | slice) -> _Coded:
    source = _source(leaf, read)
    if source is None:
        alike = np.zeros(len(chunk.numbers[which]), np.int64)
        return _Coded(alike, [[] if read == profile.EVENTS else None])
    if ("coded", source) not in chunk.answered:
        chunk.answered["coded", source] = _encoded(source, chunk.columns[source])
    found: _Coded = chunk.answered["coded", source]
    if isinstance(which, slice):
        return found
    places, codes = np.unique(found.codes[which], return_inverse=True)
    return _Coded(codes, [found.values[place] for place in places.tolist()])


def _encoded(source: str, column: Column) -> _Coded:
    match column:
        case Documents(codes, distinct):
            return _Coded(codes.astype(np.int64), distinct)
        case Text(values):
            encoded = values.dictionary_encode(null_encoding="encode")
            codes = encoded.indices.to_numpy(zero_copy_only=False)
            return _Coded(codes.astype(np.int64), encoded.dictionary.to_pylist())
        case Ordered(numbers, present):
            found, places = np.unique(np.where(present, numbers, _LOWEST), return_inverse=True)
            return _Coded(places, [_value(source, number) for number in found.tolist()])


def _value(source: str, number: int) -> Value:
    if number == _LOWEST:
        return None
    return Moment(number) if source.startswith(SINCE) else profile.value_of(source, number)


def _combined(
    coded: Sequence[_Coded], count: int
) -> tuple[NDArray[np.int64], Iterator[Sequence[Value]]]:
    """For each member the place of its combination of values, and the combinations that occur."""
    if not coded:
        return np.zeros(count, np.int64), iter([()] if count else [])
    if len(coded) == 1:
        return coded[0].codes, ((value,) for value in coded[0].values)
    codes, firsts = coded[0].codes, np.arange(len(coded[0].values))
    places = [firsts]  # for each column, the place in its values of each combination so far
    for one in coded[1:]:
        pairs, codes = np.unique(codes * len(one.values) + one.codes, return_inverse=True)
        before, latest = np.divmod(pairs, len(one.values))
        places = [*(place[before] for place in places), latest]
    columns = [
        map(one.values.__getitem__, place.tolist())
        for one, place in zip(coded, places, strict=True)
    ]
    return codes, zip(*columns, strict=True)
