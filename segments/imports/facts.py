"""The facts that a file's columns hold: as SQL, from its cells to the rows of memberships."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from segments.imports import metadata
from segments.imports.columns import Column, metadata_column
from segments.imports.header import METADATA
from segments.imports.staging import cell, new_id
from segments.models import Space

_HALVES = ("first_name", "last_name")


class Facts:
    """The columns of a file, by place. ``kept`` are given apart: they are no facts of the file."""

    def __init__(
        self,
        fields: Sequence[str | None],
        known: Mapping[str, Column],
        *,
        kept: Collection[str] = (),
    ) -> None:
        self.columns = [
            None if name is None else known.get(name) or metadata_column(name) for name in fields
        ]
        self._halves = [cell(fields.index(name)) for name in _HALVES if name in fields]
        self._names = [
            name for name in fields if name and name in known and name not in (*kept, *_HALVES)
        ]
        self._places = {name: at for at, name in enumerate(fields) if name is not None}
        self._keys = metadata.keys_of(
            {name: cell(at) for name, at in self._places.items() if name.startswith(METADATA)}
        )

    @property
    def names(self) -> list[str]:
        """The columns of a membership that the file has facts for."""
        halves = ["full_name"] if self._halves else []
        return [*self._names, *halves, *(["metadata"] if self._keys else [])]

    def read(self) -> str:
        """SQL to add the cells to a SELECT as values, each cast once: ``v0``, ``v1`` and so on.
        Fails where a cell can't be cast."""
        return "".join(
            f", {column.value(cell(at))} AS v{at}"
            for at, column in enumerate(self.columns)
            if column
        )

    def facts(self) -> str:
        """SQL to add the facts, by their names, to a SELECT from such values."""
        facts = []
        for at, column in enumerate(self.columns):
            if column and column.name in self._names:
                facts.append(f"{column.fact(f'v{at}')} AS {column.name}")
        if self._halves:
            facts.append(f"nullif(concat_ws(' ', {', '.join(self._halves)}), '') AS full_name")
        if self._keys:
            facts.append(f"{metadata.document(self._keys)} AS metadata")
        return "".join(f", {fact}" for fact in facts)

    def fail(self) -> str:
        """Whether any cell fails a check (SQL), or null."""
        fails = [
            column.fails(cell(at), f"v{at}") for at, column in enumerate(self.columns) if column
        ]
        return f"({' OR '.join(fails)})"

    def values(self) -> dict[str, str]:
        """By column of an existing membership ``m``: what the row ``c`` makes of it."""
        values = {name: f"c.{name}" for name in self.names}
        if "created_at" in values:
            values["created_at"] = "coalesce(c.created_at, m.created_at)"
        if self._keys:
            merged = metadata.merged("m.metadata", "c.metadata", self._keys)
            # Most often the file has all the metadata there is: comparing is less than merging.
            values["metadata"] = (
                f"CASE WHEN m.metadata = c.metadata THEN m.metadata ELSE {merged} END"
            )
        return values


def differs(values: Mapping[str, str]) -> str:
    """Whether any of the values is another than that of the membership ``m`` (SQL)."""
    return (
        " OR ".join(f"m.{name} IS DISTINCT FROM {value}" for name, value in values.items())
        or "false"
    )


def update(values: Mapping[str, str], rows: str, now: str) -> str:
    """The statement that brings memberships up to date from ``rows`` (SQL) with their ``number``s.
    Only those that differ are written."""
    changes = ", ".join(f"{name} = {value}" for name, value in values.items())
    return (
        f"UPDATE segments_membership AS m SET {changes}, updated_at = {now}"
        f" FROM {rows} AS c WHERE m.number = c.number AND ({differs(values)})"
    )


def count_updates(values: Mapping[str, str], rows: str) -> str:
    """The statement that counts what ``update`` would write."""
    return (
        f"SELECT count(*) FROM {rows} AS c JOIN segments_membership AS m USING (number)"
        f" WHERE {differs(values)}"
    )


def insert(space: Space, names: Collection[str], rows: str, now: str) -> str:
    """The statement that adds memberships from ``rows`` (SQL), numbered by their ``line``s."""
    values = {
        "id": new_id(),
        "space_number": str(space.pk),
        **{name: name for name in names},
        "created_at": f"coalesce(created_at, {now})" if "created_at" in names else now,
        "updated_at": now,
    }
    return (
        f"INSERT INTO segments_membership ({', '.join(values)})"
        f" SELECT {', '.join(values.values())} FROM {rows} AS c ORDER BY line"
    )
