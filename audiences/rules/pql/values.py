"""What PQL's expressions come to, and the rules by which they are compared.

Null is None; numbers are exact (``Decimal``); objects and maps are dicts; whatever is a time is a
``Moment``, or a ``Span`` where it is a whole day or longer.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from audiences.rules.clock import microseconds
from audiences.rules.operators.number import number_of
from audiences.rules.operators.text import text_of

Value = Any
DAY = 86_400_000_000
LOWEST, HIGHEST = -(1 << 62), 1 << 62  # beyond every moment of the calendar


class Moment(int):
    """Microseconds since 1970."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` until ``end``, in microseconds since 1970."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What ``mapEntry`` makes: of an array of them ``map`` makes a map."""

    key: str
    value: Value


# Whatever is not a number (0/0, or beyond all bounds) becomes null, and nothing raises.
_EXACT = Context(prec=28, traps=[])


def calculated(operator: str, left: Decimal, right: Decimal) -> Decimal | None:
    result = _OPERATIONS[operator](left, right)
    return result if result.is_finite() else None


_OPERATIONS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": _EXACT.add,
    "-": _EXACT.subtract,
    "*": _EXACT.multiply,
    "/": _EXACT.divide,
    "%": _EXACT.remainder,
}


def truth(value: Value) -> bool:
    """Null is false, an array true when it has items; anything else that is there is true."""
    if value is None or value is True or value is False:
        return bool(value)
    return bool(value) if isinstance(value, list) else True


def number_beside(left: Value, right: Value) -> Decimal | None:
    """The right side as a number, where the left is one: a text that looks like one becomes it."""
    if not isinstance(left, Decimal):
        return None
    if isinstance(right, Decimal):
        return right
    return number_of(right) if isinstance(right, str) else None


def same(left: Value, right: Value) -> bool:
    """Of what is not null. Of an array held against one value, some item is enough.

    Else the right side is taken as what the left is, where that makes sense.
    """
    if isinstance(left, list) and not isinstance(right, list):
        return any(alike(item, right) for item in left)
    return alike(left, right)


def equal(left: Value, right: Value) -> bool:
    """``=``: as ``same``, with the array on whichever side."""
    if isinstance(right, list) and not isinstance(left, list):
        return any(alike(left, item) for item in right)
    return same(left, right)


def alike(left: Value, right: Value) -> bool:
    """``=`` of two values as they are, arrays included."""
    if type(left) is type(right):
        return bool(left == right) if not isinstance(left, list | dict) else key(left) == key(right)
    match left:
        case None:
            return False
        case Moment() | Span():
            return _same_time(left, right)
        case bool():
            return isinstance(right, str) and right == ("true" if left else "false")
        case Decimal():
            return number_beside(left, right) == left
        case str() if isinstance(right, Moment | Span):
            return _same_time(right, left)
        case str() if not isinstance(right, bool):
            return left == text_of(right)
    return False


def _same_time(time: Moment | Span, other: Value) -> bool:
    spans = [one for one in (time, other) if isinstance(one, Span)]
    if not spans:
        return moment_of(other) == time
    moments = [moment_of(one) for one in (time, other) if one is not spans[0]]
    return any(one is not None and spans[0].start <= one < spans[0].end for one in moments)


def key(value: Value) -> Any:
    """Something hashable that is the same for values that are the same, and of the same type."""
    if isinstance(value, list):
        return list, tuple(key(item) for item in value)
    if isinstance(value, dict):
        return dict, frozenset((name, key(item)) for name, item in value.items())
    return type(value), value


def moment_of(value: Value) -> int | None:
    """When a value is: a time itself, ISO 8601 (UTC unless it says otherwise; a day is its start),
    or milliseconds since 1970."""
    if isinstance(value, Moment):
        return value
    if isinstance(value, str):
        return _moment_of_text(value)
    if isinstance(value, Decimal):
        return int(value * 1000) if abs(value) < HIGHEST // 1000 else None
    return value.start if isinstance(value, Span) else None


def _moment_of_text(text: str) -> int | None:
    if not 10 <= len(text) <= 40 or text[4] != "-" or text[7] != "-":
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
        return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC))
    except (ValueError, OverflowError):
        return None
