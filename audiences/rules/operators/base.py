"""What an operator is: it reads a value, and makes of a condition a test of facts."""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, ClassVar

from audiences.rules.clock import Clock
from audiences.rules.columns import Column, Documents, Mask
from audiences.rules.facts import Json
from audiences.rules.fields import Field, Kind
from audiences.rules.tree import Condition, Value

MOST_VALUES = 10_000  # in a list
LONGEST_TEXT = 1_000


class ValueProblem(ValueError):
    """A value that an operator can't use: a sentence that says why, and what would be right."""


class Moves(Enum):
    """When a condition's answer may change although no fact does."""

    NEVER = "never"
    BY_DAY = "by day"  # at midnight, by the clock of the space
    BY_MOMENT = "by moment"  # at any moment


class Test(ABC):
    """A condition made ready: asked of one value, or of a column of them. Missing is false."""

    @abstractmethod
    def single(self, seen: Any) -> bool:
        """Whether it holds for a value, which is not None."""

    @abstractmethod
    def column(self, column: Column) -> Mask:
        """For each value of a column whether it holds."""


class Predicate(Test):
    """A test of JSON values. Of an array it asks each element: one that holds is enough."""

    def __init__(self, holds: Callable[[Json], bool], elementwise: bool = True) -> None:
        self.holds = holds
        self.elementwise = elementwise

    def single(self, seen: Json) -> bool:
        if self.elementwise and isinstance(seen, list):
            return any(element is not None and self.holds(element) for element in seen)
        return self.holds(seen)

    def column(self, column: Column) -> Mask:
        assert isinstance(column, Documents)
        return column.ask(self.single)


class Operator(ABC):
    """One comparison, for the kinds of field it makes sense on."""

    name: ClassVar[str]
    words: ClassVar[str]  # how a sentence says it, with {} for the value
    kinds: ClassVar[frozenset[Kind]]
    takes: ClassVar[str]  # the form of its value, for the catalogue of fields

    @abstractmethod
    def read(self, raw: Any, field: Field) -> Value:
        """The value that JSON gives.

        :raises ValueProblem: when it can't be used.
        """

    @abstractmethod
    def test(self, condition: Condition, field: Field, clock: Clock) -> Test:
        """The condition made ready for a moment."""

    def moves(self, value: Value) -> Moves:
        return Moves.NEVER

    def suits(self, value: Value) -> bool:
        """Whether a value that was read is this operator's, where metadata leaves the choice."""
        return True


def read_number(raw: Any) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal | str):
        raise ValueProblem(f"{raw!r} is not a number. Give a number such as 10 or 12.50.")
    try:
        number = Decimal(str(raw).strip())
    except InvalidOperation:
        raise ValueProblem(f"{raw!r} is not a number. Give a number such as 10 or 12.50.") from None
    if not number.is_finite() or len(number.as_tuple().digits) > 28 or abs(number.adjusted()) > 40:
        raise ValueProblem(f"{raw!r} is out of bounds. Give a number of at most 28 digits.")
    return number.normalize() + 0  # 1E+2 and 100, -0 and 0 are one value


def read_text(raw: Any) -> str:
    if not isinstance(raw, str) or not raw:
        raise ValueProblem(f"{raw!r} is not a text. Give a text of one letter or more.")
    if len(raw) > LONGEST_TEXT or "\x00" in raw:
        raise ValueProblem(f"The text is too long. Give at most {LONGEST_TEXT} letters.")
    return raw


def read_point(raw: Any, field: Field) -> datetime.date | datetime.datetime:
    """A day, or a moment where the field has moments."""
    try:
        if isinstance(raw, str) and len(raw) == 10:
            return datetime.date.fromisoformat(raw)
        if isinstance(raw, str) and field.kind != Kind.DATE:
            moment = datetime.datetime.fromisoformat(raw)
            if moment.tzinfo is not None:
                return moment.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        pass
    moments = "" if field.kind == Kind.DATE else " or a moment such as 2026-01-31T12:00:00Z"
    raise ValueProblem(f"{raw!r} is not a date. Give a date such as 2026-01-31{moments}.")


def read_list(raw: Any, read: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The distinct values of a list of one or more."""
    if not isinstance(raw, list) or not raw:
        raise ValueProblem(f"{raw!r} is not a list. Give a list of one or more values.")
    if len(raw) > MOST_VALUES:
        raise ValueProblem(f"{len(raw)} values are too many. Give at most {MOST_VALUES}.")
    return tuple(dict.fromkeys(read(one) for one in raw))


def read_pair(raw: Any, read: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Two values, in their order."""
    if not isinstance(raw, list) or len(raw) != 2:
        raise ValueProblem(f"{raw!r} is not a pair. Give a list of two values, the lower first.")
    low, high = read(raw[0]), read(raw[1])
    return low, high
