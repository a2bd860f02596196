"""A membership's metadata as rows of a name, a kind and a value, each kept as what it is."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.widgets import Script
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

KINDS = {
    "text": "Text",
    "number": "Number",
    "flag": "Yes/no",
    "nothing": "Empty",
    "json": "JSON",
}
BLANK_ROWS = 2  # to be filled; a script adds more
_FLAGS = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True)
class Row:
    name: str = ""
    kind: str = "text"
    value: str = ""


class MetadataWidget(forms.Widget):
    class Media:
        js = [Script("segments/metadata.js", defer=True)]

    def format_value(self, value: Any) -> list[Row]:
        if isinstance(value, list):
            return value
        return [_row(name, value[name]) for name in sorted(value or {})]

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        rows = [*self.format_value(value), *(Row() for _ in range(BLANK_ROWS))]
        context = {"name": name, "rows": rows, "kinds": KINDS}
        return render_to_string("admin/segments/metadata.html", context)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        parts = [data.getlist(f"{name}-{part}") for part in ("name", "kind", "value")]
        return [
            Row(key, kind, value.replace("\r\n", "\n"))
            for key, kind, value in zip(*parts, strict=False)
            if key or value
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-name" not in data

    def id_for_label(self, id_: str) -> str:
        return ""  # it is a group of fields, each with a label of its own


class MetadataField(forms.Field):
    """Gives a dict. Each row that can't be used is told by its name."""

    widget = MetadataWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, label="Other facts", **kwargs)
        self.known: frozenset[str] = frozenset()  # names that are kept as they are

    def clean(self, value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        problems = []
        for row in value or []:
            name = row.name if row.name in self.known else row.name.strip()
            try:
                if not name and name not in self.known:
                    raise ValidationError(f"“{row.value}” has no name. Give it one, or empty it.")
                if name in found:
                    raise ValidationError(f"“{name}” is there twice. Keep one of them.")
                found[name] = _read(name, row)
            except ValidationError as problem:
                problems.append(problem)
        if problems:
            raise ValidationError(problems)
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return _written(self.clean(data)) != _written(initial or {})
        except ValidationError:
            return True


def _written(value: Any) -> str:
    """To Python 1 is true; as JSON they are two values."""
    return json.dumps(value, sort_keys=True)


def _row(name: str, value: Any) -> Row:
    if value is None:
        return Row(name, "nothing")
    if isinstance(value, bool):
        return Row(name, "flag", "yes" if value else "no")
    if isinstance(value, int | float):
        return Row(name, "number", json.dumps(value))
    if isinstance(value, str) and "\r" not in value:  # which browsers would change
        return Row(name, "text", value)
    return Row(name, "json", json.dumps(value, ensure_ascii=False))


def _read(name: str, row: Row) -> Any:
    """The value of a row.

    :raises ValidationError: it isn't of its kind.
    """
    read: dict[str, Callable[[str], Any]] = {
        "text": lambda text: text,
        "number": _number,
        "flag": lambda text: _FLAGS[text.strip().casefold()],
        "nothing": _nothing,
        "json": lambda text: json.loads(text, parse_constant=_number),
    }
    right = {
        "number": "a number, such as 12.5",
        "flag": "yes or no",
        "nothing": "left empty, or of another kind",
        "json": 'JSON, such as ["a", "b"]',
    }
    try:
        value = read[row.kind](row.value)
    except (KeyError, ValueError, RecursionError) as error:
        told = right.get(row.kind, f"one of {', '.join(KINDS.values())}")
        raise ValidationError(f"“{row.value}” of “{name}” must be {told}.") from error
    _check_texts(name, value)
    return value


def _number(text: str) -> int | float:
    value = json.loads(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(text)
    return value


def _nothing(text: str) -> None:
    if text.strip():
        raise ValueError(text)


def _check_texts(name: str, value: Any) -> None:
    """PostgreSQL's texts hold every character but U+0000, and no half of one.

    :raises ValidationError: one has such a character.
    """
    inner: Any = [value]
    if isinstance(value, Mapping):
        inner = [*value, *value.values()]
    elif isinstance(value, list):
        inner = value
    for one in inner:
        if isinstance(one, str) and ("\0" in one or any("\ud800" <= c <= "\udfff" for c in one)):
            raise ValidationError(f"“{name}” has a character that can't be kept. Take it out.")
        if isinstance(one, Mapping | list):
            _check_texts(name, one)
