"""What a PQL text says: its expressions, as values that are compared by what they say.

Names are kept as they were written: what they refer to (a variable, the item of an array, a field
of the profile) depends on where they stand, and is found when they are answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal as OneOf

Direction = OneOf["before", "after", "from"]


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A text, a truth, a whole number (``int``) or another (``Decimal``)."""

    value: str | bool | int | Decimal

    # To Python true is 1 and 1 is 1.0; to PQL they are three literals.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self._said == other._said

    def __hash__(self) -> int:
        return hash(self._said)

    @property
    def _said(self) -> tuple[type, str | bool | int | Decimal]:
        return type(self.value), self.value


@dataclass(frozen=True, slots=True)
class TimeWord:
    """``now``, an instant; or ``today``, ``yesterday``, ``tomorrow``, whole days in UTC."""

    word: str


@dataclass(frozen=True, slots=True)
class Period:
    """``this month``: a whole unit of the calendar, in UTC."""

    which: OneOf["this", "last", "next"]
    unit: str  # singular


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    pairs: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, a field of the item at hand, or a field of the profile: the nearest that is."""

    name: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$1``, the profile."""

    position: int


@dataclass(frozen=True, slots=True)
class Outer:
    """``^name``: a field of the item that many filters further out."""

    levels: int
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """``object.name``."""

    object: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """``array[condition]``, or a place in it."""

    object: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """``name(…)``; a method where it has an object: ``object.name(…)``."""

    name: str
    arguments: tuple[Expression, ...]
    object: Expression | None = None


@dataclass(frozen=True, slots=True)
class Lambda:
    names: tuple[str, ...]
    body: Expression


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Expression


@dataclass(frozen=True, slots=True)
class Negative:
    """``-x`` of what is no number literal: there it is part of the number."""

    part: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """A comparison (``= != < <= > >= in notIn like matches``) or arithmetic (``+ - * / %``)."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class On:
    """Within a day, a period; or at a moment."""

    anchor: Expression


@dataclass(frozen=True, slots=True)
class Between:
    first: Expression
    last: Expression


@dataclass(frozen=True, slots=True)
class Beside:
    """Before or after an anchor, however far."""

    direction: Direction
    anchor: Expression


@dataclass(frozen=True, slots=True)
class Distance:
    """``<= 30 days before now``. The unit is singular."""

    operator: str
    amount: int
    unit: str
    direction: Direction
    anchor: Expression


When = On | Between | Beside | Distance


@dataclass(frozen=True, slots=True)
class Occurs:
    moment: Expression
    when: When


@dataclass(frozen=True, slots=True)
class Let:
    name: str
    value: Expression
    body: Expression


@dataclass(frozen=True, slots=True)
class Binding:
    """``name from source [where condition]``."""

    name: str
    source: Expression
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Quantified:
    """``exists X from items where …``, also ``forall`` and ``select``."""

    kind: OneOf["exists", "forall", "select"]
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``sum E over X from items where …``, also ``average``, ``min`` and ``max``."""

    kind: OneOf["sum", "average", "min", "max"]
    over: Expression | None  # None: of the items themselves
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    what: Expression
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """``CHAIN(xEvent, timestamp, [A: WHAT(…) WHEN(…), …])``: steps, each later than the last."""

    source: Expression
    timestamp: str
    steps: tuple[Step, ...]


Expression = (
    Literal
    | TimeWord
    | Period
    | ListOf
    | MapOf
    | Name
    | Parameter
    | Outer
    | Field
    | Index
    | Call
    | Lambda
    | And
    | Or
    | Not
    | Negative
    | Binary
    | Occurs
    | Let
    | Quantified
    | Aggregate
    | Chain
)

Node = Expression | When | Binding | Step


def parts(node: Node) -> Iterator[Node]:
    """What stands directly in a node, in its order."""
    for name in node.__slots__:
        yield from _nodes(getattr(node, name))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, tuple):
        for one in value:
            yield from _nodes(one)
    elif isinstance(value, Node):
        yield value


def size(node: Node) -> int:
    """Of how many nodes it is made. Counted without recursion."""
    count, left = 0, [node]
    while left:
        count += 1
        left += parts(left.pop())
    return count


def depth(node: Node) -> int:
    """How deep nodes stand in each other, at most. Counted without recursion."""
    deepest, level = 0, [node]
    while level:
        deepest += 1
        level = [part for one in level for part in parts(one)]
    return deepest
