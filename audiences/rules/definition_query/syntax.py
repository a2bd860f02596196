"""What a definition query says: its expressions, as values that are compared by what they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the text, both from 1. No part of what it says."""

    line: int = 1
    column: int = 1


_NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time: ``7 days``."""

    amount: int
    unit: str  # hour or day


Scalar = str | bool | Decimal | Length
Value = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """``name(…)``. Arguments are values, chains (what a reducer is of) or expressions (where)."""

    name: str
    arguments: tuple[Argument, ...] = ()
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Chain:
    """``event('Shoes Bought').within(7 days).count()``; ``kind`` is what ``as`` takes it for."""

    calls: tuple[Call, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """An argument with a name: ``parent: 'address'``, ``exclude: […]``."""

    name: str
    value: Argument


@dataclass(frozen=True, slots=True)
class Comparison:
    """``chain operator value``."""

    chain: Chain
    operator: str  # = != > >= < <=
    value: Scalar
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Expression


Expression = And | Or | Not | Comparison | Chain
Argument = Value | Chain | Named | Expression


def primaries(expression: Expression) -> Iterator[Comparison | Chain]:
    """The expression's comparisons, those within a ``where`` apart."""
    match expression:
        case And(parts) | Or(parts):
            for part in parts:
                yield from primaries(part)
        case Not(part):
            yield from primaries(part)
        case _:
            yield expression


def depth(expression: Argument) -> int:
    """How deep it nests: no more than the text has brackets and negations, so it is walked flat."""
    pending: list[tuple[Argument, int]] = [(expression, 1)]
    deepest = 0
    while pending:
        here, level = pending.pop()
        deepest = max(deepest, level)
        match here:
            case And(parts) | Or(parts):
                pending.extend((part, level + 1) for part in parts)
            case Not(part):
                pending.append((part, level + 1))
            case Comparison():
                pending.append((here.chain, level + 1))
            case Chain(calls):
                pending.extend((one, level + 1) for call in calls for one in call.arguments)
            case Named():
                pending.append((here.value, level + 1))
    return deepest
