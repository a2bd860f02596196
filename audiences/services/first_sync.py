"""What a first sync of a list would do: told by the list's beginning, before it is synced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiences.models import Source
from audiences.services.sources import ENDLESS, Patience, access_to
from audiences.sources.base import Access, Beginning, Kind, Profile, SourceError
from segments.models import Space
from segments.people import By, Named, find_people


@dataclass(frozen=True)
class FirstSync:
    """``looked_at`` people, the first of ``size`` (None: not told), are those whom the space knows,
    those who are new to it, and those of whom it can't be told who they are."""

    size: int | None
    looked_at: int
    known: int
    new: int
    unusable: int


def first_syncs(
    *,
    source: Source,
    lists: Sequence[tuple[Kind, str]],
    patience: Patience = ENDLESS,
) -> list[FirstSync]:
    """Of each of the lists (their kinds and the vendor's ids), what a first sync would do. One that
    its vendor is still working out tells nothing.

    :raises SourceError: one can't be read.
    """
    access = access_to(source, patience)
    return _told(source.space, [_beginning(source, access, kind, id) for kind, id in lists])


def _beginning(source: Source, access: Access, kind: Kind, id: str) -> Beginning:
    try:
        return source.kind.beginning(access, kind, id)
    except SourceError as error:
        if error.code != "not_ready":
            raise
        return Beginning([], None)


def _told(space: Space, found: Sequence[Beginning]) -> list[FirstSync]:
    names = [[_named(one) for one in beginning.people] for beginning in found]
    people = find_people(
        space=space, names=[name for ones in names for one in ones for name in one]
    )
    unknown, ambiguous = set(people.unknown), set(people.ambiguous)
    return [
        _count(beginning, ones, unknown, ambiguous)
        for beginning, ones in zip(found, names, strict=True)
    ]


def _count(
    beginning: Beginning, ones: list[list[Named]], unknown: set[Named], ambiguous: set[Named]
) -> FirstSync:
    known = new = 0
    for one in ones:
        meant = next((name for name in one if name not in unknown), None)  # as an import looks
        known += meant is not None and meant not in ambiguous
        new += bool(one) and meant is None
    return FirstSync(beginning.size, len(ones), known, new, len(ones) - known - new)


def _named(person: Profile) -> list[Named]:
    names = [
        (By.EXTERNAL_ID, person.external_id),
        (By.EMAIL, person.email),
        (By.PHONE, person.phone),
    ]
    return [Named(by, name) for by, name in names if name]
