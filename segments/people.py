"""Finding people by what other systems know of them: an external id, an e-mail address, a phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from segments.models import Space
from segments.phones import e164, ending


class By(StrEnum):
    """What people are named by."""

    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody, as a client names them."""

    by: By
    name: str


@dataclass(frozen=True)
class People:
    """Those who were found, each once; and the names of nobody, and of more than one."""

    numbers: set[int]
    unknown: list[Named]
    ambiguous: list[Named]


_FIND = {
    By.EXTERNAL_ID: "m.external_id = name",
    By.EMAIL: "lower(m.email) = lower(name)",
}


def find_people(*, space: Space, names: Iterable[Named]) -> People:
    """The memberships that the names mean, in one query for each way to name them.

    An index answers for external ids; for the others every membership of the space is read, however
    many names there are.
    """
    wanted = list(dict.fromkeys(names))
    found: dict[Named, list[int]] = {}
    for by in By:
        found |= _find(space, by, [one.name for one in wanted if one.by == by])
    return People(
        {found[one][0] for one in wanted if len(found.get(one, ())) == 1},
        [one for one in wanted if one not in found],
        [one for one in wanted if len(found.get(one, ())) > 1],
    )


def _find(space: Space, by: By, names: Sequence[str]) -> dict[Named, list[int]]:
    """The numbers of the memberships that each name means; names of nobody are left out."""
    if not names:
        return {}
    if by == By.PHONE:
        return _find_phones(space, names)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT given, array_agg(m.number) FROM unnest(%s::text[], %s::text[])"
            f" AS named (given, name) JOIN segments_membership m ON {_FIND[by]}"
            " WHERE m.space_number = %s GROUP BY given",
            [list(names), [name.strip() for name in names], space.pk],
        )
        return {Named(by, given): numbers for given, numbers in cursor.fetchall()}


def _find_phones(space: Space, names: Sequence[str]) -> dict[Named, list[int]]:
    """The same for phones, which are one where they are one in E.164: only those that end alike
    are looked at."""
    read = {name: e164(name, space.country) or name.strip() for name in names}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT number, phone FROM segments_membership WHERE space_number = %s"
            f" AND {ending('phone')} IN (SELECT {ending('name')} FROM unnest(%s::text[]) AS name)",
            [space.pk, list(set(read.values()))],
        )
        numbers: dict[str, list[int]] = {}
        for number, phone in cursor.fetchall():
            numbers.setdefault(e164(phone, space.country) or phone.strip(), []).append(number)
    return {
        Named(By.PHONE, name): numbers[phone] for name, phone in read.items() if phone in numbers
    }
