"""The chain over the audit trail: sealing what happened, checking it, and letting go of the old.

Each seal is the SHA-256 of the seal before it and of the events that it covers. Events are sealed
within seconds, not as they are written: a chain that each write had to lengthen would make all the
writers of a platform wait for each other.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from audience_platform.models.audit import AuditEvent, AuditSeal

_AT_ONCE = 10_000
_ONE_AT_A_TIME = 7_340_551  # the key of an advisory lock
_BEGINNING = "0" * 64

# An event as a text that is the same on every server, whatever its time zone.
_TOLD = """
    jsonb_build_array(number, id, space_number, extract(epoch FROM happened_at), action,
        object_type, object_id, object_name, count, changes, door, actor_type, actor_id,
        actor_name, host(address), request_id)::text
"""


@dataclass(frozen=True)
class Break:
    """Where the chain doesn't hold."""

    seal: int | None
    why: str


@transaction.atomic
def seal(*, now: datetime.datetime) -> int:
    """Seal the events that have no seal, and say how many those were: 10,000 at most."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:  # another worker is at it
            return 0
        cursor.execute(
            f"SELECT number, {_TOLD} FROM audience_platform_auditevent WHERE seal_number IS NULL"
            " ORDER BY number LIMIT %s",
            [_AT_ONCE],
        )
        events = cursor.fetchall()
        if not events:
            return 0
        before = AuditSeal.objects.order_by("number").last()
        made = AuditSeal.objects.create(
            events=len(events),
            hash=_hash(before.hash if before else _BEGINNING, [told for _, told in events]),
            sealed_at=now,
        )
        cursor.execute(
            "UPDATE audience_platform_auditevent SET seal_number = %s WHERE number = ANY(%s)",
            [made.pk, [number for number, _ in events]],
        )
    return len(events)


def check() -> Iterator[Break]:
    """Every place where the chain doesn't hold; none, when nobody has rewritten the trail."""
    before = _BEGINNING
    for made in AuditSeal.objects.order_by("number").iterator():
        if made.removed_at is None:
            told = _told(made)
            if len(told) != made.events:
                yield Break(made.pk, f"It sealed {made.events} events, and there are {len(told)}.")
            elif _hash(before, told) != made.hash:
                yield Break(made.pk, "An event, or the seal before it, is not what was sealed.")
        before = made.hash
    known = AuditSeal.objects.values("number")
    if AuditEvent.objects.filter(seal__isnull=False).exclude(seal__in=known).exists():
        yield Break(None, "There are events whose seal is gone.")


def _told(made: AuditSeal) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_TOLD} FROM audience_platform_auditevent WHERE seal_number = %s"
            " ORDER BY number",
            [made.pk],
        )
        return [told for (told,) in cursor.fetchall()]


def _hash(before: str, told: list[str]) -> str:
    return hashlib.sha256("\n".join([before, *told]).encode()).hexdigest()


@transaction.atomic
def remove_old(*, now: datetime.datetime, kept: datetime.timedelta) -> int:
    """Remove the events of seals older than ``kept``, a whole seal at a time: the seals stay, and
    the chain holds. How many events went."""
    first = AuditSeal.objects.filter(removed_at=None).order_by("number")[:100]
    old = [one.number for one in first if one.sealed_at < now - kept]
    if not old:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL audience_platform.removing_old_events = 'yes'")
        cursor.execute(
            "DELETE FROM audience_platform_auditevent WHERE seal_number = ANY(%s)", [old]
        )
        removed = int(cursor.rowcount)
        cursor.execute("SET LOCAL audience_platform.removing_old_events = ''")
    AuditSeal.objects.filter(pk__in=old).update(removed_at=now)
    return removed
