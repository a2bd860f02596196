"""The worker's side: progress and cancelling from outside, and who may end an import.

Another connection holds the table of memberships, so that the work stands still at a known place:
it has read and checked all, and is about to write.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from segments.imports import asking, carrying_out, targets
from segments.imports.carrying_out import carry_out
from segments.models import Import, ImportState, Membership, Space

pytestmark = pytest.mark.django_db(transaction=True)

FILE = b"external_id,full_name\n" + b"".join(b"m-%d,Name %d\n" % (n, n) for n in range(1000))


@pytest.fixture
def running(space: Space) -> Import:
    """An import that was asked to run, and waits for a worker."""
    import_ = asking.make_import(space=space)
    now = timezone.now()
    asking.take_file(import_, ContentFile(FILE), name="people.csv", at=now)
    asking.start(import_, dry_run=False, confirmed=False, at=now)
    return import_


@contextmanager
def nobody_writes_memberships() -> Iterator[psycopg.Connection[Any]]:
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    with psycopg.connect(**parameters) as holding:
        holding.execute("LOCK TABLE segments_membership IN SHARE MODE")
        yield holding


@contextmanager
def at_work(import_: Import) -> Iterator[Future[None]]:
    """A worker at work on the import, on a connection of its own."""

    def work() -> None:
        try:
            carry_out(number=import_.pk, now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(work)


def wait_for(import_: Import, holds: Callable[[Import], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds(import_):
        assert time.monotonic() < end, vars(import_)
        time.sleep(0.02)
        import_.refresh_from_db()


def test_others_see_how_far_it_is(running: Import) -> None:
    with nobody_writes_memberships() as holding, at_work(running) as work:
        wait_for(running, lambda seen: seen.step == "Writing")
        assert 40 <= running.percent <= 97  # how far the database is can only be guessed
        assert running.rows_total == 1000
        assert running.rows_done == int(running.percent * 10)
        assert running.state == ImportState.RUNNING
        assert not Membership.objects.exists()
        holding.rollback()
        work.result(30)
    running.refresh_from_db()
    assert running.state == ImportState.SUCCEEDED
    assert (running.percent, running.rows_done, running.step) == (100, 1000, "")
    assert Membership.objects.count() == 1000


def test_it_is_cancelled_in_the_middle_of_a_statement(running: Import) -> None:
    with nobody_writes_memberships() as holding, at_work(running) as work:
        wait_for(running, lambda seen: seen.step == "Writing")
        began = time.monotonic()
        asking.cancel(running, at=timezone.now())
        work.result(10)
        assert time.monotonic() - began < 2
        holding.rollback()
    running.refresh_from_db()
    assert running.state == ImportState.CANCELLED
    assert running.error == ""
    assert not Membership.objects.exists()
    assert not running.is_at_work


def test_one_that_was_cancelled_before_its_turn_is_left_alone(running: Import) -> None:
    asking.cancel(running, at=timezone.now())
    carry_out(number=running.pk, now=timezone.now())
    running.refresh_from_db()
    assert (running.state, running.attempt) == (ImportState.CANCELLED, 0)


def test_one_that_was_cancelled_while_its_worker_was_dead_is_not_begun_again(
    running: Import,
) -> None:
    Import.objects.update(started_at=timezone.now(), attempt=1)
    running.refresh_from_db()
    asking.cancel(running, at=timezone.now())
    running.refresh_from_db()
    assert running.is_at_work  # for all that anybody knows
    carry_out(number=running.pk, now=timezone.now())
    running.refresh_from_db()
    assert running.state == ImportState.CANCELLED
    assert not Membership.objects.exists()


def test_a_worker_that_was_taken_for_dead_ends_nothing(running: Import) -> None:
    with nobody_writes_memberships() as holding, at_work(running) as work:
        wait_for(running, lambda seen: seen.step == "Writing")
        Import.objects.update(attempt=2)  # another has taken it up
        work.result(10)
        holding.rollback()
    running.refresh_from_db()
    assert running.state == ImportState.RUNNING
    assert not Membership.objects.exists()


def test_one_that_has_succeeded_is_not_done_again(running: Import) -> None:
    carry_out(number=running.pk, now=timezone.now())
    Membership.objects.all().delete()
    carry_out(number=running.pk, now=timezone.now())
    running.refresh_from_db()
    assert running.attempt == 1
    assert not Membership.objects.exists()


def test_what_nobody_foresaw_is_told_and_raised(
    running: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.setattr(targets, "numbers", fail)  # when all has been written
    with pytest.raises(RuntimeError, match="out of cheese"):
        carry_out(number=running.pk, now=timezone.now())
    running.refresh_from_db()
    assert running.state == ImportState.FAILED
    assert running.error.startswith("Something went wrong here, and is logged.")
    assert "cheese" not in running.error
    assert not Membership.objects.exists()


def test_what_the_apps_above_do_is_undone_with_it(
    running: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def follow(import_: Import, at: datetime.datetime) -> None:
        seen.append(Membership.objects.count())
        raise RuntimeError

    monkeypatch.setattr(carrying_out, "after_import", [follow])
    with pytest.raises(RuntimeError):
        carry_out(number=running.pk, now=timezone.now())
    assert seen == [1000]
    assert not Membership.objects.exists()


def test_a_file_that_is_gone_is_told(running: Import, data_folder: Any) -> None:
    (data_folder / "imports" / running.file).unlink()
    carry_out(number=running.pk, now=timezone.now())
    running.refresh_from_db()
    assert running.state == ImportState.FAILED
    assert running.error == "The file is there no longer. Send it again."


def test_an_attempt_that_fails_leaves_no_files_behind(
    space: Space, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(import_: Import, at: datetime.datetime) -> None:
        raise RuntimeError

    monkeypatch.setattr(carrying_out, "after_import", [fail])
    now = timezone.now()
    import_ = asking.make_import(space=space, skip_bad_rows=True)
    asking.take_file(import_, ContentFile(b"external_id,email\nm-1,\nm-2,no\n"), at=now)
    asking.start(import_, dry_run=False, confirmed=False, at=now)

    with pytest.raises(RuntimeError):
        carry_out(number=import_.pk, now=now)

    import_.refresh_from_db()
    assert (import_.state, import_.problem_count) == (ImportState.FAILED, 0)
    folder = data_folder / "imports" / str(space.id) / str(import_.id)
    assert [path.name for path in folder.iterdir()] == [Path(import_.file).name]
