"""Thinning what is old: versions of audiences, and syncs of lists.

Under constant changes an audience gets several versions a second.

Of the last hour all are kept; of the day before that the last of each minute, of the week the last
of each hour, and of older ones the last of each day, by UTC. The first, the one in force and the
one that the stored members are as of stay too. What a version changed that goes is taken together
with what the next one that stays changed: who was in by any that stays is the same as before.

Of the syncs of a list the last stays, whatever its age, and the last that succeeded.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from pyroaring import BitMap

from audiences import members
from audiences.models import (
    AudienceStatus,
    AudienceVersion,
    SpaceRefresh,
    Sync,
    SyncStatus,
    VersionChunk,
)
from segments.models import Space

HOUR, DAY = 3600, 86_400
GRAINS = ((HOUR, 60), (DAY, HOUR), (7 * DAY, DAY))  # so old, one of so long a time; in seconds
_Span = tuple[int, int]  # its length, and which of that length since 1970
_MOST = 5_000  # versions that go in one transaction


@dataclass
class _Merge:
    """A version that stays, and those right before it that go; all by their numbers."""

    stays: int
    go: list[int] = field(default_factory=list)


def thin_syncs(*, now: datetime.datetime, kept: datetime.timedelta) -> int:
    """Let go of the ended syncs, in all spaces, that were asked for longer ago than ``kept``, but
    for the last of each list and the last that succeeded; how many are gone."""
    later = Sync.objects.filter(audience=OuterRef("audience"), number__gt=OuterRef("number"))
    failed = Q(status=SyncStatus.FAILED) & Exists(later)
    succeeded = Q(status=SyncStatus.SUCCESS) & Exists(later.filter(status=SyncStatus.SUCCESS))
    gone, _ = Sync.objects.filter(failed | succeeded, requested_at__lt=now - kept).delete()
    return gone


def thin_versions(*, space: Space, now: datetime.datetime) -> int:
    """Thin the versions of all the space's audiences, as of ``now``; how many are gone.

    A refresh of the space waits meanwhile, for some thousands of versions at a time.
    """
    gone = 0
    for status in AudienceStatus.objects.filter(audience__space=space):
        while thinned := _thin(space, status.pk, now):
            gone += thinned
    return gone


@transaction.atomic
def _thin(space: Space, audience: int, now: datetime.datetime) -> int:
    SpaceRefresh.objects.select_for_update().filter(space=space).first()
    status = AudienceStatus.objects.get(pk=audience)
    versions = list(
        AudienceVersion.objects.filter(audience=audience)
        .order_by("-version")
        .values_list("number", "version", "as_of")
    )
    merges = _merges(status, versions, now)
    if merges:
        _carry_out(members.load(status), [number for number, *_ in versions], merges)
    return sum(len(merge.go) for merge in merges)


def _merges(
    status: AudienceStatus,
    versions: Sequence[tuple[int, int, datetime.datetime]],
    now: datetime.datetime,
) -> list[_Merge]:
    """What is to be done, the latest first, as much as one transaction takes."""
    found: list[_Merge] = []
    going = 0
    last: _Span | None = None
    for number, version, as_of in versions[:-1]:
        span = _span(as_of, now)
        if span is None or span != last or version == status.base_version:
            if going >= _MOST:
                break
            found.append(_Merge(number))
        else:
            found[-1].go.append(number)
            going += 1
        last = span
    return [merge for merge in found if merge.go]


def _span(as_of: datetime.datetime, now: datetime.datetime) -> _Span | None:
    """The span of time of which one version is kept; None where all are."""
    age = (now - as_of).total_seconds()
    grain = max((grain for old, grain in GRAINS if age >= old), default=None)
    return None if grain is None else (grain, int(as_of.timestamp()) // grain)


def _carry_out(held: BitMap, order: Sequence[int], merges: Sequence[_Merge]) -> None:
    """``held`` are the members by the first version in the order, the latest."""
    places = {number: place for place, number in enumerate(order)}
    passed = 0
    changes: list[tuple[int, BitMap]] = []
    stay: list[AudienceVersion] = []
    for merge in merges:
        place = places[merge.stays]
        held ^= members.changed_by(order[passed:place])
        passed = place + 1 + len(merge.go)
        changed = members.changed_by(order[place:passed])
        changes.append((merge.stays, changed))
        entered, left = len(changed & held), len(changed - held)
        stay.append(AudienceVersion(number=merge.stays, entered=entered, left=left))
        held ^= changed
    gone = [number for merge in merges for number in merge.go]
    VersionChunk.objects.filter(version__in=[*gone, *(number for number, _ in changes)]).delete()
    AudienceVersion.objects.filter(pk__in=gone).delete()
    AudienceVersion.objects.bulk_update(stay, ["entered", "left"], batch_size=500)
    members.write_changed(changes)
