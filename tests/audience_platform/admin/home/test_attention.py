"""What needs attention: each sentence, when it is there and when not."""

from __future__ import annotations

import datetime
import html
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audiences.models import Audience, AudienceStatus, Sync
from segments.imports.asking import make_import
from segments.models import ChangedMemberships, Import, Space
from tests.conftest import Colleague, Make

HOUR = datetime.timedelta(hours=1)
AUDIENCES = "/admin/audiences/audience"


@pytest.fixture(autouse=True)
def somebody_works(db: None) -> None:
    beat(timezone.now())


def beat(at: datetime.datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [at])


def told(colleague: Colleague) -> str:
    """The card, as text."""
    page = html.unescape(colleague.page(""))
    return page.partition('id="attention"')[2].partition("</section>")[0]


def test_all_is_well_where_nothing_is_wrong(
    colleague: Colleague, make_audience: Make, make_offer: Make
) -> None:
    make_offer(make_audience("static", name="Fans"))
    assert "All is well" in told(colleague)


def test_that_no_worker_runs(colleague: Colleague) -> None:
    beat(timezone.now() - HOUR)
    assert "Nothing is being done in the background" in told(colleague)


def test_that_changes_wait_long(colleague: Colleague, space: Space) -> None:
    ChangedMemberships.objects.create(space=space, membership_numbers=[1])
    assert "have waited" not in told(colleague)
    ChangedMemberships.objects.update(created_at=timezone.now() - HOUR)
    assert "Changes of members have waited since" in told(colleague)


def test_that_a_sync_asks_or_failed_until_the_next_one(
    colleague: Colleague, space: Space, make_synced: Make
) -> None:
    audience = make_synced(name="Newsletter")

    def sync(**values: Any) -> None:
        now = timezone.now()
        Sync.objects.create(space=space, audience=audience, requested_at=now, **values)

    sync(status="FAILED", error_code="needs_confirmation", error="This would take 9 of the 10.")
    page = told(colleague)
    assert "The sync of “Newsletter” asks you first. This would take 9 of the 10." in page
    assert f'href="{AUDIENCES}/{audience.pk}/change/#sync">Look and decide' in page
    sync(status="FAILED", error_code="key_refused", error="The key is wrong.")
    assert "“Newsletter” could not be synced. The key is wrong." in told(colleague)
    assert "asks you first" not in told(colleague)
    sync(status="FAILED", error_code="cancelled", error="It was cancelled.")
    assert "All is well" in told(colleague)
    sync(status="SUCCESS")
    assert "All is well" in told(colleague)


def test_that_an_import_failed_lately(colleague: Colleague, space: Space) -> None:
    row = make_import(space=space)
    Import.objects.update(state="failed", file_name="people.csv", error="2 rows are bad.")
    assert "The import of people.csv failed. 2 rows are bad." in told(colleague)
    assert f'href="/admin/segments/import/{row.pk}/change/">Mend it' in told(colleague)
    Import.objects.update(state="needs_confirmation")
    assert "The import of people.csv asks you first" in told(colleague)
    Import.objects.update(touched_at=timezone.now() - 200 * HOUR)
    assert "All is well" in told(colleague)


def test_that_an_audience_failed_while_it_is_in_force(
    colleague: Colleague, make_audience: Make
) -> None:
    audience = make_audience("static", name="Fans")
    AudienceStatus.objects.create(
        audience=audience, version=2, failed_at=timezone.now(), last_error="Too deep."
    )
    page = told(colleague)
    assert "“Fans” can't be worked out since" in page
    assert "its last members stand. Too deep." in page
    Audience.objects.update(enabled=False)
    assert "All is well" in told(colleague)


def test_that_an_audience_was_never_worked_out(colleague: Colleague, make_audience: Make) -> None:
    audience = make_audience("static", name="Fans")
    Audience.objects.update(created_at=timezone.now() - HOUR)
    assert "“Fans” has never been worked out." in told(colleague)
    AudienceStatus.objects.create(audience=audience, version=1, as_of=timezone.now())
    assert "All is well" in told(colleague)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"lifecycle": "archived"}, "is archived"),
        ({"lifecycle": "inactive"}, "is inactive"),
        ({"enabled": False}, "is off"),
        ({"expires_at": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)}, "has run out"),
    ],
)
def test_that_nobody_sees_an_offer(
    values: dict[str, Any],
    why: str,
    colleague: Colleague,
    make_audience: Make,
    make_offer: Make,
) -> None:
    offer = make_offer(make_audience("static", name="Fans"), name="Wine club")
    Audience.objects.update(**values)
    assert f"Nobody sees “Wine club”: its audience “Fans” {why}." in told(colleague)
    offer.discontinued = True
    offer.save()
    assert "All is well" in told(colleague)


def test_of_many_of_a_kind_the_first_are_named(colleague: Colleague, space: Space) -> None:
    for _ in range(7):
        make_import(space=space)
    Import.objects.update(state="failed", file_name="people.csv", error="No.")
    page = told(colleague)
    assert page.count("The import of people.csv failed") == 4
    assert "So it is with 3 more imports." in page


def test_nothing_is_told_of_another_space(
    colleague: Colleague, other_space: Space, make_synced: Make, make_source: Make
) -> None:
    audience = make_synced(make_source(space=other_space), name="Theirs")
    Audience.objects.update(created_at=timezone.now() - HOUR)
    Sync.objects.create(
        space=other_space, audience=audience, requested_at=timezone.now(), status="FAILED"
    )
    make_import(space=other_space)
    Import.objects.update(state="failed")
    assert "All is well" in told(colleague)
