"""The catalogue of fields: what a rule can ask for, in this space.

What is in the metadata is counted over all memberships of a small space, and over a sample of a
large one: its numbers are cut into equal runs, and of each the first hundred memberships are read.
Counting all would read every document: 22 s for a million, where the sample takes 0.2 s.
"""

from __future__ import annotations

import datetime
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

import orjson
from django.db import connection

from audiences.rules import fields
from audiences.rules.fields import METADATA, Kind
from audiences.rules.operators import NEGATIVES, candidates, names
from audiences.rules.sentence import negation
from audiences.services.kept_facts import SECONDS, is_unchanged, last_taking
from segments.models import Space

SAMPLED = 10_000  # memberships of a space that are read at most
RUN = 100  # of them that are neighbours
DEEPEST = 5  # names in a path that is listed; a rule may ask for deeper ones
MOST_PATHS = 500
MOST_VALUES = 10
_MOST_KEPT = 100  # spaces whose fields a process keeps
_LONGEST_VALUE = 100
_LARGEST_VALUE = 1 << 53  # up to here every reader of JSON keeps a number exactly

Held = tuple[str, str, type, Any]  # a path, a key in it, the class of its value (of True not int)


@dataclass(frozen=True)
class FieldOperator:
    """An operator as one may write it. ``takes`` are the forms of its value: in metadata there may
    be several, each read in its own way."""

    name: str
    label: str
    takes: list[str]
    negative: bool


@dataclass
class Seen:
    """What was found at one path of the metadata."""

    types: Counter[str] = field(default_factory=Counter)
    values: Counter[Any] = field(default_factory=Counter)


@dataclass(frozen=True)
class RuleField:
    """A field, and for a path of the metadata what the space's memberships have there.

    ``members`` is how many have a value, and ``types`` how many by its type; unless ``exact``,
    these and the counts of ``values`` are scaled up from a sample.
    """

    name: str
    label: str
    kind: Kind
    operators: list[FieldOperator]
    types: dict[str, int] | None = None
    members: int | None = None
    values: list[tuple[Any, int]] | None = None
    exact: bool | None = None


def rule_fields(*, space: Space) -> list[RuleField]:
    """All the fields: the columns first, then the paths of the metadata, the commonest first.

    Those of a large space are kept in the process, as long as no membership changes. Shared: read
    them, don't change them.
    """
    kept = None if connection.in_atomic_block else _kept.get(space.pk)
    if kept and kept.still_holds(space):
        return kept.fields
    position, read_at = last_taking(space.pk), time.time()
    listed, everyone = _list(space)
    if everyone > SAMPLED and not connection.in_atomic_block:  # what is kept must be committed
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[space.pk] = _Kept(listed, position, read_at)
    return listed


@dataclass(frozen=True)
class _Kept:
    fields: list[RuleField]
    position: int
    read_at: float

    def still_holds(self, space: Space) -> bool:
        is_fresh = 0 <= time.time() - self.read_at < SECONDS
        return is_fresh and is_unchanged(space=space.pk, position=self.position)


_kept: dict[int, _Kept] = {}  # by the space


def _list(space: Space) -> tuple[list[RuleField], int]:
    found, read, everyone = _read(space)
    commonest = sorted(found, key=lambda name: (-found[name].types.total(), name))[:MOST_PATHS]
    listed = [
        *(_field(name) for name in fields.FIELDS),
        *(_path(name, found[name], read, everyone) for name in commonest),
    ]
    return listed, everyone


def rule_field(*, space: Space, name: str) -> RuleField:
    """One field; a path that no membership has is one too.

    :raises LookupError: there is no field of that name.
    """
    if not fields.is_field(name):
        raise LookupError(name)
    if not name.startswith(METADATA):
        return _field(name)
    found, read, everyone = _read(space)
    return _path(name, found.get(name, Seen()), read, everyone)


def operators_of(known: fields.Field) -> list[FieldOperator]:
    """The operators on a field: the positive ones in their order, then the negative."""
    found = []
    for name in names(known):
        same = candidates(known, NEGATIVES.get(name, name))
        words, negative = same[0].words, name in NEGATIVES
        said = _label(negation(words) if negative else words)
        found.append(FieldOperator(name, said, [one.takes for one in same], negative))
    return found


def _label(words: str) -> str:
    return words.removesuffix("{}").strip().replace("{}", "…")


def _field(name: str) -> RuleField:
    known = fields.get(name)
    return RuleField(name, known.label, known.kind, operators_of(known))


def _path(name: str, seen: Seen, read: int, everyone: int) -> RuleField:
    def scale(count: int) -> int:
        return round(count * everyone / read) if read else 0

    known = fields.get(name)
    return RuleField(
        name,
        known.label,
        known.kind,
        operators_of(known),
        types={type: scale(count) for type, count in seen.types.most_common()},
        members=scale(seen.types.total()),
        values=[(value, scale(count)) for (_, value), count in _commonest(seen.values)],
        exact=read == everyone,
    )


def _commonest(values: Counter[Any]) -> list[tuple[tuple[str, Any], int]]:
    ordered = sorted(values.items(), key=lambda item: (-item[1], str(item[0])))
    return ordered[:MOST_VALUES]


_ALL = "SELECT textsend(metadata::text) AS run FROM segments_membership WHERE space_number = %s"
_SAMPLE = """
SELECT textsend(metadata::text) AS run FROM
    (SELECT min(number) AS low, max(number) AS high FROM segments_membership
        WHERE space_number = %(space)s) AS ends,
    LATERAL (SELECT (high - low) / %(runs)s + 1 AS width) AS cut,
    LATERAL generate_series(low, high, width) AS start,
    LATERAL (SELECT metadata FROM segments_membership
        WHERE space_number = %(space)s AND number >= start AND number < start::int8 + width
        ORDER BY number LIMIT %(run)s) AS sampled
"""


def _read(space: Space) -> tuple[dict[str, Seen], int, int]:
    """What is at each path; of how many memberships; and how many there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM segments_membership WHERE space_number = %s", [space.pk]
        )
        everyone: int = cursor.fetchone()[0]
        joined = "SELECT string_agg(run, '\\x00'::bytea) FROM ({}) AS runs"
        if everyone <= SAMPLED:
            cursor.execute(joined.format(_ALL), [space.pk])
        else:
            asked = {"space": space.pk, "runs": SAMPLED // RUN, "run": RUN}
            cursor.execute(joined.format(_SAMPLE), asked)
        run = cursor.fetchone()[0]
    found: defaultdict[str, Seen] = defaultdict(Seen)
    documents = bytes(run).split(b"\0") if run else []
    plain: list[Held] = []
    for document in documents:
        if b"[" in document:  # in an array a path or value may come several times
            _note(found, _loads(document))
        else:
            _flatten(plain, _loads(document), METADATA.rstrip("."), 1)
    _note_plain(found, Counter(plain))
    return found, len(documents), everyone


def _loads(document: bytes) -> dict[str, Any]:
    try:
        read = orjson.loads(document)
    except orjson.JSONDecodeError:  # numbers and depths that PostgreSQL keeps and orjson doesn't
        read = json.loads(document)
    return dict(read)


def _flatten(into: list[Held], document: dict[str, Any], path: str, depth: int) -> None:
    """Add what a membership without arrays has. What a rule can't ask for is left out later: most
    of it comes again and again."""
    for key, value in document.items():
        kind = value.__class__
        if kind is not dict:
            into.append((path, key, kind, value))
            continue
        into.append((path, key, dict, None))
        if depth < DEEPEST and key and "." not in key:
            _flatten(into, value, f"{path}.{key}", depth + 1)


def _note_plain(found: defaultdict[str, Seen], held: Counter[Held]) -> None:
    """Note each thing once that so many memberships have."""
    for (path, key, kind, value), count in held.items():
        if not key or "." in key or kind is NoneType:
            continue
        seen = found[f"{path}.{key}"]
        type = "object" if kind is dict else _type(value)
        seen.types[type] += count
        if kind is not dict and _is_shown(value):
            seen.values[type, value] += count


def _note(found: defaultdict[str, Seen], document: dict[str, Any]) -> None:
    """Note what one membership has: at each path each type and each value once."""
    types: dict[str, str] = {}
    values: set[tuple[str, str, Any]] = set()
    for name, value in _walk(document, METADATA.rstrip("."), 1):
        types.setdefault(name, _type(value))
        for one in value if isinstance(value, list) else [value]:
            if _is_shown(one):
                values.add((name, _type(one), one))
    for name, type in types.items():
        found[name].types[type] += 1
    for name, type, one in values:
        found[name].values[type, one] += 1


def _walk(document: dict[str, Any], path: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Each path that a rule can ask for, with its value; steps over arrays, as rules do."""
    for key, value in document.items():
        if not key or "." in key or value is None:
            continue
        name = f"{path}.{key}"
        yield name, value
        if depth < DEEPEST:
            for inner in value if isinstance(value, list) else [value]:
                if isinstance(inner, dict):
                    yield from _walk(inner, name, depth + 1)


def _type(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "date" if _is_date(value) else "text"


def _is_date(text: str) -> bool:
    if not 10 <= len(text) <= 40 or text[4] != "-":
        return False
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_shown(value: Any) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= _LONGEST_VALUE
    return isinstance(value, int | float) and abs(value) < _LARGEST_VALUE
