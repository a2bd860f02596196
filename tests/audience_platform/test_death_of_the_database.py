"""PostgreSQL killed in the middle of a refresh: a server of the test's own, ended with -9."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.utils import InterfaceError, OperationalError
from pyroaring import BitMap

from audience_platform.embedded_postgres import EmbeddedServer
from audiences import members
from audiences.models import AudienceStatus, AudienceVersion, MemberChunk, VersionChunk
from audiences.services import define_audience, meaning, refresh_space
from segments.models import ChangedMemberships, Membership, Space

PEOPLE = 40
MINUTE = datetime.timedelta(minutes=1)
PARENT = re.compile(r"^PPid:\t(\d+)$", re.MULTILINE)
RULES = (
    {"field": "total_orders", "operator": "greater_or_equal", "value": 10},
    {"field": "total_orders", "operator": "less", "value": 5},
)


class Mortal(DatabaseWrapper):
    """A connection to a server that dies at the moment that is asked for.

    Moments are counted from 1: before each statement, before each chunk that a COPY sends, before a
    commit and after it.
    """

    def __init__(self, server: EmbeddedServer) -> None:
        options: dict[str, Any] = {"connect_timeout": 5}
        known = connections["default"].settings_dict
        host, port, user = (
            str(server.connection_parameters[name]) for name in ("host", "port", "user")
        )
        mine = {"NAME": "mortal", "HOST": host, "PORT": port, "USER": user, "PASSWORD": ""}
        super().__init__(known | mine | {"OPTIONS": options, "TEST": {}})
        self.server = server
        self._left = 0
        self.died = False

    def die_at(self, moment: int) -> None:
        self._left, self.died = moment, False

    def moment(self) -> None:
        self._left -= 1
        if self._left == 0:
            kill(self.server)
            self.died = True

    def before_statement(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.moment()
        return execute(*arguments)

    def _commit(self) -> None:
        self.moment()
        super()._commit()  # type: ignore[misc]
        self.moment()

    def back(self) -> None:
        """The server again, and nothing known of before."""
        self._left = 0
        self.close()
        members._kept.clear()
        self.server.start()


def kill(server: EmbeddedServer) -> None:
    """End all its processes as a power cut does, the one that would mourn the others first."""
    first = int((server.cluster / "postmaster.pid").read_text().split()[0])
    others = [
        int(status.parent.name)
        for status in Path("/proc").glob("[0-9]*/status")
        if status.exists() and PARENT.search(status.read_text()).group(1) == str(first)  # type: ignore[union-attr]
    ]
    for process in (first, *others):
        os.kill(process, signal.SIGKILL)


@pytest.fixture
def mortal(
    django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Mortal]:
    directory = Path(tempfile.mkdtemp(prefix="mortal-"))
    directory.chmod(0o755)
    server = EmbeddedServer(directory)
    server.start()
    server.create_database("mortal")
    others = connections["default"]
    # its spaces and audiences have the numbers that others have elsewhere
    monkeypatch.setattr(members, "_kept", OrderedDict())
    monkeypatch.setattr(meaning, "_kept", {})
    with django_db_blocker.unblock():
        connections["default"] = mine = Mortal(server)
        try:
            call_command("migrate", verbosity=0)
            yield mine
        finally:
            mine.close()
            connections["default"] = others
            server.stop()
            shutil.rmtree(directory)


def test_a_refresh_has_happened_or_it_has_not(
    mortal: Mortal, monkeypatch: pytest.MonkeyPatch, at: datetime.datetime
) -> None:
    whole_chunks = members.chunks

    def chunks(held: BitMap) -> Iterator[tuple[int, BitMap]]:
        for chunk in whole_chunks(held):
            mortal.moment()
            yield chunk

    monkeypatch.setattr(members, "chunks", chunks)
    space = Space.objects.create(slug="north", name="North")
    Membership.objects.bulk_create(
        Membership(space=space, external_id=f"m-{place}", total_orders=place)
        for place in range(PEOPLE)
    )
    for rule in RULES:
        define_audience(space=space, audience_type="rules", configuration={"rule": rule})
    for moment in count(1):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE segments_membership SET total_orders = (total_orders + 3) %% %s", [PEOPLE]
            )
        before, noted = _stored(), ChangedMemberships.objects.count()
        now = at + moment * MINUTE
        mortal.die_at(moment)
        try:
            with connection.execute_wrapper(mortal.before_statement):
                refresh_space(space=space, now=now, full=moment % 3 == 0)
        except (OperationalError, InterfaceError):
            assert mortal.died
        if not mortal.died:
            break
        mortal.back()
        if ChangedMemberships.objects.exists():  # nothing of it has happened, and nothing is lost
            assert (_stored(), ChangedMemberships.objects.count()) == (before, noted)
            refresh_space(space=space, now=now)
        _assert_right(space, now, versions=moment)
    assert moment > 15


def _stored() -> dict[str, list[tuple[Any, ...]]]:
    """All that a refresh writes, as it is."""
    tables = AudienceStatus, AudienceVersion, MemberChunk, VersionChunk
    return {table.__name__: list(table.objects.order_by("pk").values_list()) for table in tables}


def _assert_right(space: Space, now: datetime.datetime, *, versions: int) -> None:
    """Each audience holds whom its rule means, by a version for each refresh, none doubled, and
    each of the size that it says; and a full rebuild finds nothing to do."""
    members._kept.clear()
    facts = dict(Membership.objects.values_list("number", "total_orders"))
    wanted = [{n for n, o in facts.items() if o >= 10}, {n for n, o in facts.items() if o < 5}]
    for status, meant in zip(AudienceStatus.objects.order_by("pk"), wanted, strict=True):
        assert set(members.load(status)) == meant
        kept = AudienceVersion.objects.filter(audience=status.pk).order_by("version")
        assert [one.version for one in kept] == list(range(1, versions + 1))
        sizes = [len(members.members_at(status, one.version)) for one in kept]
        assert sizes == [one.size for one in kept]
    with transaction.atomic():
        outcomes = refresh_space(space=space, now=now, full=True)
        assert [(one.drift, one.cause) for one in outcomes] == [(0, None)] * len(wanted)
        transaction.set_rollback(True)


def test_a_worker_waits_for_the_database_and_takes_its_work_up_again(
    mortal: Mortal, at: datetime.datetime
) -> None:
    space = Space.objects.create(slug="north", name="North")
    person = Membership.objects.create(space=space, external_id="ana", total_orders=12)
    define_audience(space=space, audience_type="rules", configuration={"rule": RULES[0]})
    host = quote(str(mortal.settings_dict["HOST"]), safe="")
    worker = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIRECTORY / "manage.py"), "run_jobs"],
        env=os.environ | {"DATABASE_URL": f"postgresql://postgres@/mortal?host={host}"},
        stderr=subprocess.DEVNULL,  # it says what it waits for
    )
    try:
        _wait_until(lambda: _held() == {person.pk})
        Membership.objects.update(total_orders=0)
        kill(mortal.server)
        mortal.back()
        _wait_until(lambda: _held() == set())
        assert worker.poll() is None
    finally:
        worker.kill()
        worker.wait()


def _held() -> set[int]:
    members._kept.clear()
    status = AudienceStatus.objects.first()
    return set(members.load(status)) if status else set()


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)
