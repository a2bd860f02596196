"""A rule's two answers: the set of those it holds for, and whether it holds for one.

Both take rules in which ``InAudience`` has been expanded to what that audience means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from pyroaring import BitMap

from audiences.rules import fields, sample
from audiences.rules.columns import Chunk
from audiences.rules.facts import Facts
from audiences.rules.operators import operator_of
from audiences.rules.pql import answers
from audiences.rules.tree import (
    AllOf,
    AnyOf,
    ByHand,
    Condition,
    InAudience,
    InNamed,
    InSegment,
    Leaf,
    Not,
    Pql,
    Rule,
    Sample,
    Until,
    leaves,
)

SegmentNumbers = Mapping[UUID, int]


def sources(rules: Iterable[Rule]) -> list[str]:
    """The columns that the rules' conditions are answered from."""
    asked = {leaf for rule in rules for leaf in leaves(rule)}
    found = {fields.get(leaf.field).reads for leaf in asked if isinstance(leaf, Condition)}
    return sorted(found.union(*(answers.sources(leaf) for leaf in asked if isinstance(leaf, Pql))))


def expand(rule: Rule, meanings: Mapping[UUID, Rule]) -> Rule:
    """The rule with every ``InAudience`` replaced by what that audience means.

    An audience that is not among the meanings holds nobody.
    """
    match rule:
        case AllOf(rules):
            return AllOf(tuple(expand(inner, meanings) for inner in rules))
        case AnyOf(rules):
            return AnyOf(tuple(expand(inner, meanings) for inner in rules))
        case Not(inner):
            return Not(expand(inner, meanings))
        case InAudience(audience):
            return meanings.get(audience, AnyOf(()))
        case _:
            return rule


def resolve(rule: Rule, names: Mapping[str, Rule]) -> Rule:
    """The rule with every ``InNamed`` replaced by what goes by the name: ``InSegment`` or
    ``InAudience``. What nothing goes by holds nobody."""
    match rule:
        case AllOf(rules):
            return AllOf(tuple(resolve(inner, names) for inner in rules))
        case AnyOf(rules):
            return AnyOf(tuple(resolve(inner, names) for inner in rules))
        case Not(inner):
            return Not(resolve(inner, names))
        case InNamed(name):
            return names.get(name, AnyOf(()))
        case Pql():
            return answers.resolved(rule, names)
        case _:
            return rule


class ColumnAnswers:
    """Rules answered for a chunk: each distinct condition, and each shared rule, once."""

    def __init__(self, chunk: Chunk, segments: SegmentNumbers) -> None:
        self.chunk = chunk
        self.everyone = chunk.everyone
        self._segments = segments
        self._leaves: dict[Leaf, BitMap] = {}
        self._rules: dict[int, tuple[Rule, BitMap]] = {}  # by identity: hashing walks the tree

    def members(self, rule: Rule) -> BitMap:
        """The numbers in the chunk that the rule holds for. Shared: don't change it."""
        if isinstance(rule, Leaf):
            if rule not in self._leaves:
                self._leaves[rule] = self._leaf(rule)
            return self._leaves[rule]
        if id(rule) not in self._rules:
            self._rules[id(rule)] = rule, self._combined(rule)
        return self._rules[id(rule)][1]

    def _combined(self, rule: AllOf | AnyOf | Not) -> BitMap:
        match rule:
            case AllOf(rules):
                return self.everyone.intersection(*(self.members(inner) for inner in rules))
            case AnyOf(rules):
                return BitMap().union(*(self.members(inner) for inner in rules))
            case Not(inner):
                return self.everyone - self.members(inner)

    def _leaf(self, leaf: Leaf) -> BitMap:
        chunk = self.chunk
        match leaf:
            case Condition():
                field = fields.get(leaf.field)
                test = operator_of(leaf, field).test(leaf, field, chunk.clock)
                return chunk.numbers_where(test.column(field.column(chunk)))
            case InSegment(segment):
                return chunk.segments.get(self._segments.get(segment, 0), BitMap())
            case Sample():
                return chunk.numbers_where(sample.column(leaf, chunk.numbers))
            case ByHand(audience, listed):
                lists = chunk.included if listed == "included" else chunk.excluded
                return lists.get(audience, BitMap())
            case Pql():
                return chunk.numbers_where(answers.column(leaf, chunk).held)
            case Until(moment):
                return self.everyone if chunk.clock.now < moment else BitMap()
            case InAudience() | InNamed():
                raise TypeError(f"{leaf} has not been expanded")


def holds(rule: Rule, facts: Facts, segments: SegmentNumbers) -> bool:
    """Whether the rule holds for one membership."""
    match rule:
        case AllOf(rules):
            return all(holds(inner, facts, segments) for inner in rules)
        case AnyOf(rules):
            return any(holds(inner, facts, segments) for inner in rules)
        case Not(inner):
            return not holds(inner, facts, segments)
        case _:
            return leaf_holds(rule, facts, segments)


def leaf_holds(leaf: Leaf, facts: Facts, segments: SegmentNumbers) -> bool:
    """Whether a single condition holds for one membership."""
    match leaf:
        case Condition():
            field = fields.get(leaf.field)
            seen = field.value(facts)
            if seen is None:
                return False
            return operator_of(leaf, field).test(leaf, field, facts.clock).single(seen)
        case InSegment(segment):
            return segments.get(segment) in facts.segments
        case Sample():
            return sample.single(leaf, facts.number)
        case ByHand(audience, listed):
            return audience in (facts.included if listed == "included" else facts.excluded)
        case Pql():
            return answers.single(leaf, facts, segments)
        case Until(moment):
            return facts.clock.now < moment
        case InAudience() | InNamed():
            raise TypeError(f"{leaf} has not been expanded")
