"""The worker: carries out jobs, and looks for those that are due.

Several may run. One that is killed leaves its job to the others, or to itself when it is back.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections, connections
from django.db.utils import DatabaseError
from django.utils import timezone
from procrastinate import App, JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.middleware import SyncCallNext, TaskMiddleware
from procrastinate.worker import Worker

from audience_platform.audit.acting import acting, by_job
from audience_platform.audit.seals import remove_old, seal
from audience_platform.refresh_schedules import ask_due
from audience_platform.throttling import remove_old_counts
from audiences.jobs import defer_due
from segments.jobs import defer_reading, look_after_imports

logger = logging.getLogger(__name__)

_LOOK_EVERY = 0.2  # seconds between two looks for what is due
_HEARTBEAT = 2.0
_STALLED_AFTER = 10.0  # seconds without a heartbeat after which a worker counts as dead
_MOST_ATTEMPTS = 5  # of a job whose workers died under it: perhaps by its doing


async def run(*, concurrency: int, wait: bool = True) -> None:
    """Work until SIGINT or SIGTERM, or, without ``wait``, until nothing is left to do.

    A database that goes away and comes back is waited for.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if not wait:
        await asyncio.to_thread(_look)
        await _work_once(concurrency)
        await asyncio.to_thread(_keep_audit_trail)
        return
    while not stop.is_set():
        working = asyncio.create_task(_work(concurrency))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (working, stopping):
            task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await working
        if not stop.is_set():
            logger.warning("The worker stopped, probably with the database; it starts again")
            await sync_to_async(close_old_connections)()  # that by which periodic jobs are made
            await asyncio.sleep(1)


def _connected() -> App:
    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    return app.with_connector(connector.get_worker_connector())


def _around_tasks(worker: App) -> list[TaskMiddleware]:
    """What goes around each task: what procrastinate itself puts there for Django, first."""
    return [*(worker.worker_defaults.get("task_middleware") or []), _put_down_to_the_job]


def _put_down_to_the_job(carry_out: SyncCallNext, context: JobContext, _worker: Worker) -> Any:
    """What a job writes was done by the job, not by the command that runs the worker."""
    with acting(by_job(context.job.task_name, context.job.id)):
        return carry_out()


async def _work_once(concurrency: int) -> None:
    async with _connected().open_async() as worker:
        await worker.run_worker_async(
            concurrency=concurrency,
            task_middleware=_around_tasks(worker),
            wait=False,
            delete_jobs="successful",
            listen_notify=False,
        )


async def _work(concurrency: int) -> None:
    async with _connected().open_async() as worker:
        watching = asyncio.create_task(_watch(worker))
        try:
            await worker.run_worker_async(
                concurrency=concurrency,
                task_middleware=_around_tasks(worker),
                delete_jobs="successful",
                install_signal_handlers=False,
                update_heartbeat_interval=_HEARTBEAT,
                stalled_worker_timeout=_STALLED_AFTER,
            )
        finally:
            watching.cancel()


async def _watch(worker: App) -> None:
    """Look for what is due, and now and then for jobs whose worker has died."""
    with ThreadPoolExecutor(1) as thread:  # one, and so one database connection
        try:
            await _look_again_and_again(worker, thread)
        finally:
            thread.submit(connections.close_all)


async def _look_again_and_again(worker: App, thread: ThreadPoolExecutor) -> None:
    loop = asyncio.get_running_loop()
    for looks in count():
        try:
            await loop.run_in_executor(thread, _look)
            if looks % 5 == 0:
                await loop.run_in_executor(thread, _keep_audit_trail)
            if looks % 10 == 0:
                await _take_up_stalled(worker)
            if looks % 300 == 0:
                await loop.run_in_executor(thread, _tidy)
        except (DatabaseError, ConnectorException):
            logger.warning("Can't look for what is due", exc_info=True)
        await asyncio.sleep(_LOOK_EVERY)


def _look() -> None:
    close_old_connections()
    with acting(by_job("refresh schedule", None)):
        ask_due(now=timezone.now())
    defer_due()
    defer_reading()


def _keep_audit_trail() -> None:
    """Seal what has happened, and let go of what has been kept long enough."""
    now = timezone.now()
    seal(now=now)
    remove_old(now=now, kept=datetime.timedelta(days=settings.AUDIT_TRAIL_DAYS))


def _tidy() -> None:
    look_after_imports(now=timezone.now())
    remove_old_counts()


async def _take_up_stalled(worker: App) -> None:
    stalled = await worker.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER)
    for job in stalled:
        if job.attempts < _MOST_ATTEMPTS:
            logger.warning("Job %s lost its worker; it is tried again", job.id)
            with suppress(UniqueViolation):  # the same work is waiting already
                await worker.job_manager.retry_job(job)
                continue
        else:
            logger.error("Job %s lost its worker %s times; it is given up", job.id, job.attempts)
        await worker.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
