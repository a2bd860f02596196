"""One asking of an expression: the values it is asked with, its variables, and its bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from audiences.rules.pql.patterns import steps_of
from audiences.rules.pql.syntax import Expression, size
from audiences.rules.pql.times import Now
from audiences.rules.pql.values import HIGHEST, Value

MOST_STEPS = 100_000  # for one member; about a tenth of a second
MOST_SECONDS = 60  # of CPU, for a chunk: about a million members
_LETTERS = 64  # of a text, in one step
_PARTS = 4  # of an expression, in one step


class TooMuchWork(ValueError):
    """That an expression takes too long for one member."""

    def __init__(self) -> None:
        super().__init__(
            f"The PQL expression takes more than {MOST_STEPS:,} steps for one member. "
            "Filter its arrays before it asks each of their items for each of others."
        )


class TooLong(TooMuchWork):
    """That an expression, of which no member takes too long, takes too long for all of them."""

    def __init__(self) -> None:
        ValueError.__init__(
            self,
            f"The PQL expression takes more than {MOST_SECONDS} seconds for a million members. "
            "What loops over arrays or calculates is asked of each of them by itself: ask for "
            "less of that.",
        )


class Asked:
    """``changes_at`` is the first moment after now, in microseconds since 1970, at which the clock
    may change what it came to."""

    __slots__ = ("_steps", "changes_at", "now", "values", "variables")

    def __init__(self, slots: int, now: Now) -> None:
        self.now = now
        self.values: Sequence[Value] = ()
        self.variables: list[Value] = [None] * slots
        self.changes_at = HIGHEST
        self._steps = 0

    def of(self, values: Sequence[Value]) -> Asked:
        """The same, to be asked of the next member."""
        self.values = values
        self._steps = MOST_STEPS
        return self

    def spend(self, steps: int) -> None:
        """:raises TooMuchWork: when the member's steps are used up."""
        self._steps -= steps
        if self._steps < 0:
            raise TooMuchWork

    def spend_on(self, value: Value) -> None:
        """The steps that it takes to look through a value."""
        if isinstance(value, list | dict):
            self.spend(len(value))
            for item in value if isinstance(value, list) else value.values():
                if not isinstance(item, Decimal | bool):
                    self.spend_on(item)
        elif isinstance(value, str) and len(value) > _LETTERS:
            self.spend(len(value) // _LETTERS)

    def spend_on_pattern(self, texts: Value, pattern: Value) -> None:
        """The steps that it takes to make a pattern ready, for a text or for each of several."""
        if isinstance(pattern, str):
            self.spend(steps_of(pattern) * (len(texts) if isinstance(texts, list) else 1))

    def changes(self, moment: int) -> None:
        """Note that what was just worked out may change at that moment."""
        if moment < self.changes_at:
            self.changes_at = moment


def steps_for(*asked_of_each: Expression | None) -> int:
    """The steps that one item takes, of which these are asked."""
    return 1 + sum(size(one) for one in asked_of_each if one is not None) // _PARTS


Ask = Callable[[Asked], Value]
Test = Callable[[Asked], bool]
