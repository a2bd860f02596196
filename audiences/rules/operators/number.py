"""Operators on numbers and money, and on metadata that looks like a number. Exact: no floats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import ceil, floor
from typing import Any, ClassVar

import numpy as np

from audiences.rules.clock import Clock
from audiences.rules.columns import Column, Documents, Mask
from audiences.rules.facts import Json
from audiences.rules.fields import Field, Kind
from audiences.rules.operators.base import (
    Operator,
    Predicate,
    Test,
    ValueProblem,
    read_list,
    read_number,
    read_pair,
)
from audiences.rules.operators.ordered import HIGHEST, LOWEST, Ranges
from audiences.rules.tree import Condition, Value


@dataclass(frozen=True)
class Bounds:
    """The numbers from ``low`` to ``high``; None is no bound."""

    low: Decimal | None = None
    high: Decimal | None = None
    low_included: bool = True
    high_included: bool = True

    def holds(self, number: Decimal) -> bool:
        if self.low is not None and not (
            number >= self.low if self.low_included else number > self.low
        ):
            return False
        return self.high is None or (
            number <= self.high if self.high_included else number < self.high
        )

    def whole(self, scale: int) -> tuple[int, int]:
        """The same, of numbers that are kept as so many whole 10^-scale."""
        low, high = LOWEST, HIGHEST
        if self.low is not None:
            scaled = self.low.scaleb(scale)
            low = ceil(scaled) if self.low_included else floor(scaled) + 1
        if self.high is not None:
            scaled = self.high.scaleb(scale)
            high = floor(scaled) if self.high_included else ceil(scaled) - 1
        return low, high


def number_of(seen: Json) -> Decimal | None:
    """The number that a JSON value is, or looks like; None for any other."""
    if isinstance(seen, Decimal):
        return seen
    if not isinstance(seen, str) or len(seen) > 100 or "_" in seen:
        return None
    try:
        number = Decimal(seen.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


class NumberOperator(Operator):
    kinds = frozenset({Kind.NUMBER, Kind.MONEY, Kind.ANY})
    takes = "number"

    def read(self, raw: Any, field: Field) -> Value:
        return read_number(raw)

    def bounds(self, value: Any) -> Sequence[Bounds]:
        raise NotImplementedError

    def test(self, condition: Condition, field: Field, clock: Clock) -> Test:
        bounds = self.bounds(condition.value)
        if field.kind == Kind.ANY:
            return InBounds(bounds)
        return Ranges([one.whole(field.scale) for one in bounds])

    def suits(self, value: Value) -> bool:
        first = value[0] if isinstance(value, tuple) else value
        return isinstance(first, Decimal)


class InBounds(Predicate):
    """A test of the numbers in metadata."""

    def __init__(self, bounds: Sequence[Bounds]) -> None:
        super().__init__(self._holds)
        self.bounds = bounds

    def _holds(self, seen: Json) -> bool:
        number = number_of(seen)
        return number is not None and any(one.holds(number) for one in self.bounds)

    def column(self, column: Column) -> Mask:
        """Distinct numbers are many: compared all at once, but for those that aren't so simple."""
        range_ = scaled_range(self)
        if range_ is None:
            return super().column(column)
        assert isinstance(column, Documents)
        numbers, others = column.wholes(whole_of, _ONE)
        answers = (numbers >= range_[0]) & (numbers <= range_[1])
        for place in others:
            seen = column.distinct[place]
            answers[place] = seen is not None and self.single(seen)
        return np.asarray(answers[column.codes])


_SCALE = 6  # decimals of the numbers in metadata that are asked many bounds at once
_ONE = 1_000_000


def scaled(number: Decimal) -> int | None:
    """A number as so many millionths, where it is that exactly and they are not too many."""
    if number.adjusted() > 11:
        return None
    whole = int(number)
    if whole == number:  # as the most are
        return whole * _ONE
    return int(number.scaleb(_SCALE)) if number == round(number, _SCALE) else None


def whole_of(seen: Json) -> int | None:
    """A JSON value that is a number, or looks like one, as so many millionths; else None."""
    number = number_of(seen)
    return None if number is None else scaled(number)


def scaled_range(test: Test) -> tuple[int, int] | None:
    """The millionths that a test admits, where it has one range of such numbers."""
    if not isinstance(test, InBounds) or len(test.bounds) != 1:
        return None
    (bounds,) = test.bounds
    ends = [end for end in (bounds.low, bounds.high) if end is not None]
    return None if any(scaled(end) is None for end in ends) else bounds.whole(_SCALE)


def _read_unquoted(raw: Any, field: Field) -> Decimal:
    """A number; in metadata, where “2” may be meant as a text, only without quotation marks."""
    if isinstance(raw, str) and field.kind == Kind.ANY:
        raise ValueProblem(f"{raw!r} is a text, not a number.")
    return read_number(raw)


class Equals(NumberOperator):
    name = "equals"
    words = "is {}"

    def read(self, raw: Any, field: Field) -> Value:
        return _read_unquoted(raw, field)

    def bounds(self, value: Any) -> Sequence[Bounds]:
        return [Bounds(value, value)]


def _comparison(operator: str, phrase: str, bound: Callable[[Decimal], Bounds]) -> Operator:
    class Comparison(NumberOperator):
        name: ClassVar[str] = operator
        words: ClassVar[str] = phrase

        def bounds(self, value: Any) -> Sequence[Bounds]:
            return [bound(value)]

    return Comparison()


class In(NumberOperator):
    name = "in"
    words = "is one of {}"
    takes = "list of numbers"

    def read(self, raw: Any, field: Field) -> Value:
        return read_list(raw, lambda one: _read_unquoted(one, field))

    def bounds(self, value: Any) -> Sequence[Bounds]:
        return [Bounds(one, one) for one in value]


class Between(NumberOperator):
    name = "between"
    words = "is from {} to {}"
    takes = "two numbers"
    end_included: ClassVar[bool] = True

    def read(self, raw: Any, field: Field) -> Value:
        low, high = read_pair(raw, read_number)
        if low > high or (low == high and not self.end_included):
            raise ValueProblem(f"{low} to {high} is empty. Give the lower number first.")
        return low, high

    def bounds(self, value: Any) -> Sequence[Bounds]:
        low, high = value
        return [Bounds(low, high, high_included=self.end_included)]


class BetweenHalfOpen(Between):
    name = "between_half_open"
    words = "is from {} to below {}"
    end_included = False


NUMBER_OPERATORS: tuple[Operator, ...] = (
    Equals(),
    In(),
    _comparison("less", "is less than {}", lambda value: Bounds(high=value, high_included=False)),
    _comparison("less_or_equal", "is at most {}", lambda value: Bounds(high=value)),
    _comparison("greater", "is more than {}", lambda value: Bounds(value, low_included=False)),
    _comparison("greater_or_equal", "is at least {}", lambda value: Bounds(value)),
    Between(),
    BetweenHalfOpen(),
)
