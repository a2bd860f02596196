"""The rule tree: all / any / not over conditions. Nodes are values, compared by what they say."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from audiences.rules.pql.syntax import Expression


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time on the calendar: 30 days, 2 months. Hours count from now, others in days."""

    amount: int
    unit: str  # one of UNITS

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"


UNITS = ("hour", "day", "week", "month", "year")

Scalar = bool | Decimal | str | datetime.date | datetime.datetime | Duration | None
Value = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A field of the membership, an operator, and the value that it is held against."""

    field: str
    operator: str
    value: Value = None
    case_sensitive: bool = False

    # To Python true is 1; held against metadata they are two values.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self._said == other._said

    def __hash__(self) -> int:
        return hash(self._said)

    @property
    def _said(self) -> tuple[object, ...]:
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        kinds = tuple(map(type, values))
        return self.field, self.operator, self.value, self.case_sensitive, kinds


@dataclass(frozen=True, slots=True)
class InSegment:
    """That the membership has a place in the segment of this id."""

    segment: UUID
    is_list: bool = False  # an audience's own list: said and explained as such


@dataclass(frozen=True, slots=True)
class InAudience:
    """That the audience of this id holds the membership: by its rule and its manual lists."""

    audience: UUID


@dataclass(frozen=True, slots=True)
class InNamed:
    """PQL's ``inSegment``: that what goes by the name holds the membership. It is the id or the key
    of an audience, or the id or the short code of a segment; what nothing goes by holds nobody."""

    name: str


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Pql:
    """An expression of PQL that no conditions say.

    ``assumed`` says for each name in an ``inSegment`` of it whether the membership is in that: the
    rule around it sees to it. ``since`` are the segments by the names in it that ask since when.
    """

    expression: Expression
    assumed: tuple[tuple[str, bool], ...] = ()
    since: tuple[tuple[str, UUID], ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """That the membership falls into a share of all, chosen by a hash that never changes."""

    percent: Decimal
    seed: str


@dataclass(frozen=True, slots=True)
class ByHand:
    """That an audience (its number) lists the membership by hand.

    Never written in a rule: what ``InAudience`` means is made with it.
    """

    audience: int
    listed: Literal["included", "excluded"]


@dataclass(frozen=True, slots=True)
class Until:
    """That a moment has not come yet: everybody before it, nobody from it on.

    Never written in a rule: an audience that runs out is asked with it.
    """

    moment: datetime.datetime


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


Leaf = Condition | InSegment | InAudience | InNamed | Pql | Sample | ByHand | Until
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


def segments(rule: Rule) -> set[UUID]:
    """The ids of the segments that the rule asks for."""
    return {leaf.segment for leaf in leaves(rule) if isinstance(leaf, InSegment)}


def names(rule: Rule) -> set[str]:
    """The names by which the rule asks for segments and audiences."""
    asked = list(leaves(rule))
    named = {leaf.name for leaf in asked if isinstance(leaf, InNamed)}
    return named.union(name for leaf in asked if isinstance(leaf, Pql) for name, _ in leaf.assumed)


def audiences(rule: Rule) -> set[UUID]:
    """The ids of the audiences that the rule asks for."""
    return {leaf.audience for leaf in leaves(rule) if isinstance(leaf, InAudience)}
