"""The operators there are. A new one is a class in its family's file and a line in its tuple."""

from __future__ import annotations

from audiences.rules.fields import Field
from audiences.rules.operators.array import ARRAY_OPERATORS
from audiences.rules.operators.base import Moves, Operator, Test, ValueProblem
from audiences.rules.operators.boolean import BOOLEAN_OPERATORS
from audiences.rules.operators.date import DATE_OPERATORS
from audiences.rules.operators.number import NUMBER_OPERATORS
from audiences.rules.operators.presence import PRESENCE_OPERATORS
from audiences.rules.operators.text import TEXT_OPERATORS
from audiences.rules.tree import Condition

# In metadata an operator may be of several families: the first that suits the value is meant.
OPERATORS: tuple[Operator, ...] = (
    *BOOLEAN_OPERATORS,
    *NUMBER_OPERATORS,
    *DATE_OPERATORS,
    *TEXT_OPERATORS,
    *ARRAY_OPERATORS,
    *PRESENCE_OPERATORS,
)

# Each is the exact complement of its positive: it holds for a missing value too.
NEGATIVES = {
    "not_equals": "equals",
    "not_in": "in",
    "not_contains": "contains",
    "has_none": "has_any",
    "is_missing": "is_present",
}
POSITIVES = {positive: negative for negative, positive in NEGATIVES.items()}


def candidates(field: Field, name: str) -> list[Operator]:
    """The operators of that (positive) name which make sense on the field."""
    return [one for one in OPERATORS if one.name == name and field.kind in one.kinds]


def names(field: Field) -> list[str]:
    """The names of all operators on the field, negatives included."""
    positive = [one.name for one in OPERATORS if field.kind in one.kinds]
    found = dict.fromkeys(positive)
    return [*found, *(negative for negative, name in NEGATIVES.items() if name in found)]


def operator_of(condition: Condition, field: Field) -> Operator:
    """The operator that a condition, read before, means."""
    return next(one for one in candidates(field, condition.operator) if one.suits(condition.value))


__all__ = [
    "NEGATIVES",
    "OPERATORS",
    "POSITIVES",
    "Moves",
    "Operator",
    "Test",
    "ValueProblem",
    "candidates",
    "names",
    "operator_of",
]
