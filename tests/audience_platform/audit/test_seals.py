"""The chain over the trail finds whatever was rewritten."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audience_platform.audit import seals
from audience_platform.models import AuditEvent, AuditSeal
from segments.models import Space

Make = Callable[..., Any]
NOW = datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def rewrite(sql: str) -> None:
    """As somebody may who owns the database."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audience_platform_auditevent DISABLE TRIGGER USER")
        cursor.execute(sql)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audience_platform_auditevent ENABLE TRIGGER USER")


@pytest.fixture
def trail(space: Space, make_segment: Make) -> list[AuditEvent]:
    """Events under two seals."""
    make_segment()
    seals.seal(now=NOW)
    make_segment()
    make_segment()
    seals.seal(now=NOW + DAY)
    return list(AuditEvent.objects.order_by("number"))


def test_events_are_sealed_once(trail: list[AuditEvent]) -> None:
    assert [event.seal_id for event in trail[-2:]] == [AuditSeal.objects.latest("number").pk] * 2
    assert seals.seal(now=NOW) == 0
    assert list(seals.check()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audience_platform_auditevent SET actor_name = 'nobody' WHERE number = {first}",
        "UPDATE audience_platform_auditevent SET changes = '{{}}' WHERE number = {last}",
        "DELETE FROM audience_platform_auditevent WHERE number = {last}",
        "UPDATE audience_platform_auditevent SET seal_number = NULL WHERE number = {last}",
        "UPDATE audience_platform_auditseal SET hash = repeat('0', 64)"
        " WHERE number = (SELECT min(number) FROM audience_platform_auditseal)",
        "INSERT INTO audience_platform_auditevent (action, object_type, object_id, object_name,"
        " count, changes, door, actor_type, actor_id, actor_name, request_id, seal_number)"
        " SELECT 'created', 'offers', '', '', 1, '{{}}', 'api', 'user', '', 'vera', '',"
        " max(number) FROM audience_platform_auditseal",
    ],
)
def test_whatever_is_rewritten_is_found(trail: list[AuditEvent], sql: str) -> None:
    rewrite(sql.format(first=trail[0].pk, last=trail[-1].pk))

    assert list(seals.check())
    with pytest.raises(CommandError, match="has been rewritten"):
        call_command("check_audit_trail", stderr=io.StringIO())


def test_the_command_tells_the_last_seal(trail: list[AuditEvent]) -> None:
    said = io.StringIO()
    call_command("check_audit_trail", stdout=said)

    assert AuditSeal.objects.latest("number").hash in said.getvalue()


def test_old_events_go_by_whole_seals_and_the_chain_holds(trail: list[AuditEvent]) -> None:
    later = NOW + datetime.timedelta(days=10, hours=12)
    removed = seals.remove_old(now=later, kept=datetime.timedelta(days=10))

    assert removed == len(trail) - 2
    assert list(AuditEvent.objects.order_by("number")) == trail[-2:]
    assert list(seals.check()) == []
    assert seals.remove_old(now=later, kept=datetime.timedelta(days=10)) == 0


def test_what_has_no_seal_yet_is_not_removed(space: Space, make_segment: Make) -> None:
    make_segment()

    assert seals.remove_old(now=NOW + 1000 * DAY, kept=DAY) == 0
