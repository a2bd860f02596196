"""Changes to memberships, segments and the places in them. Everything that writes them calls these.

All functions are atomic. Values that a row can't have raise Django's ``ValidationError``, by field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from django.db import IntegrityError, connection, models, transaction

from segments.models import Membership, Segment, SegmentMembership, Space
from segments.models.row import Row

AnyRow = TypeVar("AnyRow", bound=Row)
AnyModel = TypeVar("AnyModel", bound=models.Model)
See = Callable[[models.QuerySet[Any]], models.QuerySet[Any]]  # leaves the rows that one may see


class InUse(Exception):
    """That something can't be deleted, because ``users`` refer to it; and so many more who are
    ``hidden`` from whoever asks."""

    def __init__(self, thing: models.Model, users: list[models.Model], hidden: int = 0) -> None:
        self.thing = thing
        self.users = users
        self.hidden = hidden
        named = in_words(users, hidden)
        super().__init__(f"“{thing}” is in use by {named}. Take it off them first, then delete it.")

    def as_seen(self, see: See) -> InUse:
        """The same for somebody who sees what ``see`` leaves of rows: the others are counted."""
        seen = seen_among(self.users, see)
        return InUse(self.thing, seen, len(self.users) - len(seen))


def seen_among(rows: Iterable[AnyModel], see: See) -> list[AnyModel]:
    """Those of the rows, of whatever kinds, that ``see`` leaves. A query for each kind."""
    rows = list(rows)
    seen = set()
    for kind in {type(row) for row in rows}:
        same = kind._default_manager.filter(pk__in=[one.pk for one in rows if type(one) is kind])
        seen |= {(kind, pk) for pk in see(same).values_list("pk", flat=True)}
    return [row for row in rows if (type(row), row.pk) in seen]


def with_unseen(
    wanted: Iterable[AnyModel], *, there: Sequence[AnyModel], see: See
) -> list[AnyModel]:
    """What somebody wants to be there instead, and what they don't see of what is: that stays, each
    at its place."""
    seen, kept = seen_among(there, see), list(wanted)
    for place, row in enumerate(there):
        if row not in seen:
            kept.insert(place, row)
    return kept


def in_words(users: Sequence[models.Model], hidden: int = 0) -> str:
    """What uses something: ten by name, the others by their number."""
    more = len(users[10:])
    said = [
        ", ".join(f"“{user}”" for user in users[:10]),
        f"{more} more" if more else "",
        f"{hidden} that you may not see" if hidden else "",
    ]
    return " and ".join(filter(None, said))


class Change(NamedTuple):
    """How many places in a segment a call really changed."""

    added: int
    removed: int


@transaction.atomic
def save_row(row: AnyRow, **values: Any) -> AnyRow:
    """Set the values on a new or existing row, check it whole, and save it.

    :raises ValidationError: naming each field at fault; nothing is saved then.
    """
    for name, value in values.items():
        setattr(row, name, value)
    row.full_clean()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        row.full_clean()  # says so, where another took the same name between check and save
        raise
    return row


@transaction.atomic
def delete_row(row: Row) -> None:
    """Delete a row that nothing refers to.

    :raises InUse: naming what refers to it; nothing is deleted then.
    """
    try:
        row.delete()
    except models.ProtectedError as error:
        raise InUse(row, holders(error.protected_objects)) from error


def holders(protected: Iterable[models.Model]) -> list[models.Model]:
    """Who holds on to a row: of rows that say that it is used (``held_by``), those who use it. A
    query for each kind of them."""
    held_by: dict[models.Model, str | None] = {
        one: getattr(one, "held_by", None) for one in protected
    }
    for kind in {type(one) for one, name in held_by.items() if name}:
        same = [one for one in held_by if type(one) is kind]
        models.prefetch_related_objects(same, str(held_by[same[0]]))
    return list(dict.fromkeys(getattr(one, name) if name else one for one, name in held_by.items()))


@transaction.atomic
def add_members(*, segment: Segment, memberships: Iterable[int]) -> Change:
    """Give memberships (their numbers) a place in the segment; those in it already keep theirs."""
    return Change(added=_insert(segment, list(memberships)), removed=0)


@transaction.atomic
def remove_members(*, segment: Segment, memberships: Iterable[int]) -> Change:
    """Take away the memberships' places in the segment; those not in it are passed over."""
    places = SegmentMembership.objects.filter(segment=segment, membership__in=list(memberships))
    return Change(added=0, removed=places.delete()[0])


@transaction.atomic
def replace_members(*, segment: Segment, memberships: Iterable[int]) -> Change:
    """Make these memberships, and no others, the members of the segment."""
    numbers = list(memberships)
    others = SegmentMembership.objects.filter(segment=segment).exclude(membership__in=numbers)
    removed = others.delete()[0]
    return Change(added=_insert(segment, numbers), removed=removed)


@transaction.atomic
def copy_members(*, source: Segment, to: Segment) -> Change:
    """Give the members of one segment a place in another of the same space, too."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO segments_segmentmembership (space_number, segment_number, membership_number)
            SELECT space_number, %s, membership_number FROM segments_segmentmembership
            WHERE segment_number = %s
            ON CONFLICT (segment_number, membership_number) DO NOTHING
            """,
            [to.pk, source.pk],
        )
        return Change(added=int(cursor.rowcount), removed=0)


def _insert(segment: Segment, memberships: list[int]) -> int:
    """Add the places that are missing, in one statement; the number of those."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO segments_segmentmembership (space_number, segment_number, membership_number)
            SELECT %s, %s, number FROM unnest(%s::int[]) AS number
            ON CONFLICT (segment_number, membership_number) DO NOTHING
            """,
            [segment.space_id, segment.pk, memberships],
        )
        return int(cursor.rowcount)


def memberships_by_external_id(*, space: Space, external_ids: Iterable[str]) -> dict[str, int]:
    """The numbers of the space's memberships with these external ids; unknown ids are left out."""
    found = Membership.objects.filter(space=space, external_id__in=list(external_ids))
    return dict(found.values_list("external_id", "number"))
