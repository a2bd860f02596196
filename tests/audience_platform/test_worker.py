"""The worker as a process of its own, on a database that it shares with the test."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from audience_platform import worker
from audiences import members
from audiences.models import Audience, AudienceStatus
from segments.imports.asking import make_import, take_file
from segments.jobs import start_import
from segments.models import ImportState, Membership, Space
from segments.services import save_row

Make = Callable[..., Any]
KEEN = {"field": "total_orders", "operator": "greater_or_equal", "value": 10}


@pytest.fixture
def start_worker(
    worker_environment: dict[str, str],
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, str(settings.BASE_DIRECTORY / "manage.py"), "run_jobs"]
        started.append(subprocess.Popen(command, env=worker_environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


def held(audience: Audience) -> set[int]:
    status = AudienceStatus.objects.filter(pk=audience.pk).first()
    return set(members.load(status)) if status else set()


@pytest.mark.django_db(transaction=True)
def test_audiences_follow_their_members_through_the_death_of_a_worker(
    space: Space,
    make_membership: Make,
    make_audience: Make,
    start_worker: Callable[[], subprocess.Popen[bytes]],
) -> None:
    person = make_membership(total_orders=12)
    audience: Audience = make_audience("rules", rule=KEEN)
    first = start_worker()
    wait_for(lambda: held(audience) == {person.pk})

    save_row(person, total_orders=0)
    wait_for(lambda: held(audience) == set())

    first.kill()
    first.wait()
    with connection.cursor() as cursor:  # the job of a worker that died under it
        cursor.execute(
            "INSERT INTO procrastinate_jobs (task_name, queue_name, lock, queueing_lock, status)"
            " VALUES ('refresh_space', 'default', %s, %s, 'doing') ON CONFLICT DO NOTHING",
            [f"refresh space {space.pk}"] * 2,
        )
    save_row(person, total_orders=12)
    again = start_worker()
    wait_for(lambda: held(audience) == {person.pk})

    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_broke_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the thread in which periodic jobs are made: nothing else would look after it."""

    def query(text: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(text)
            return int(cursor.fetchone()[0])

    pids: list[int] = []

    async def work(concurrency: int) -> None:
        in_its_thread = sync_to_async(query)
        pids.append(await in_its_thread("SELECT pg_backend_pid()"))
        if len(pids) == 1:
            with suppress(OperationalError):
                await in_its_thread("SELECT pg_terminate_backend(pg_backend_pid())::int")
            await in_its_thread("SELECT 1")  # raises
        await sync_to_async(connections.close_all)()
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(60)

    monkeypatch.setattr(worker, "_work", work)
    asyncio.run(worker.run(concurrency=1))
    assert len(set(pids)) == 2


@pytest.mark.django_db(transaction=True)
def test_jobs_can_be_carried_out_once_for_scripts(
    make_membership: Make, make_audience: Make, worker_environment: dict[str, str]
) -> None:
    person = make_membership(total_orders=12)
    audience: Audience = make_audience("rules", rule=KEEN)
    command = [sys.executable, str(settings.BASE_DIRECTORY / "manage.py"), "run_jobs", "--once"]
    subprocess.run(command, env=worker_environment, check=True, timeout=60)
    assert held(audience) == {person.pk}


@pytest.mark.django_db(transaction=True)
def test_an_import_survives_the_death_of_its_worker(
    space: Space, start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    import_ = make_import(space=space)
    now = timezone.now()
    take_file(import_, ContentFile(b"external_id\nm-1\nm-2\n"), at=now)
    start_import(import_, dry_run=False, at=now)

    def is_writing() -> bool:
        import_.refresh_from_db()
        return import_.step == "Writing"

    def has_succeeded() -> bool:
        import_.refresh_from_db()
        return import_.state == ImportState.SUCCEEDED

    with transaction.atomic():  # nobody writes memberships: the import stands still
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE segments_membership IN SHARE MODE")
        first = start_worker()
        wait_for(is_writing)
        first.kill()  # with -9: it can tell nobody
        first.wait()
        assert import_.state == ImportState.RUNNING
    assert not Membership.objects.exists()

    start_worker()
    wait_for(has_succeeded)
    assert import_.attempt == 2
    assert import_.result is not None
    assert import_.result["added"] == 2
    assert Membership.objects.count() == 2
