"""Putting members on a static list, and taking them off: the one way in for the API and the admin.

Who is meant is named by membership, or as other systems know people: by external id, e-mail or
phone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction

from audiences.models import Audience
from audiences.services.own_list import list_of
from segments.people import Named, find_people
from segments.services import Change, add_members, remove_members, replace_members


class NotByHand(Exception):
    """That who is in an audience follows from something else than who is put in it."""

    def __init__(self, audience: Audience) -> None:
        super().__init__(
            f"Who is in “{audience}” follows from {audience.type.follows}. Change that, or put "
            "members on its list “included” or “excluded”."
        )


def check_by_hand(audience: Audience) -> None:
    """:raises NotByHand: members are not put into this audience, nor taken off it."""
    if audience.type.follows:
        raise NotByHand(audience)


@transaction.atomic
def enrol(*, audience: Audience, memberships: Iterable[int]) -> Change:
    """Put memberships (their numbers) on the list; those on it already stay.

    :raises NotByHand: it isn't a static list.
    """
    check_by_hand(audience)
    return add_members(segment=list_of(audience), memberships=sorted(memberships))


@transaction.atomic
def withdraw(*, audience: Audience, memberships: Iterable[int]) -> Change:
    """Take memberships off the list; those not on it are passed over.

    :raises NotByHand: it isn't a static list.
    """
    check_by_hand(audience)
    return remove_members(segment=list_of(audience), memberships=sorted(memberships))


@transaction.atomic
def enrol_only(*, audience: Audience, memberships: Iterable[int]) -> Change:
    """Make these memberships, and no others, those on the list.

    :raises NotByHand: it isn't a static list.
    """
    check_by_hand(audience)
    return replace_members(segment=list_of(audience), memberships=sorted(memberships))


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """What became of people who were named, each counted once: ``added`` or ``already_in``, or
    ``removed`` or ``not_in``; and the names that mean nobody, or more than one."""

    added: int = 0
    already_in: int = 0
    removed: int = 0
    not_in: int = 0
    unknown: list[Named] = field(default_factory=list)
    ambiguous: list[Named] = field(default_factory=list)


@transaction.atomic
def enrol_named(*, audience: Audience, names: Iterable[Named]) -> Enrolment:
    """Put the people who are named on the list. Names of nobody, or several, are passed over.

    :raises NotByHand: it isn't a static list.
    """
    check_by_hand(audience)
    found = find_people(space=audience.space, names=names)
    added = enrol(audience=audience, memberships=found.numbers).added
    return Enrolment(
        added=added,
        already_in=len(found.numbers) - added,
        unknown=found.unknown,
        ambiguous=found.ambiguous,
    )


@transaction.atomic
def withdraw_named(*, audience: Audience, names: Iterable[Named]) -> Enrolment:
    """Take the people who are named off the list. Names of nobody, or several, are passed over.

    :raises NotByHand: it isn't a static list.
    """
    check_by_hand(audience)
    found = find_people(space=audience.space, names=names)
    removed = withdraw(audience=audience, memberships=found.numbers).removed
    return Enrolment(
        removed=removed,
        not_in=len(found.numbers) - removed,
        unknown=found.unknown,
        ambiguous=found.ambiguous,
    )
