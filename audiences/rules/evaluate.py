"""A rule's two answers: the set of those it holds for, and whether it holds for one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from pyroaring import BitMap

from audiences.rules.facts import Chunk, Facts
from audiences.rules.fields import FIELDS
from audiences.rules.operators import OPERATORS
from audiences.rules.tree import AllOf, AnyOf, Condition, InSegment, Leaf, Not, Rule, leaves

SegmentNumbers = Mapping[UUID, int]


def answer_columns(
    rules: Iterable[Rule], chunk: Chunk, segments: SegmentNumbers
) -> dict[Leaf, BitMap]:
    """For each distinct condition of the rules, the numbers in the chunk that it holds for."""
    distinct = {leaf for rule in rules for leaf in leaves(rule)}
    return {leaf: _answer_column(leaf, chunk, segments) for leaf in distinct}


def _answer_column(leaf: Leaf, chunk: Chunk, segments: SegmentNumbers) -> BitMap:
    if isinstance(leaf, InSegment):
        return chunk.segments.get(segments.get(leaf.segment, -1), BitMap())
    values, present = FIELDS[leaf.field].column(chunk)
    held = OPERATORS[leaf.operator].compare(values, leaf.value) & present
    return BitMap(chunk.numbers[held])


def members(rule: Rule, answers: Mapping[Leaf, BitMap], everyone: BitMap) -> BitMap:
    """Those of ``everyone`` that the rule holds for: set algebra over its conditions' answers."""
    match rule:
        case AllOf(rules):
            sets = (members(inner, answers, everyone) for inner in rules)
            return everyone.intersection(*sets)
        case AnyOf(rules):
            return BitMap().union(*(members(inner, answers, everyone) for inner in rules))
        case Not(inner):
            return everyone - members(inner, answers, everyone)
        case _:
            return answers[rule]


def holds(rule: Rule, facts: Facts, segments: SegmentNumbers) -> bool:
    """Whether the rule holds for one membership."""
    match rule:
        case AllOf(rules):
            return all(holds(inner, facts, segments) for inner in rules)
        case AnyOf(rules):
            return any(holds(inner, facts, segments) for inner in rules)
        case Not(inner):
            return not holds(inner, facts, segments)
        case InSegment(segment):
            return segments.get(segment) in facts.segments
        case Condition(field, operator, wanted):
            seen = FIELDS[field].value(facts)
            return seen is not None and bool(OPERATORS[operator].compare(seen, wanted))
