"""Which syncs are due, and which were left behind by who worked on them."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Collection

from django.db import connection

from audiences.models import Audience, Sync
from audiences.models.source import OPEN
from audiences.services.sync import NotSynced, SyncInProgress, give_up, request_sync

logger = logging.getLogger(__name__)

# Counted from when the last one was asked for, so that a slow one doesn't move the next.
_DUE = """
SELECT a.number FROM audiences_audience a
LEFT JOIN LATERAL (
    SELECT s.status, s.requested_at FROM audiences_sync s
    WHERE s.audience_number = a.number ORDER BY s.number DESC LIMIT 1
) AS last ON true
WHERE a.audience_type = 'synced' AND a.enabled AND a.lifecycle = 'published'
AND a.configuration ->> 'interval' IS NOT NULL
AND (last.status IS NULL OR (last.status IN ('SUCCESS', 'FAILED') AND last.requested_at
    + make_interval(secs => (a.configuration ->> 'interval')::int) <= %s))
ORDER BY a.number
"""


def request_due(*, at: datetime.datetime) -> list[Sync]:
    """Have the lists synced whose interval is over."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [at])
        due = [number for (number,) in cursor.fetchall()]
    syncs = []
    for audience in Audience.objects.filter(pk__in=due).order_by("number"):
        try:
            syncs.append(request_sync(audience=audience, at=at))
        except (SyncInProgress, NotSynced) as error:
            logger.info("No sync by the schedule: %s", error)  # somebody was first
    return syncs


def give_up_lost(*, numbers: Collection[int], at: datetime.datetime) -> int:
    """End those of these syncs (their numbers), for which no worker has a job, that nobody works on
    otherwise; how many."""
    lost = Sync.objects.filter(pk__in=numbers, status__in=OPEN)
    return sum(give_up(sync=sync, at=at) for sync in lost)
