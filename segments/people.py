"""Finding people by what other systems know of them: an external id, an e-mail address, a phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from segments.models import Space
from segments.phones import e164


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


# Each name in the forms under which the space may know it. E-mail addresses differ in more than
# capitals; phones are stored as they came or in E.164.
_FIND = {
    By.EXTERNAL_ID: "m.external_id = form",
    By.EMAIL: "lower(m.email) = lower(form)",
    By.PHONE: "m.phone = form",
}


def find_people(*, space: Space, names: Iterable[Named]) -> People:
    """The memberships that the names mean, in one query for each way to name them.

    An index answers for external ids; for the others every membership of the space is read (0.3 s
    for a million), however many names there are.
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
    forms = [(name, form) for name in names for form in _forms(space, by, name)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, array_agg(DISTINCT m.number)"
            " FROM unnest(%s::text[], %s::text[]) AS named (name, form)"
            f" JOIN segments_membership m ON {_FIND[by]} WHERE m.space_number = %s GROUP BY name",
            [[name for name, _ in forms], [form for _, form in forms], space.pk],
        )
        return {Named(by, name): numbers for name, numbers in cursor.fetchall()}


def _forms(space: Space, by: By, name: str) -> set[str]:
    number = e164(name, space.country) if by == By.PHONE else None
    return {name.strip(), number} if number else {name.strip()}
