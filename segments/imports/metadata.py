"""Columns ``metadata.a.b`` as one JSON object for each row, made and merged in SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from django.db import connection

from segments.imports.columns import quote
from segments.imports.refusals import WrongHeader
from segments.models import Space

# By key: the cell (SQL) that holds the value, or the keys within.
Keys: TypeAlias = "Mapping[str, str | Keys]"

# As JSON writes them. Fifteen digits at most: the most that every reader of JSON keeps exactly.
_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
_LONGEST_NUMBER = 15
_DEEPEST = 5
_MOST_ARGUMENTS = 100  # of a function of PostgreSQL
_BOOLEANS = "('true', 'false', 'TRUE', 'FALSE', 'True', 'False')"


def keys_of(cells: Mapping[str, str]) -> Keys:
    """The tree that the names (``metadata.a.b``) of the cells mean.

    :raises WrongHeader: when a name has an empty part, or names a value within another's value.
    """
    tree: dict[str, str | Keys] = {}
    for name, cell in cells.items():
        _, *path = name.split(".")
        if not all(path):
            raise WrongHeader(
                f"The column “{name}” has an empty name between its points. Name it such as "
                "metadata.city or metadata.address.city."
            )
        if len(path) > _DEEPEST:
            raise WrongHeader(f"The column “{name}” names more than {_DEEPEST} levels.")
        place = tree
        for key in path[:-1]:
            within = place.setdefault(key, {})
            if not isinstance(within, dict):
                raise _both(name)
            place = within
        if path[-1] in place:
            raise _both(name)
        place[path[-1]] = cell
    return tree


def document(keys: Keys) -> str:
    """SQL for the object of a row's cells; empty cells, and objects of only such, are left out.

    Written as text and read once: several times faster than ``jsonb_build_object``.
    """
    return f"({_text(keys)})::jsonb"


def merged(stored: str, given: str, keys: Keys) -> str:
    """SQL for ``stored`` with each of the keys as ``given`` has it, or gone where it hasn't.

    All other keys stay as they are. Both are SQL for JSON objects.
    """
    names = ", ".join(quote(key) for key in keys)
    result = f"({stored} - ARRAY[{names}]) || {given}"
    for key, within in keys.items():
        if not isinstance(within, str):
            result += f" || {_merged_within(f'({stored} -> {quote(key)})', given, key, within)}"
    return result


def _merged_within(stored: str, given: str, key: str, keys: Keys) -> str:
    """SQL for the object with nothing but this key, or with nothing at all."""
    is_object = f"jsonb_typeof({stored}) = 'object'"
    inner = merged(
        f"CASE WHEN {is_object} THEN {stored} ELSE '{{}}' END",
        f"coalesce({given} -> {quote(key)}, '{{}}')",
        keys,
    )
    return (
        f"CASE WHEN {is_object} OR {given} ? {quote(key)}"
        f" THEN jsonb_build_object({quote(key)}, {inner})"
        f" WHEN {stored} IS NOT NULL THEN jsonb_build_object({quote(key)}, {stored})"
        f" ELSE '{{}}' END"
    )


def _text(keys: Keys) -> str:
    parts = []
    for key, within in keys.items():
        value = _value(within) if isinstance(within, str) else f"nullif({_text(within)}, '{{}}')"
        parts.append(f"{quote(',' + json.dumps(key) + ':')} || {value}")  # null without a value
    groups = [parts[at : at + _MOST_ARGUMENTS] for at in range(0, len(parts), _MOST_ARGUMENTS)]
    joined = " || ".join(f"concat({', '.join(group)})" for group in groups)
    return f"'{{' || substr({joined}, 2) || '}}'"


def _value(cell: str) -> str:
    """SQL for the JSON text of a cell: a number or true or false where it reads as one."""
    return (
        f"CASE WHEN {cell} < ':' AND {cell} ~ '{_NUMBER}' AND length({cell}) <= {_LONGEST_NUMBER}"
        f" THEN {cell} WHEN {cell} IN {_BOOLEANS} THEN lower({cell})"
        f" ELSE to_json({cell})::text END"
    )


def _both(name: str) -> WrongHeader:
    return WrongHeader(
        f"The column “{name}” and another of the file can't both be: the one would be a value, the "
        "other a name within it."
    )


# Keys that a column can't name are left out: one with a point would be a key within another.
_KNOWN = """
SELECT DISTINCT fact.key FROM (
    SELECT metadata FROM segments_membership WHERE space_number = %s
    ORDER BY number DESC LIMIT 1000
) AS newest, jsonb_each(metadata) AS fact
WHERE jsonb_typeof(fact.value) <> 'object' AND fact.key <> '' AND fact.key NOT LIKE '%%.%%'
ORDER BY 1 LIMIT 200
"""


def known_facts(space: Space) -> list[str]:
    """The keys of the metadata of the newest members: what a column may hold besides the fields."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [space.pk])
        return [key for (key,) in cursor.fetchall()]
