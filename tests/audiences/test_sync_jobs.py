"""The worker's part in syncs: those that are due, and those that were left behind."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from audiences.jobs import look_after_syncs, start_sync, start_syncs
from audiences.models import Sync, SyncStatus
from audiences.services.sync import request_sync
from tests.audiences.sources.stand_in import KlaviyoStandIn
from tests.conftest import Make

pytestmark = pytest.mark.django_db


def test_a_list_whose_interval_is_over_is_synced(
    klaviyo: KlaviyoStandIn,
    make_synced: Make,
    at: datetime.datetime,
    work_off: Callable[[], None],
) -> None:
    klaviyo.add_list("L1", {"id": "01P", "email": "p@example.com"})
    audience = make_synced(interval=3600)

    look_after_syncs(timestamp=int(at.timestamp()))
    look_after_syncs(timestamp=int(at.timestamp()) + 60)  # it waits: not asked for twice
    (sync,) = audience.syncs.all()
    assert (sync.status, sync.requested_at) == (SyncStatus.PENDING, at)
    work_off()

    sync.refresh_from_db()
    assert (sync.status, sync.added) == (SyncStatus.SUCCESS, 1)


def test_a_sync_that_waits_for_a_worker_is_left_to_it(
    make_synced: Make, at: datetime.datetime
) -> None:
    waits = start_sync(make_synced(), at=at)
    lost = request_sync(audience=make_synced(list="L2"), at=at)  # and nobody will do it

    look_after_syncs(timestamp=int(at.timestamp()))

    statuses = dict(Sync.objects.values_list("pk", "status"))
    assert statuses == {waits.pk: SyncStatus.PENDING, lost.pk: SyncStatus.FAILED}


def test_one_that_is_asked_for_while_lost_ones_are_looked_for_is_not_lost(
    make_synced: Make, at: datetime.datetime
) -> None:
    audience = make_synced()

    def ask_meanwhile(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if "procrastinate_jobs" in sql and "sync_audience" in sql and not Sync.objects.exists():
            start_sync(audience, at=at)
        return answer

    with connection.execute_wrapper(ask_meanwhile):
        look_after_syncs(timestamp=int(at.timestamp()))

    assert Sync.objects.get().status == SyncStatus.PENDING


def test_one_that_its_interval_has_begun_is_not_begun_twice(
    make_synced: Make, at: datetime.datetime
) -> None:
    begun, other = make_synced(interval=3600), make_synced()
    look_after_syncs(timestamp=int(at.timestamp()))

    syncs = start_syncs([begun, other], at=at)

    assert [sync.audience for sync in syncs] == [begun, other]
    assert set(Sync.objects.all()) == set(syncs)


def test_lists_of_one_source_are_fetched_one_after_the_other(
    make_source: Make, make_synced: Make, at: datetime.datetime
) -> None:
    source = make_source()
    syncs = [start_sync(make_synced(source, list=one), at=at) for one in ("L1", "L2")]
    syncs.append(start_sync(make_synced(), at=at))

    jobs = ProcrastinateJob.objects.filter(task_name="sync_audience")
    locks = {job.args["number"]: job.lock for job in jobs}
    first, second, of_another = (locks[sync.pk] for sync in syncs)
    assert first == second != of_another
