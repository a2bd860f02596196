"""Many rules, compiled to be asked of one membership at once.

Each distinct condition is asked once, all that ask for a range of one field in one numpy
comparison; the trees above them are answered level by level, all rules together. So the time grows
with array elements, at a few nanoseconds each, and hardly with the number of rules.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiences.rules import fields
from audiences.rules.clock import Clock
from audiences.rules.evaluate import SegmentNumbers, leaf_holds
from audiences.rules.facts import Facts
from audiences.rules.fields import Field, Kind
from audiences.rules.operators import Moves, Test, operator_of
from audiences.rules.operators.number import scaled_range, whole_of
from audiences.rules.operators.ordered import Ranges
from audiences.rules.pql.asked import TooMuchWork
from audiences.rules.tree import (
    AllOf,
    AnyOf,
    ByHand,
    Condition,
    InSegment,
    Leaf,
    Not,
    Pql,
    Rule,
    Sample,
    Until,
    leaves,
)

logger = logging.getLogger(__name__)

Answers = NDArray[np.bool_]
_Asked = tuple[Condition, Field, int]  # with the place of its answer


@dataclass(frozen=True, slots=True, order=True)
class Literal:
    """A place in the answers, and whether its opposite is meant."""

    place: int
    negated: bool = False

    def __invert__(self) -> Literal:
        return Literal(self.place, not self.negated)

    def holds(self, answers: Answers) -> bool:
        return bool(answers[self.place]) != self.negated


TRUE = Literal(0)


_MOST_KEPT = 1024  # texts whose answers a field keeps


@dataclass(frozen=True)
class _Ready:
    """The conditions on one field, made ready for a clock.

    Those that ask for one range are asked all at once: of metadata, whose numbers may be anything,
    where the number is one of whole millionths. The others are asked once of each text, which are
    few in fields such as a country.
    """

    field: Field
    lows: NDArray[np.int64]
    highs: NDArray[np.int64]
    places: NDArray[np.intp]
    ranged: list[tuple[int, Test]]  # the same, to be asked one by one
    others: list[tuple[int, Test]]
    held: dict[str, list[int]]  # the places of those that hold for a text

    def ask(self, facts: Facts, answers: Answers) -> None:
        seen = self.field.value(facts)
        if seen is None:
            return
        if self.ranged:
            whole = _whole(self.field, seen)
            if whole is not None:
                answers[self.places] = (self.lows <= whole) & (self.highs >= whole)
            else:
                self._ask_each(self.ranged, seen, answers)
        if isinstance(seen, str) and self.others:
            answers[self._held(seen)] = True
        else:
            self._ask_each(self.others, seen, answers)

    def _held(self, seen: str) -> list[int]:
        held = self.held.get(seen)
        if held is None:
            if len(self.held) >= _MOST_KEPT:
                self.held.clear()
            held = self.held[seen] = [place for place, test in self.others if test.single(seen)]
        return held

    @staticmethod
    def _ask_each(tests: list[tuple[int, Test]], seen: Any, answers: Answers) -> None:
        for place, test in tests:
            answers[place] = test.single(seen)


def _whole(field: Field, seen: Any) -> int | None:
    """The whole number that stands for a value; None where none does."""
    if field.kind != Kind.ANY:
        return int(seen)
    return whole_of(seen)


@dataclass(frozen=True)
class _Level:
    """Conjunctions whose parts are all answered at lower levels; they fill ``start:stop``."""

    parts: NDArray[np.intp]
    negated: NDArray[np.bool_]
    firsts: NDArray[np.intp]  # where the parts of each conjunction begin
    start: int
    stop: int


class Program:
    """The compiled form of rules, and of every condition in them."""

    def __init__(self, rules: Iterable[Rule], segments: SegmentNumbers) -> None:
        trees = _Trees()
        compiled = {rule: trees.whole(rule) for rule in rules}
        self._levels, places = trees.laid_out()
        self._size = len(places)
        self._literals: dict[Rule, Literal] = {
            rule: Literal(places[literal.place], literal.negated)
            for rule, literal in (compiled | trees.leaves).items()
        }
        asked = {leaf: self._literals[leaf].place for leaf in trees.leaves}
        self._segments = {
            segments[leaf.segment]: place
            for leaf, place in asked.items()
            if isinstance(leaf, InSegment) and leaf.segment in segments
        }
        self._without_field = [
            (leaf, place)
            for leaf, place in asked.items()
            if isinstance(leaf, Sample | ByHand | Until)
        ]
        self._numbers = segments
        self._pql = [
            (leaf, asked[leaf], places[within.place])
            for leaf, within in trees.within_bounds.items()
        ]
        self._lasting: list[_Asked] = []  # conditions whose test lasts for the day
        self._moving: list[_Asked] = []
        for leaf, place in asked.items():
            if isinstance(leaf, Condition):
                field = fields.get(leaf.field)
                moves = operator_of(leaf, field).moves(leaf.value)
                kept = self._moving if moves == Moves.BY_MOMENT else self._lasting
                kept.append((leaf, field, place))
        self._ready: tuple[object, list[_Ready]] = (None, [])

    def literal(self, rule: Rule) -> Literal:
        """Where the answers say whether it holds: a rule that was given, or a condition in one."""
        return self._literals[rule]

    def ask(self, facts: Facts) -> Answers:
        """The answer of every condition and every rule for one membership, by place."""
        answers = np.zeros(self._size, np.bool_)
        answers[TRUE.place] = True
        clock = facts.clock
        for ready in self._ready_for(clock):
            ready.ask(facts, answers)
        if self._moving:
            for ready in _grouped(self._moving, clock):
                ready.ask(facts, answers)
        places = self._segments
        answers[[places[number] for number in facts.segments if number in places]] = True
        for leaf, place in self._without_field:
            answers[place] = leaf_holds(leaf, facts, {})
        for pql, place, within_bounds in self._pql:
            try:
                answers[place] = leaf_holds(pql, facts, self._numbers)
                answers[within_bounds] = True
            except TooMuchWork as error:
                logger.warning("Membership %s: %s", facts.id, error)
        for level in self._levels:
            parts = answers[level.parts] ^ level.negated
            answers[level.start : level.stop] = np.logical_and.reduceat(parts, level.firsts)
        return answers

    def _ready_for(self, clock: Clock) -> list[_Ready]:
        """The tests for the clock's day, made once for each day that is asked for in a row."""
        day = (clock.today, clock.zone)
        if self._ready[0] != day:
            self._ready = day, _grouped(self._lasting, clock)
        return self._ready[1]


class _Trees:
    """Rules taken apart into conditions and conjunctions, each distinct one kept once.

    “Any of” is the opposite of “all of the opposites”, so conjunctions are enough.
    """

    def __init__(self) -> None:
        self.leaves: dict[Leaf, Literal] = {}
        self.within_bounds: dict[Pql, Literal] = {}
        self._conjunctions: dict[tuple[Literal, ...], Literal] = {}
        self._levels = [0]  # by place; the first place is the constant TRUE

    def leaf(self, leaf: Leaf) -> Literal:
        if leaf not in self.leaves:
            self.leaves[leaf] = self._new_place(level=0)
        return self.leaves[leaf]

    def whole(self, rule: Rule) -> Literal:
        """A rule that is no part of others. Where a leaf of PQL takes more steps than it has, the
        rule doesn't hold: not even one that wants the leaf not to."""
        asked = dict.fromkeys(leaf for leaf in leaves(rule) if isinstance(leaf, Pql))
        for leaf in asked:
            if leaf not in self.within_bounds:
                self.within_bounds[leaf] = self._new_place(level=0)
        return self._conjunction(
            {self.compile(rule), *(self.within_bounds[leaf] for leaf in asked)}
        )

    def compile(self, rule: Rule) -> Literal:
        match rule:
            case AllOf(rules):
                return self._conjunction({self.compile(inner) for inner in rules})
            case AnyOf(rules):
                return ~self._conjunction({~self.compile(inner) for inner in rules})
            case Not(inner):
                return ~self.compile(inner)
            case _:
                return self.leaf(rule)

    def _conjunction(self, parts: set[Literal]) -> Literal:
        parts.discard(TRUE)
        if len(parts) < 2:
            return parts.pop() if parts else TRUE
        key = tuple(sorted(parts))
        if key not in self._conjunctions:
            level = 1 + max(self._levels[part.place] for part in key)
            self._conjunctions[key] = self._new_place(level)
        return self._conjunctions[key]

    def _new_place(self, level: int) -> Literal:
        self._levels.append(level)
        return Literal(len(self._levels) - 1)

    def laid_out(self) -> tuple[list[_Level], list[int]]:
        """The levels from the lowest, and for each place of ours its place in the answers."""
        order = sorted(range(len(self._levels)), key=self._levels.__getitem__)
        places = [0] * len(order)
        for new, old in enumerate(order):
            places[old] = new
        by_level = sorted(self._conjunctions.items(), key=lambda item: places[item[1].place])
        levels: list[_Level] = []
        for _, group in groupby(by_level, key=lambda item: self._levels[item[1].place]):
            first = len(self.leaves) + len(self.within_bounds) + 1
            start = levels[-1].stop if levels else first
            levels.append(_level([parts for parts, _ in group], places, start))
        return levels, places


def _level(conjunctions: list[tuple[Literal, ...]], places: list[int], start: int) -> _Level:
    parts = [part for conjunction in conjunctions for part in conjunction]
    sizes = [len(conjunction) for conjunction in conjunctions]
    return _Level(
        parts=np.array([places[part.place] for part in parts], np.intp),
        negated=np.array([part.negated for part in parts], np.bool_),
        firsts=np.array([0, *accumulate(sizes[:-1])], np.intp),
        start=start,
        stop=start + len(sizes),
    )


def _grouped(asked: Iterable[_Asked], clock: Clock) -> list[_Ready]:
    by_field: dict[str, list[_Asked]] = defaultdict(list)
    for one in asked:
        by_field[one[0].field].append(one)
    return [_made_ready(group, clock) for group in by_field.values()]


def _made_ready(asked: list[_Asked], clock: Clock) -> _Ready:
    found: list[tuple[int, int]] = []
    ranged: list[tuple[int, Test]] = []
    others: list[tuple[int, Test]] = []
    for condition, field, place in asked:
        test = operator_of(condition, field).test(condition, field, clock)
        range_ = _range(test)
        if range_ is None:
            others.append((place, test))
        else:
            ranged.append((place, test))
            found.append(range_)
    return _Ready(
        asked[0][1],
        np.array([low for low, _ in found], np.int64),
        np.array([high for _, high in found], np.int64),
        np.array([place for place, _ in ranged], np.intp),
        ranged,
        others,
        {},
    )


def _range(test: Test) -> tuple[int, int] | None:
    if isinstance(test, Ranges):
        return test.ranges[0] if len(test.ranges) == 1 else None
    return scaled_range(test)
