"""What a condition does with a field and a value: each operator answers columns and single values.

Logic is two-valued: over a missing value these are false.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Comparison:
    """An operator on values that have an order.

    ``compare`` takes single values and numpy arrays alike, on either side: so the column answer,
    the single answer, and one value held against many bounds at once are one expression.
    """

    name: str
    compare: Callable[[Any, Any], Any]


OPERATORS: dict[str, Comparison] = {
    comparison.name: comparison
    for comparison in (
        Comparison("greater_or_equal", operator.ge),
        Comparison("less_or_equal", operator.le),
    )
}
