"""Member sets: who is in an audience, as compressed bitmaps of membership numbers in chunks.

What is stored whole is as of a base version; what later versions changed is stored with them, and
both are taken together when read. So a change of a few members writes a few bytes, whatever the
size of the set. When the changes have become many they are folded into a new base.
"""

from __future__ import annotations

import datetime
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import QuerySet
from pyroaring import BitMap

from audiences.models import AudienceStatus, AudienceVersion, Cause, MemberChunk, VersionChunk
from audiences.rules.columns import CHUNK

_FOLD_AFTER = 64  # versions since the base
_FOLD_SHARE = 8  # or when a version changes more than an eighth of the set
_MOST_KEPT_BYTES = 256 << 20

# Sets of this process, by audience: a worker meets the same ones at every refresh.
_kept: OrderedDict[int, tuple[int, BitMap, int]] = OrderedDict()


@dataclass(frozen=True)
class Change:
    """Who is in an audience from now on, and who was until now."""

    status: AudienceStatus
    cause: Cause
    old: BitMap
    new: BitMap
    took: datetime.timedelta


def load(status: AudienceStatus) -> BitMap:
    """Those in the audience by the version in force. Yours to change."""
    return load_many([status])[status.pk].copy()


def load_many(statuses: Collection[AudienceStatus]) -> dict[int, BitMap]:
    """The members of each audience, by its number. Shared: don't change them."""
    found = {}
    absent = []
    for status in statuses:
        kept = _kept.get(status.pk)
        if kept and kept[0] == status.version:
            _kept.move_to_end(status.pk)
            found[status.pk] = kept[1]
        else:
            absent.append(status)
    found |= _read(absent)
    _keep_once_committed([(status.pk, status.version, found[status.pk]) for status in absent])
    return found


def _read(statuses: Sequence[AudienceStatus]) -> dict[int, BitMap]:
    """By the versions that the statuses say, though a refresh may just have made others: from the
    base, forward or back."""
    found = {status.pk: BitMap() for status in statuses}
    asked = {status.pk: status.version for status in statuses if status.version}
    if not asked:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT audience_number, members FROM audiences_memberchunk
            WHERE audience_number = ANY(%(numbers)s)
            UNION ALL
            SELECT v.audience_number, c.changed
            FROM unnest(%(numbers)s::int[], %(versions)s::int[]) AS a (audience_number, version)
            JOIN audiences_audiencestatus s USING (audience_number)
            JOIN audiences_audienceversion v ON v.audience_number = a.audience_number
                AND v.version > least(s.base_version, a.version)
                AND v.version <= greatest(s.base_version, a.version)
            JOIN audiences_versionchunk c ON c.version_number = v.number
            """,
            {"numbers": list(asked), "versions": list(asked.values())},
        )
        for number, run in cursor:
            found[number] ^= BitMap.deserialize(bytes(run))
    return found


def members_at(status: AudienceStatus, version: int) -> BitMap:
    """Those who were in the audience by an earlier version, from 0 (nobody yet)."""
    if version <= 0:
        return BitMap()
    members = load(status)
    later = AudienceVersion.objects.filter(
        audience=status.pk, version__gt=version, version__lte=status.version
    )
    return members ^ changed_by(later)


def changed_by(versions: Sequence[int] | QuerySet[AudienceVersion]) -> BitMap:
    """Those whom the versions (or their numbers), taken together, brought in or let go."""
    runs = VersionChunk.objects.filter(version__in=versions).values_list("changed", flat=True)
    changed = BitMap()
    for run in runs.iterator():
        changed ^= BitMap.deserialize(bytes(run))
    return changed


def store(changes: Sequence[Change], *, as_of: datetime.datetime) -> list[AudienceVersion]:
    """Make the changes the versions in force. The statuses given are brought up to date and saved.

    Call it in the transaction that holds the space's refresh.
    """
    versions = []
    for change in changes:
        entered, left = len(change.new - change.old), len(change.old - change.new)
        status = change.status
        status.version, status.size = status.version + 1, len(change.new)
        versions.append(
            AudienceVersion(
                audience_id=status.pk,
                version=status.version,
                cause=change.cause,
                size=status.size,
                entered=entered,
                left=left,
                as_of=as_of,
                took=change.took,
            )
        )
    AudienceVersion.objects.bulk_create(versions)
    write_changed(
        (version.pk, change.old ^ change.new)
        for change, version in zip(changes, versions, strict=True)
        if version.version > 1  # the first changes all from nobody, and so needs none
    )
    _write_bases([change for change in changes if _wants_fold(change)])
    _save([change.status for change in changes])
    _keep_once_committed(
        [(change.status.pk, change.status.version, change.new) for change in changes]
    )
    return versions


def _save(statuses: Sequence[AudienceStatus]) -> None:
    """All in one statement of one form: ``bulk_update`` takes longer over it than the sets do."""
    rows = [(one.pk, one.version, one.base_version, one.size) for one in statuses]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audiences_audiencestatus AS s"
            " SET version = n.version, base_version = n.base_version, size = n.size"
            " FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[])"
            " AS n (audience_number, version, base_version, size)"
            " WHERE s.audience_number = n.audience_number",
            [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []],
        )


def write_changed(changes: Iterable[tuple[int, BitMap]]) -> None:
    """What versions changed, each by its number."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY audiences_versionchunk (version_number, chunk, changed) FROM STDIN"
        ) as copy,
    ):
        for number, changed in changes:
            for chunk, part in chunks(changed):
                copy.write_row((number, chunk, part.serialize()))


def _wants_fold(change: Change) -> bool:
    status = change.status
    behind = status.version - status.base_version
    if behind == 1 and not change.old and not change.new:
        return False
    # each audience at its own time, or all would be folded by the same refresh
    if behind > _FOLD_AFTER + status.pk % _FOLD_AFTER:
        return True
    return change.old.symmetric_difference_cardinality(change.new) * _FOLD_SHARE > status.size


def _write_bases(changes: Sequence[Change]) -> None:
    MemberChunk.objects.filter(audience__in=[change.status.pk for change in changes]).delete()
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY audiences_memberchunk (audience_number, chunk, members) FROM STDIN"
        ) as copy,
    ):
        for change in changes:
            change.status.base_version = change.status.version
            for chunk, part in chunks(change.new):
                copy.write_row((change.status.pk, chunk, part.serialize()))


def chunks(members: BitMap) -> Iterator[tuple[int, BitMap]]:
    """The set in chunks of consecutive numbers, those that hold anybody."""
    if not members:
        return
    for chunk in range(members.min() // CHUNK, members.max() // CHUNK + 1):
        part = members & BitMap(range(chunk * CHUNK, (chunk + 1) * CHUNK))
        if part:
            part.run_optimize()
            yield chunk, part


def _keep_once_committed(sets: Sequence[tuple[int, int, BitMap]]) -> None:
    """Keep the sets in this process: never one of a version that might yet be undone."""

    def keep() -> None:
        for number, version, members in sets:
            _kept[number] = version, members, len(members.serialize())
            _kept.move_to_end(number)
        while len(_kept) > 1 and sum(size for *_, size in _kept.values()) > _MOST_KEPT_BYTES:
            _kept.popitem(last=False)

    transaction.on_commit(keep)
