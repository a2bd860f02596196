"""Comparisons of sums, over whole columns: in floating point, which knows how far it may be off.

Whose difference is within that, and whoever has what is no number, is left to be asked exactly; so
the answers are those of exact arithmetic, at the speed of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from audiences.rules import fields
from audiences.rules.columns import Column, Documents, Mask, Ordered
from audiences.rules.fields import Kind
from audiences.rules.pql import profile, syntax
from audiences.rules.pql.program import Scope, value_of
from audiences.rules.pql.syntax import Expression
from audiences.rules.pql.values import Value

_OFF = 2.0**-50  # how far a result may be off, as a share of it; a float alone: 2^-53
_LEAST = 1e-300  # … and besides: what is smaller is lost
_EXACT_BELOW, _DIGITS = 2.0**50, 15  # whole numbers up to there are exact
_ORDERS: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], Mask]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "=": np.equal,
    "!=": np.not_equal,
}


@dataclass(frozen=True)
class Numbers:
    """Numbers that are each at most ``off`` away from the right one; NaN where that can't be told.
    The ``whole`` ones are right. Where it is ``null`` nothing matters."""

    values: NDArray[np.float64]
    off: NDArray[np.float64]
    whole: Mask
    null: Mask


def is_one(expression: Expression) -> bool:
    """Whether it compares sums of numbers, by an operator that has none of the forms of ``%``."""
    return (
        isinstance(expression, syntax.Binary)
        and expression.operator in _ORDERS
        and any(_is_number(side) for side in (expression.left, expression.right))
        and all(_is_sum(side) for side in (expression.left, expression.right))
    )


def _is_number(expression: Expression) -> bool:
    """Whether it is a number if it is anything: then no text is held against a text."""
    match expression:
        case syntax.Binary() | syntax.Negative():
            return True
        case syntax.Literal(value):
            return isinstance(value, int | Decimal) and not isinstance(value, bool)
    read = _read(expression)
    return read is not None and fields.get(read).kind in (Kind.NUMBER, Kind.MONEY)


def _is_sum(expression: Expression) -> bool:
    match expression:
        case syntax.Binary(operator, left, right):
            return operator in "+-*/" and _is_sum(left) and _is_sum(right)
        case syntax.Negative(part):
            return _is_sum(part)
        case syntax.Literal():
            return _is_number(expression)
    read = _read(expression)
    return read is not None and (_is_number(expression) or read.startswith(fields.METADATA))


def _read(expression: Expression) -> str | None:
    path = Scope().path(expression)
    if not path or path[0] in (profile.EVENTS, profile.SEGMENTS):
        return None
    place = profile.place_of(path)
    plain = place.made is profile.as_it_is and not place.rest
    return place.reads if plain and fields.is_field(place.reads) else None


def held(expression: Expression, columns: Mapping[str, Column], count: int) -> tuple[Mask, Mask]:
    """Whom the comparison holds for; and who is to be asked exactly."""
    assert isinstance(expression, syntax.Binary)
    with np.errstate(all="ignore"):
        left, right = (
            _numbers(side, columns, count) for side in (expression.left, expression.right)
        )
        null = left.null | right.null
        apart = np.abs(left.values - right.values) > left.off + right.off
        sure = apart & np.isfinite(left.values) & np.isfinite(right.values)
        found = _ORDERS[expression.operator](left.values, right.values) & ~null
    return found, ~null & ~(sure | (left.whole & right.whole))


def _numbers(expression: Expression, columns: Mapping[str, Column], count: int) -> Numbers:
    match expression:
        case syntax.Literal():
            return _each([value_of(expression)], np.zeros(count, np.int32))
        case syntax.Negative(part):
            number = _numbers(part, columns, count)
            return Numbers(-number.values, number.off, number.whole, number.null)
        case syntax.Binary(operator, left, right):
            return _CALCULATED[operator](
                _numbers(left, columns, count), _numbers(right, columns, count)
            )
    read = _read(expression)
    assert read is not None
    column = columns[read]
    if isinstance(column, Documents):
        return _each(column.distinct, column.codes)
    assert isinstance(column, Ordered)
    scale = 10 ** fields.get(read).scale
    return _rounded(column.values / scale, 0.0, column.values % scale == 0, ~column.present)


def _each(distinct: Sequence[Value], codes: NDArray[np.int32]) -> Numbers:
    """Values, of which some are numbers, and the place of each member's among them."""
    numbers = [float(one) if isinstance(one, Decimal) else np.nan for one in distinct]
    whole = [
        isinstance(one, Decimal) and one.adjusted() < _DIGITS and one == one.to_integral_value()
        for one in distinct
    ]
    null = [one is None for one in distinct]
    return _rounded(
        np.array(numbers)[codes], 0.0, np.array(whole, np.bool_)[codes], np.array(null)[codes]
    )


def _rounded(
    values: NDArray[np.float64], off: NDArray[np.float64] | float, whole: Mask, null: Mask
) -> Numbers:
    """Numbers that were ``off``, and now are rounded; not so whole ones that are small enough."""
    right = whole & (np.abs(values) < _EXACT_BELOW)
    return Numbers(values, np.where(right, 0.0, off + np.abs(values) * _OFF + _LEAST), right, null)


def _plus(left: Numbers, right: Numbers) -> Numbers:
    return _together(left, right, left.values + right.values, left.off + right.off)


def _minus(left: Numbers, right: Numbers) -> Numbers:
    return _together(left, right, left.values - right.values, left.off + right.off)


def _times(left: Numbers, right: Numbers) -> Numbers:
    off = np.abs(left.values) * right.off + (np.abs(right.values) + right.off) * left.off
    return _together(left, right, left.values * right.values, off)


def _together(
    left: Numbers, right: Numbers, values: NDArray[np.float64], off: NDArray[np.float64]
) -> Numbers:
    return _rounded(values, off, left.whole & right.whole, left.null | right.null)


def _by(left: Numbers, right: Numbers) -> Numbers:
    """By 0 is null; where one can't be sure whether it is 0, nothing can be told."""
    values = left.values / right.values
    least = np.abs(right.values) - right.off
    off = np.where(least > 0, (left.off + np.abs(values) * right.off) / least, np.nan)
    by_zero = right.whole & (right.values == 0)
    never = np.zeros(len(values), np.bool_)
    return _rounded(values, off, never, left.null | right.null | by_zero)


_CALCULATED: dict[str, Callable[[Numbers, Numbers], Numbers]] = {
    "+": _plus,
    "-": _minus,
    "*": _times,
    "/": _by,
}
