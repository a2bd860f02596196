"""Whether there is a value at all."""

from __future__ import annotations

from typing import Any

from audiences.rules.clock import Clock
from audiences.rules.columns import Column, Mask
from audiences.rules.fields import Field, Kind
from audiences.rules.operators.base import Operator, Test, ValueProblem
from audiences.rules.tree import Condition, Value


class _Present(Test):
    def single(self, seen: Any) -> bool:
        return True

    def column(self, column: Column) -> Mask:
        return column.present


class IsPresent(Operator):
    name = "is_present"
    words = "is known"
    kinds = frozenset(Kind)
    takes = "nothing"

    def read(self, raw: Any, field: Field) -> Value:
        if raw is not None:
            raise ValueProblem(f"{raw!r} is not needed here. Leave the value out.")
        return None

    def test(self, condition: Condition, field: Field, clock: Clock) -> Test:
        return _Present()

    def suits(self, value: Value) -> bool:
        return value is None


PRESENCE_OPERATORS: tuple[Operator, ...] = (IsPresent(),)
