"""An import is alone in its space, all in or all out, and gives way to nobody unnoticed."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from segments.imports.memberships import MembershipsImported, import_memberships
from segments.imports.refusals import ImportRefused
from segments.imports.segment_members import Mode, import_segment_members
from segments.models import Membership, Segment, SegmentMembership, Space

pytestmark = pytest.mark.django_db(transaction=True)
FILE = b"external_id\n" + b"".join(b"h-%d\n" % row for row in range(1, 1001))


@pytest.fixture
def space(transactional_db: None) -> Space:
    return Space.objects.create(slug="north", name="North")


@pytest.fixture
def elsewhere(transactional_db: None) -> Iterator[psycopg.Connection]:
    """Another session of the same database; it commits only when told."""
    with psycopg.connect(**connection.get_connection_params()) as session:
        yield session
        session.rollback()


def add_membership(session: psycopg.Connection, space: Space, external_id: str) -> None:
    session.execute(
        "INSERT INTO segments_membership (space_number, external_id) VALUES (%s, %s)",
        [space.pk, external_id],
    )


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_waits_for_another_import_into_the_same_space(
    space: Space, elsewhere: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    now = timezone.now()
    started, go_on = threading.Event(), threading.Event()
    steps: list[str] = []

    def first() -> None:
        def stop(step: str, done: int = 0, total: int = 0) -> None:
            if step == "Writing":
                started.set()
                go_on.wait(60)

        import_memberships(space=space, file=io.BytesIO(FILE), now=now, progress=stop)
        connection.close()

    def second() -> None:
        def note(step: str, done: int = 0, total: int = 0) -> None:
            steps.append(step)

        results.append(
            import_memberships(space=space, file=io.BytesIO(FILE), now=now, progress=note)
        )
        connection.close()

    results: list[MembershipsImported] = []
    one, other = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    started.wait(60)
    other.start()
    until(lambda: bool(steps))
    waiting = "Waiting for another import into the space “north” to end"
    assert steps == [waiting]
    assert waiting in caplog.text
    go_on.set()
    one.join()
    other.join()

    assert results[0].unchanged == 1000


def test_another_space_does_not_wait(space: Space) -> None:
    other = Space.objects.create(slug="south", name="South")

    def import_elsewhere(step: str, done: int = 0, total: int = 0) -> None:
        if step == "Writing":
            thread = threading.Thread(target=in_other_space)
            thread.start()
            thread.join(60)

    def in_other_space() -> None:
        import_memberships(space=other, file=io.BytesIO(FILE), now=timezone.now())
        connection.close()

    import_memberships(
        space=space, file=io.BytesIO(FILE), now=timezone.now(), progress=import_elsewhere
    )

    assert Membership.objects.filter(space=other).count() == 1000


def test_killed_half_way_leaves_nothing_and_can_be_run_again(
    space: Space, elsewhere: psycopg.Connection, tmp_path: Path
) -> None:
    """Killed with 999 rows written, waiting to learn whether somebody else adds the last."""
    path = tmp_path / "memberships.csv"
    path.write_bytes(FILE)
    add_membership(elsewhere, space, "h-1000")
    code = (
        "import sys, django; django.setup()\n"
        "from django.core.management import call_command\n"
        "from django.db import connection\n"
        "connection.settings_dict['NAME'] = sys.argv[1]\n"
        "call_command('import_memberships', sys.argv[2], space='north')\n"
    )
    name = connection.settings_dict["NAME"]
    process = subprocess.Popen([sys.executable, "-c", code, name, str(path)])
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as watcher:

        def is_inserting() -> bool:
            query = (
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO segments_member%'"
            )
            return watcher.execute(query).fetchone() is not None

        def is_over() -> bool:
            query = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'INSERT INTO segments_member%'"
            return watcher.execute(f"{query} AND datname = current_database()").fetchone() is None

        until(is_inserting)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        elsewhere.rollback()
        until(is_over)

    assert Membership.objects.count() == 0
    again = import_memberships(space=space, file=io.BytesIO(FILE), now=timezone.now())
    assert again.added == 1000


def test_begins_again_when_somebody_else_adds_one_of_its_memberships(
    space: Space, elsewhere: psycopg.Connection
) -> None:
    def add_one(step: str, done: int = 0, total: int = 0) -> None:
        if step == "Writing" and not Membership.objects.exists():
            add_membership(elsewhere, space, "h-500")
            elsewhere.commit()

    done = import_memberships(
        space=space, file=io.BytesIO(FILE), now=timezone.now(), progress=add_one
    )

    assert (done.added, done.unchanged) == (999, 1)
    assert Membership.objects.count() == 1000


def test_gives_up_when_that_never_ends(space: Space, elsewhere: psycopg.Connection) -> None:
    added = iter(range(1, 1001))

    def add_one_more(step: str, done: int = 0, total: int = 0) -> None:
        if step == "Writing":
            add_membership(elsewhere, space, f"h-{next(added)}")
            elsewhere.commit()

    with pytest.raises(ImportRefused, match="Others keep changing"):
        import_memberships(
            space=space, file=io.BytesIO(FILE), now=timezone.now(), progress=add_one_more
        )

    assert Membership.objects.count() == 3


def test_begins_again_when_somebody_else_deletes_one_of_its_memberships(
    space: Space, elsewhere: psycopg.Connection
) -> None:
    import_memberships(space=space, file=io.BytesIO(FILE), now=timezone.now())
    Segment.objects.create(space=space, short_code="gold", name="Gold")

    def delete_one(step: str, done: int = 0, total: int = 0) -> None:
        if step == "Writing":
            elsewhere.execute("DELETE FROM segments_membership WHERE external_id = 'h-1'")
            elsewhere.commit()

    done = import_segment_members(
        space=space,
        file=io.BytesIO(FILE),
        mode=Mode.ADD,
        segment="gold",
        now=timezone.now(),
        skip_bad_rows=True,
        progress=delete_one,
    )

    assert (done.added, done.bad) == (999, 1)
    assert SegmentMembership.objects.count() == 999


def test_begins_again_when_somebody_else_adds_one_of_its_places(
    space: Space, elsewhere: psycopg.Connection
) -> None:
    import_memberships(space=space, file=io.BytesIO(FILE), now=timezone.now())
    Segment.objects.create(space=space, short_code="gold", name="Gold")

    def place_one(step: str, done: int = 0, total: int = 0) -> None:
        if step == "Writing" and not SegmentMembership.objects.exists():
            elsewhere.execute(
                "INSERT INTO segments_segmentmembership"
                " (space_number, segment_number, membership_number)"
                " SELECT s.space_number, s.number, m.number"
                " FROM segments_segment AS s, segments_membership AS m"
                " WHERE m.external_id = 'h-500'"
            )
            elsewhere.commit()

    done = import_segment_members(
        space=space,
        file=io.BytesIO(FILE),
        mode=Mode.REPLACE,
        segment="gold",
        now=timezone.now(),
        progress=place_one,
    )

    assert (done.added, done.removed, done.unchanged) == (999, 0, 1)


def test_begins_again_after_a_deadlock(space: Space) -> None:
    deadlocks = iter([DeadlockDetected()])

    def deadlock(step: str, done: int = 0, total: int = 0) -> None:
        if step == "Writing" and (error := next(deadlocks, None)):
            raise OperationalError from error

    done = import_memberships(
        space=space, file=io.BytesIO(FILE), now=timezone.now(), progress=deadlock
    )

    assert done.added == 1000


def test_any_other_failure_is_not_hidden(space: Space) -> None:
    def lose_connection(step: str, done: int = 0, total: int = 0) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with pytest.raises(OperationalError):
        import_memberships(
            space=space, file=io.BytesIO(FILE), now=timezone.now(), progress=lose_connection
        )
