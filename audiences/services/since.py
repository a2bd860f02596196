"""Since when a member is in audiences, and how it came onto lists."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pyroaring import BitMap

from audiences import members
from audiences.models import (
    Audience,
    AudienceStatus,
    AudienceVersion,
    Listed,
    ListedMembership,
    Source,
    VersionChunk,
)
from audiences.rules.columns import CHUNK
from segments.models import SegmentMembership


@dataclass(frozen=True)
class Since:
    """When a member came in: ``moment`` is that of the facts of the version that brought it.

    ``at_first``: that is the first version there is; it may have met the rule for longer.
    """

    moment: datetime.datetime
    at_first: bool


def since(*, audiences: Collection[Audience], membership: int) -> dict[int, Since]:
    """For each of the audiences that hold the membership (its number) by the version in force, by
    the audience's number. Thinned versions tell it less exactly the longer ago it was.

    A few queries however many audiences; all that their versions changed near the member is read.
    """
    statuses = AudienceStatus.objects.filter(audience__in=audiences, version__gt=0)
    sets = members.load_many(list(statuses))
    held = [number for number, one in sets.items() if membership in one]
    found: dict[int, Since] = {}
    changes = VersionChunk.objects.filter(version__audience__in=held, chunk=membership // CHUNK)
    rows = changes.order_by("-version_id").values_list(
        "version__audience", "version__as_of", "changed"
    )
    for number, moment, changed in rows.iterator():
        if number not in found and membership in BitMap.deserialize(bytes(changed)):
            found[number] = Since(moment, at_first=False)
        if len(found) == len(held):
            break
    firsts = AudienceVersion.objects.filter(audience__in=set(held) - found.keys())
    for number, moment in firsts.order_by("-version").values_list("audience", "as_of"):
        found[number] = Since(moment, at_first=True)
    return found


@dataclass(frozen=True)
class Enrolment:
    """A member's place on the list of an audience."""

    moment: datetime.datetime
    origin: str  # where the list comes from, in words; empty where it isn't known


def enrolments(*, audiences: Iterable[Audience], membership: int) -> dict[int, Enrolment]:
    """For each of the audiences on whose own list the membership is, by number. Two queries."""
    lists = {audience.pk: audience for audience in audiences if audience.type.is_list}
    places = SegmentMembership.objects.filter(
        membership=membership, segment__is_list=True, segment__audiences__in=list(lists)
    )
    moments = dict(places.values_list("segment__audiences", "created_at"))
    elsewhere = {
        number: kept.source
        for number in moments
        if (kept := lists[number].type.elsewhere(lists[number].configuration))
    }
    names = dict(Source.objects.filter(id__in=elsewhere.values()).values_list("id", "name"))
    return {
        number: Enrolment(
            moment,
            names.get(elsewhere[number], "") if number in elsewhere else lists[number].origin,
        )
        for number, moment in moments.items()
    }


def by_hand(*, audiences: Iterable[Audience], membership: int) -> dict[int, Listed]:
    """Of the audiences that list the membership by hand, which way, by number."""
    rows = ListedMembership.objects.filter(audience__in=list(audiences), membership=membership)
    return {number: Listed(way) for number, way in rows.values_list("audience", "listed")}
