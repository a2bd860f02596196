"""Many rules, compiled to be asked of one membership at once.

Each distinct condition is asked once, all conditions on one field and operator in one numpy
comparison; the trees above them are answered level by level, all rules together. So the time grows
with array elements, at a few nanoseconds each, and hardly with the number of rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby

import numpy as np
from numpy.typing import NDArray

from audiences.rules.evaluate import SegmentNumbers
from audiences.rules.facts import Facts
from audiences.rules.fields import FIELDS, Field
from audiences.rules.operators import OPERATORS, Comparison
from audiences.rules.tree import AllOf, AnyOf, Condition, InSegment, Leaf, Not, Rule

Answers = NDArray[np.bool_]


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


@dataclass(frozen=True)
class _Comparisons:
    """All conditions that hold one field against a value by one operator."""

    field: Field
    operator: Comparison
    bounds: NDArray[np.int64]
    places: NDArray[np.intp]


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
        compiled = {rule: trees.compile(rule) for rule in rules}
        self._levels, places = trees.laid_out()
        self._size = len(places)
        self._literals: dict[Rule, Literal] = {
            rule: Literal(places[literal.place], literal.negated)
            for rule, literal in (compiled | trees.leaves).items()
        }
        asked = {leaf: self._literals[leaf].place for leaf in trees.leaves}
        self._comparisons = list(_grouped(asked))
        self._segment_places = {
            segments[leaf.segment]: place
            for leaf, place in asked.items()
            if isinstance(leaf, InSegment) and leaf.segment in segments
        }

    def literal(self, rule: Rule) -> Literal:
        """Where the answers say whether it holds: a rule that was given, or a condition in one."""
        return self._literals[rule]

    def ask(self, facts: Facts) -> Answers:
        """The answer of every condition and every rule for one membership, by place."""
        answers = np.zeros(self._size, np.bool_)
        answers[TRUE.place] = True
        for group in self._comparisons:
            seen = group.field.value(facts)
            if seen is not None:
                answers[group.places] = group.operator.compare(seen, group.bounds)
        places = self._segment_places
        answers[[places[number] for number in facts.segments if number in places]] = True
        for level in self._levels:
            parts = answers[level.parts] ^ level.negated
            answers[level.start : level.stop] = np.logical_and.reduceat(parts, level.firsts)
        return answers


class _Trees:
    """Rules taken apart into conditions and conjunctions, each distinct one kept once.

    “Any of” is the opposite of “all of the opposites”, so conjunctions are enough.
    """

    def __init__(self) -> None:
        self.leaves: dict[Leaf, Literal] = {}
        self._conjunctions: dict[tuple[Literal, ...], Literal] = {}
        self._levels = [0]  # by place; the first place is the constant TRUE

    def leaf(self, leaf: Leaf) -> Literal:
        if leaf not in self.leaves:
            self.leaves[leaf] = self._new_place(level=0)
        return self.leaves[leaf]

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
            start = levels[-1].stop if levels else len(self.leaves) + 1
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


def _grouped(asked: dict[Leaf, int]) -> Iterator[_Comparisons]:
    groups: dict[tuple[str, str], dict[Condition, int]] = defaultdict(dict)
    for leaf, place in asked.items():
        if isinstance(leaf, Condition):
            groups[leaf.field, leaf.operator][leaf] = place
    for (field, operator), conditions in groups.items():
        yield _Comparisons(
            FIELDS[field],
            OPERATORS[operator],
            np.array([condition.value for condition in conditions], np.int64),
            np.array(list(conditions.values()), np.intp),
        )
