"""Lists by hand, from the side of one list: many memberships at once, and how many changed."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from audiences.models import Audience, Listed, ListedMembership
from audiences.services.define import list_by_hand
from segments.models import Membership
from segments.services import Change


def listed_memberships(*, audience: Audience, listed: Listed) -> QuerySet[Membership]:
    """The memberships on one list of the audience."""
    return Membership.objects.filter(pk__in=_rows(audience, listed).values("membership"))


@transaction.atomic
def put_on_list(*, audience: Audience, memberships: Iterable[int], listed: Listed) -> Change:
    """Put memberships (their numbers) on the list; who was on the other list no longer is."""
    wanted = set(memberships)
    new = wanted - _numbers(audience, listed, wanted)
    list_by_hand(audience=audience, memberships=sorted(new), listed=listed)
    return Change(added=len(new), removed=0)


@transaction.atomic
def take_off_list(*, audience: Audience, memberships: Iterable[int], listed: Listed) -> Change:
    """Leave those of the memberships that are on the list to the rule again."""
    rows = _rows(audience, listed).filter(membership__in=list(memberships))
    return Change(added=0, removed=rows.delete()[0])


@transaction.atomic
def make_list(*, audience: Audience, memberships: Iterable[int], listed: Listed) -> Change:
    """Make these memberships, and no others, those on the list."""
    numbers = list(memberships)
    removed = _rows(audience, listed).exclude(membership__in=numbers).delete()[0]
    return put_on_list(audience=audience, memberships=numbers, listed=listed)._replace(
        removed=removed
    )


def _rows(audience: Audience, listed: Listed) -> QuerySet[ListedMembership]:
    return ListedMembership.objects.filter(audience=audience, listed=listed)


def _numbers(audience: Audience, listed: Listed, among: set[int]) -> set[int]:
    rows = _rows(audience, listed).filter(membership__in=among)
    return set(rows.values_list("membership", flat=True))
