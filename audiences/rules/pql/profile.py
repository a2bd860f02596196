"""What a name at the root of an expression means: our fields, the XDM names of them, or metadata.

The XDM names are those of section 1.8 of our notes on the language: a client's expression that asks
for ``personalEmail.address`` is answered from the membership's e-mail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from audiences.rules import fields
from audiences.rules.pql.times import date_of
from audiences.rules.pql.values import DAY, Moment, Value

Path = tuple[str, ...]

FIELDS = {
    "id": "id",
    "externalId": "external_id",
    "email": "email",
    "phone": "phone",
    "fullName": "full_name",
    "birthday": "birthday",
    "totalOrders": "total_orders",
    "totalOrderValue": "total_order_value",
    "lastOrderAt": "last_order_at",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}
ALIASES: dict[Path, str] = {
    ("personalEmail", "address"): "email",
    ("workEmail", "address"): "email",
    ("mobilePhone", "number"): "phone",
    ("homePhone", "number"): "phone",
    ("person", "name", "fullName"): "fullName",
    ("person", "birthDate"): "birthday",
    ("_repo", "createDate"): "createdAt",
    ("identityMap", "crmId"): "externalId",
}
_NAMES: dict[Path, str] = {(name,): field for name, field in FIELDS.items()} | {
    path: FIELDS[name] for path, name in ALIASES.items()
}


def _part_of_birthday(part: str) -> Callable[[Value], Value]:
    return lambda born: None if born is None else Decimal(getattr(date_of(born), part))


def _word(place: int) -> Callable[[Value], Value]:
    def word(name: Value) -> Value:
        words = (name or "").split()
        return words[place] if words else None

    return word


# What is worked out of a field.
_PARTS: dict[Path, tuple[str, Callable[[Value], Value]]] = {
    ("person", "name", "firstName"): ("full_name", _word(0)),
    ("person", "name", "lastName"): ("full_name", _word(-1)),
    ("person", "birthYear"): ("birthday", _part_of_birthday("year")),
    ("person", "birthMonth"): ("birthday", _part_of_birthday("month")),
    ("person", "birthDay"): ("birthday", _part_of_birthday("day")),
}
EVENTS, SEGMENTS = "xEvent", "segmentMembership"


def as_it_is(value: Value) -> Value:
    return value


@dataclass(frozen=True)
class Place:
    """Where a path leads: the field or column it reads, what is made of that, and the steps of the
    path that are left."""

    reads: str
    made: Callable[[Value], Value] = as_it_is
    rest: Path = ()


def place_of(path: Path) -> Place:
    """What a path from the root reads; of events and segments it is not for this to say."""
    for length in range(min(3, len(path)), 0, -1):
        head, rest = path[:length], path[length:]
        if head in _NAMES:
            return Place(_NAMES[head], rest=rest)
        if head in _PARTS:
            name, made = _PARTS[head]
            return Place(name, made, rest)
    steps = path[1:] if path[0] == "metadata" else path
    if not steps:
        return Place("metadata")
    most = fields.LONGEST_PATH
    return Place(".".join(("metadata", *steps[:most])), rest=steps[most:])


def is_step(name: str) -> bool:
    """Whether a key can be a step of a path into the metadata, and not a place in an array."""
    return bool(name) and not name[0].isdigit() and not set(name) & set(". \x00-+")


def value_of(name: str, seen: Any) -> Value:
    """A field's value as expressions have it, from the form in which fields compare theirs."""
    if seen is None or name.startswith("metadata"):
        return seen
    match fields.get(name).kind:
        case fields.Kind.NUMBER | fields.Kind.MONEY:
            return Decimal(int(seen)).scaleb(-fields.get(name).scale)
        case fields.Kind.DATE:
            return Moment(int(seen) * DAY)
        case fields.Kind.MOMENT:
            return Moment(seen)
    return str(seen)
