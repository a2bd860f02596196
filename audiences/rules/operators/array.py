"""Operators on arrays of metadata. What is not an array counts as an array of itself."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from audiences.rules.clock import Clock
from audiences.rules.facts import Json
from audiences.rules.fields import Field, Kind
from audiences.rules.operators.base import (
    Operator,
    Predicate,
    Test,
    read_list,
    read_number,
    read_text,
)
from audiences.rules.operators.number import number_of
from audiences.rules.operators.text import text_of
from audiences.rules.tree import Condition, Value


class ArrayOperator(Operator):
    kinds = frozenset({Kind.ANY})
    takes = "list of values"
    together: ClassVar[Callable[..., bool]]

    def read(self, raw: Any, field: Field) -> Value:
        return read_list(raw, _read_element)

    def test(self, condition: Condition, field: Field, clock: Clock) -> Test:
        assert isinstance(condition.value, tuple)
        tests = [_same(wanted, condition.case_sensitive) for wanted in condition.value]
        together = type(self).together

        def holds(seen: Json) -> bool:
            elements = seen if isinstance(seen, list) else [seen]
            return together(any(test(element) for element in elements) for test in tests)

        return Predicate(holds, elementwise=False)


def _read_element(raw: Any) -> bool | Decimal | str:
    if isinstance(raw, bool):
        return raw
    return read_text(raw) if isinstance(raw, str) else read_number(raw)


def _same(wanted: Any, case_sensitive: bool) -> Callable[[Json], bool]:
    """Whether an element is the value wanted: as a number, as a text, or as yes or no."""
    if isinstance(wanted, bool):
        return lambda element: element is wanted
    if isinstance(wanted, Decimal):
        return lambda element: number_of(element) == wanted
    folded = wanted if case_sensitive else wanted.casefold()

    def same(element: Json) -> bool:
        text = text_of(element)
        return text is not None and (text if case_sensitive else text.casefold()) == folded

    return same


class HasAny(ArrayOperator):
    name = "has_any"
    words = "has any of {}"
    together = any


class HasAll(ArrayOperator):
    name = "has_all"
    words = "has all of {}"
    together = all


ARRAY_OPERATORS: tuple[Operator, ...] = (HasAny(), HasAll())
