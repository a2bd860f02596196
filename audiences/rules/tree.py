"""The rule tree: all / any / not over conditions. Nodes are values, compared by what they say."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

Scalar = bool | int | str | Decimal | datetime.date | datetime.datetime | None
Value = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A field of the membership, an operator, and the value that it is held against."""

    field: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class InSegment:
    """That the membership has a place in the segment of this id."""

    segment: UUID


@dataclass(frozen=True, slots=True)
class AllOf:
    """Holds where every rule in it holds; over no rules, everywhere."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds where at least one rule in it holds; over no rules, nowhere."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    rule: Rule


Leaf = Condition | InSegment
Rule = Leaf | AllOf | AnyOf | Not


def leaves(rule: Rule) -> Iterator[Leaf]:
    """Every condition in the rule, in its order, repeats included."""
    match rule:
        case AllOf(rules) | AnyOf(rules):
            for inner in rules:
                yield from leaves(inner)
        case Not(inner):
            yield from leaves(inner)
        case _:
            yield rule
