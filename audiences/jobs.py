"""Work that audiences need in the background: bringing a space up to date when something is due."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from audiences.models import Audience, Sync, SyncedList
from audiences.services import refresh_space as refresh
from audiences.services.own_list import renew
from audiences.services.refresh import DAY
from audiences.services.sync import SyncInProgress, request_sync, run_sync
from audiences.services.sync_schedule import give_up_lost, request_due
from audiences.services.thin import thin_syncs
from audiences.services.thin import thin_versions as thin
from audiences.services.upload import NotUploaded
from segments.imports.carrying_out import after_import
from segments.imports.targets import objections
from segments.models import Import, ImportTarget, Segment, Space

# What makes a refresh due: changed memberships, a changed definition, the clock, a schedule, a
# request, or a failure that has waited long enough for another try.
_DUE = """
SELECT DISTINCT space_number FROM segments_changedmemberships
UNION
SELECT s.number FROM segments_space s
LEFT JOIN audiences_spacerefresh r ON r.space_number = s.number
WHERE r.definitions_version IS DISTINCT FROM s.definitions_version
UNION
SELECT a.space_number FROM audiences_audiencestatus s
JOIN audiences_audience a ON a.number = s.audience_number
WHERE a.enabled AND a.lifecycle = 'published' AND (
    s.changes_at <= %(now)s OR s.requested_at IS NOT NULL
    OR s.as_of + make_interval(secs => coalesce(a.refresh_interval, %(day)s)) <= %(now)s
    OR s.failed_at + interval '5 minutes' <= %(now)s)
"""

_LOCK = "refresh space "
_WAITING = """
SELECT queueing_lock FROM procrastinate_jobs
WHERE status = 'todo' AND queueing_lock LIKE 'refresh space %'
"""


def renew_imported(import_: Import, at: datetime.datetime) -> None:
    """An external audience that a file was imported into lives on for its days."""
    if import_.target == ImportTarget.AUDIENCE:
        for audience in Audience.objects.filter(segments=import_.segment_id):
            renew(audience=audience, at=at)


def object_to_file(list_: Segment) -> str:
    """Why no file may be sent for the list of an audience; nothing where one may."""
    audience = Audience.objects.get(segments=list_)
    return "" if audience.type.takes_imports else str(NotUploaded(audience))


after_import.append(renew_imported)
objections.append(object_to_file)


@app.task(name="refresh_space")
def refresh_space(space: int) -> None:
    """Bring a space (its number) up to date."""
    found = Space.objects.filter(pk=space).first()
    if found:
        refresh(space=found, now=timezone.now())


@app.periodic(cron="17 * * * *")
@app.task(name="thin_versions", queueing_lock="thin versions", lock="thin versions")
def thin_versions(timestamp: int) -> None:
    """Thin old syncs, and old versions in every space, once an hour; ``timestamp`` is when it was
    due."""
    now = datetime.datetime.fromtimestamp(timestamp, datetime.UTC)
    thin_syncs(now=now, kept=datetime.timedelta(days=settings.SYNCS_DAYS))
    for space in Space.objects.all():
        thin(space=space, now=now)


def defer_due() -> int:
    """Ask for a refresh of every space that is due, and has none waiting; how many were asked."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": timezone.now(), "day": DAY})
        due = {space for (space,) in cursor.fetchall()}
        if due:
            cursor.execute(_WAITING)
            due -= {int(name.removeprefix(_LOCK)) for (name,) in cursor.fetchall()}
    return sum(defer_refresh(space) for space in due)


def defer_refresh(space: int) -> bool:
    """Ask for a refresh of the space; False where one is waiting already.

    One runs at a time for each space. What changes while it runs is for the next.
    """
    name = f"{_LOCK}{space}"
    try:
        with transaction.atomic():  # a savepoint: the refusal must not spoil the caller's
            refresh_space.configure(lock=name, queueing_lock=name).defer(space=space)
    except AlreadyEnqueued:
        return False
    return True


# Asked at once: a sync and its job are made together, and seen together.
_LOST = """
SELECT number FROM audiences_sync
WHERE status IN ('PENDING', 'RUNNING') AND NOT EXISTS (
    SELECT FROM procrastinate_jobs
    WHERE task_name = 'sync_audience' AND status IN ('todo', 'doing')
        AND (args ->> 'number')::bigint = audiences_sync.number)
"""


@app.task(name="sync_audience")
def sync_audience(number: int) -> None:
    """Carry out a sync (its number)."""
    run_sync(number=number)


@transaction.atomic
def start_sync(audience: Audience, *, at: datetime.datetime, confirmed: bool = False) -> Sync:
    """Have a worker sync the audience. Raises what ``request_sync`` raises."""
    sync = request_sync(audience=audience, at=at, confirmed=confirmed)
    _defer_sync(sync)
    return sync


@transaction.atomic
def start_syncs(audiences: Iterable[Audience], *, at: datetime.datetime) -> list[Sync]:
    """Have a worker sync each, but for those whose interval has had them synced already."""
    syncs = []
    for audience in audiences:
        try:
            syncs.append(start_sync(audience, at=at))
        except SyncInProgress as error:
            syncs.append(error.sync)
    return syncs


@app.periodic(cron="* * * * *")
@app.task(name="look_after_syncs", queueing_lock="look after syncs")
def look_after_syncs(timestamp: int) -> None:
    """Have the lists synced that are due, and end the syncs whose workers died each time."""
    at = datetime.datetime.fromtimestamp(timestamp, datetime.UTC)
    with transaction.atomic():
        for sync in request_due(at=at):
            _defer_sync(sync)
    with connection.cursor() as cursor:
        cursor.execute(_LOST)
        lost = [number for (number,) in cursor.fetchall()]
    give_up_lost(numbers=lost, at=at)


def _defer_sync(sync: Sync) -> None:
    """One at a time for each source, which limits how often it is asked."""
    source = SyncedList.objects.values_list("source", flat=True).get(audience=sync.audience_id)
    sync_audience.configure(lock=f"sync from source {source}").defer(number=sync.pk)
