"""Fanfare's operators, said as conditions of ours (``audiences.rules.document``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from audiences.rules.fields import Field, Kind

Document = dict[str, Any]
Values = Sequence[str | int | float | bool | None]

_DATES = (Kind.DATE, Kind.MOMENT)
_is_day = re.compile(r"\d{4}-\d\d-\d\d").fullmatch
_begins_with_day = re.compile(r"\d{4}-\d\d-\d\d([T ]|$)").match
_duration = re.compile(r"\s*(\d{1,6})\s*(hour|day|week|month|year)s?\s*", re.IGNORECASE).fullmatch
_COMPARISONS = {  # of numbers, and of dates
    "GREATER_THAN": ("greater", "after"),
    "GREATER_THAN_OR_EQUAL": ("greater_or_equal", "on_or_after"),
    "LESS_THAN": ("less", "before"),
    "LESS_THAN_OR_EQUAL": ("less_or_equal", "on_or_before"),
}
_NEGATIVES = {
    "NOT_EQUALS": "EQUALS",
    "NOT_IN": "IN",
    "NOT_CONTAINS": "CONTAINS",
    "NOT_EXISTS": "EXISTS",
    "NOT_WITHIN": "WITHIN",
}
_SPELLINGS = {
    "EQ": "EQUALS",
    "EQUAL": "EQUALS",
    "NEQ": "NOT_EQUALS",
    "NOTEQUAL": "NOT_EQUALS",
    "GT": "GREATER_THAN",
    "AFTER": "GREATER_THAN",
    "GTE": "GREATER_THAN_OR_EQUAL",
    "GREATEROREQUAL": "GREATER_THAN_OR_EQUAL",
    "LT": "LESS_THAN",
    "BEFORE": "LESS_THAN",
    "LTE": "LESS_THAN_OR_EQUAL",
    "LESSOREQUAL": "LESS_THAN_OR_EQUAL",
    "ISNOTEMPTY": "EXISTS",
    "ISEMPTY": "NOT_EXISTS",
}


class Unsayable(ValueError):
    """That an operator can't be used so. ``place`` is operator or values."""

    def __init__(self, place: str, message: str) -> None:
        self.place = place
        super().__init__(message)


def operator_of(name: object) -> str:
    """The operator that is meant, in whichever of Fanfare's spellings: ``GREATER_THAN`` and
    ``greaterThan``, ``IS_EMPTY`` and ``isEmpty``.

    :raises Unsayable: there is none of that name.
    """
    said = re.sub(r"[^A-Z]", "", str(name).upper()) if isinstance(name, str) else ""
    for known in OPERATORS:
        if said == known.replace("_", ""):
            return known
    if said in _SPELLINGS:
        return _SPELLINGS[said]
    choices = ", ".join(OPERATORS)
    raise Unsayable("operator", f"{name!r} is not an operator. Give one of {choices}.")


def condition(field: Field, operator: str, values: Values, *, is_array: bool) -> Document:
    """The condition that a rule means.

    :raises Unsayable: the operator doesn't take such values.
    """
    if operator in _NEGATIVES:
        inner = condition(field, _NEGATIVES[operator], values, is_array=is_array)
        return {"not": inner}
    if operator == "CONTAINS" and is_array:
        operator = "HAS_ANY"
    if operator in _COMPARISONS:
        return _compared(field, operator, _one(values))
    return _SAID[operator](field, values)


def _leaf(field: Field, operator: str, value: Any = None) -> Document:
    leaf = {"field": field.name, "operator": operator}
    return leaf if value is None else {**leaf, "value": value}


def _any(parts: list[Document]) -> Document:
    return parts[0] if len(parts) == 1 else {"any": parts}


def _one(values: Values) -> Any:
    if len(values) != 1 or values[0] is None:
        raise Unsayable("values", "Give one value.")
    return values[0]


def _some(values: Values) -> Values:
    if not values:
        raise Unsayable("values", "Give one value or more.")
    return values


def _compared(field: Field, operator: str, value: Any) -> Document:
    of_numbers, of_dates = _COMPARISONS[operator]
    dated = isinstance(value, str) and bool(_begins_with_day(value))
    is_date = field.kind in _DATES or (field.kind == Kind.ANY and dated)
    return _leaf(field, of_dates if is_date else of_numbers, value)


def _equals(field: Field, values: Values) -> Document:
    known = list(dict.fromkeys((type(one), one) for one in _some(values) if one is not None))
    parts = [_leaf(field, "is_missing")] if None in values else []
    return _any([*parts, *_alike(field, [value for _, value in known])])


def _alike(field: Field, values: list[Any]) -> list[Document]:
    if field.kind in _DATES:
        return [_on(field, value) for value in values]
    if field.kind == Kind.TEXT:
        values = [_text(value) for value in values]
    of_text = all(isinstance(value, str) for value in values)
    of_numbers = all(type(value) in (int, float) for value in values)
    if len(values) > 1 and (of_text or of_numbers):
        return [_leaf(field, "in", values)]
    return [_leaf(field, "equals", value) for value in values]


def _text(value: Any) -> Any:
    return str(value) if type(value) in (int, float) else value


def _on(field: Field, value: Any) -> Document:
    if isinstance(value, str) and not _is_day(value):
        return _leaf(field, "between", [value, value])
    return _leaf(field, "on", value)


def _between(field: Field, values: Values) -> Document:
    if len(values) != 2:
        raise Unsayable("values", "Give two values, the lower first.")
    return _leaf(field, "between", list(values))


def _exists(field: Field, values: Values) -> Document:
    if values:
        raise Unsayable("values", "This operator takes no values. Leave them out.")
    return _leaf(field, "is_present")


def _within(field: Field, values: Values) -> Document:
    said = " ".join(str(value) for value in values)
    found = _duration(f"{said} days" if said.strip().isdecimal() else said)
    if not found:
        raise Unsayable("values", "Give a length of time, such as “30 days”.")
    span = {"amount": int(found[1]), "unit": found[2].lower()}
    return _leaf(field, "within_last", span)


def _each(operator: str) -> Callable[[Field, Values], Document]:
    def said(field: Field, values: Values) -> Document:
        return _any([_leaf(field, operator, _text(value)) for value in _some(values)])

    return said


def _together(operator: str) -> Callable[[Field, Values], Document]:
    return lambda field, values: _leaf(field, operator, list(_some(values)))


_SAID: dict[str, Callable[[Field, Values], Document]] = {
    "EQUALS": _equals,
    "IN": _equals,
    "CONTAINS": _each("contains"),
    "STARTS_WITH": _each("starts_with"),
    "ENDS_WITH": _each("ends_with"),
    "BETWEEN": _between,
    "EXISTS": _exists,
    "WITHIN": _within,
    "HAS_ANY": _together("has_any"),
    "HAS_ALL": _together("has_all"),
}
OPERATORS = (*_COMPARISONS, *_SAID, *_NEGATIVES)

# Back again: which operator may have been meant by one of ours. The first that means the same is.
_BACK = {
    "equals": "EQUALS",
    "on": "EQUALS",
    "in": "IN",
    "not_equals": "NOT_EQUALS",
    "not_in": "NOT_IN",
    "not_contains": "NOT_CONTAINS",
    "contains": "CONTAINS",
    "starts_with": "STARTS_WITH",
    "ends_with": "ENDS_WITH",
    "between": "BETWEEN",
    "is_present": "EXISTS",
    "is_missing": "NOT_EXISTS",
    "within_last": "WITHIN",
    "has_any": "HAS_ANY",
    "has_all": "HAS_ALL",
    **{ours: name for name, both in _COMPARISONS.items() for ours in both},
}


def said_by(leaf: Document) -> tuple[str, list[Any]] | None:
    """The operator and values that a condition of ours may be said by, if any are."""
    operator = _BACK.get(leaf["operator"])
    if operator is None or leaf.get("case_sensitive"):
        return None
    value = leaf.get("value")
    if isinstance(value, dict):
        return operator, [f"{value['amount']} {value['unit']}s"]
    return operator, value if isinstance(value, list) else [] if value is None else [value]
