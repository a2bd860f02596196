"""Yes and no, in metadata."""

from __future__ import annotations

from typing import Any

from audiences.rules.clock import Clock
from audiences.rules.fields import Field, Kind
from audiences.rules.operators.base import Operator, Predicate, Test, ValueProblem
from audiences.rules.tree import Condition, Value


class Is(Operator):
    name = "equals"
    words = "is {}"
    kinds = frozenset({Kind.ANY})
    takes = "true or false"

    def read(self, raw: Any, field: Field) -> Value:
        if not isinstance(raw, bool):
            raise ValueProblem(f"{raw!r} is neither true nor false. Give one of them.")
        return raw

    def test(self, condition: Condition, field: Field, clock: Clock) -> Test:
        return Predicate(lambda seen: seen is condition.value)

    def suits(self, value: Value) -> bool:
        return isinstance(value, bool)


BOOLEAN_OPERATORS: tuple[Operator, ...] = (Is(),)
