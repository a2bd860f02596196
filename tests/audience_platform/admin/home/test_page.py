"""The first page."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audience_platform.models import StaffLabels
from audiences.models import Audience, AudienceStatus, AudienceVersion, Sync
from segments.imports.asking import make_import
from segments.models import Import, Space
from tests.conftest import Colleague, Make

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)


def test_an_empty_space_is_told_what_to_do_next(colleague: Colleague) -> None:
    page = colleague.page("")
    assert "What to do next" in page
    assert '<a href="/admin/segments/import/add/?what=memberships">import a file</a>' in page
    assert 'id="growth"' not in page


def test_a_full_space_shows_its_counts_and_offers(
    colleague: Colleague,
    make_membership: Make,
    make_segment: Make,
    make_offer: Make,
    make_audience: Make,
) -> None:
    now = timezone.now()
    gold = make_segment("gold")
    make_membership(gold)
    make_offer(make_audience("in_any_segment", segments=[str(gold.id)]), name="For gold")
    make_offer(name="Soon", publish_at=now + 2 * DAY)
    make_offer(name="Nearly over", expire_at=now + 3 * DAY)
    make_offer(name="Next month", publish_at=now + 30 * DAY)
    make_offer(name="Withdrawn", discontinued=True)
    response = colleague.get("/admin/")
    assert [(label, count) for label, count, *_ in response.context["counts"]] == [
        ("Live offers", 2),
        ("Audiences", 1),
        ("Segments", 1),
    ]
    names = [row["offer"].name for row in response.context["offers"]]
    assert names == ["Nearly over", "Soon", "For gold"]
    page = response.content.decode()
    assert page.count("Ends soon") == 1
    assert "In gold" in page
    assert "What to do next" not in page
    assert 'hx-get="/admin/home/growth/"' in page
    assert "None did." in page


def test_what_was_done_last_says_who_did_it(colleague: Colleague, make_offer: Make) -> None:
    make_offer(name="Wine club")
    User.objects.filter(username__startswith="colleague-").update(username="vera")
    colleague.save("segments/segment/add/", name="Gold", short_code="gold")
    page = colleague.page("")
    assert "Segment “Gold” created</a>" in page
    assert "by vera, " in page
    assert "Offer “Wine club” created</a>" in page


@pytest.fixture
def with_versions() -> Callable[..., None]:
    """Sizes by how many hours ago they were worked out, the first being the first build's."""

    def give(audience: Audience, *sizes: tuple[float, int], cause: str = "facts") -> None:
        now, before = timezone.now(), 0
        for version, (hours, size) in enumerate(sizes, 1):
            AudienceVersion.objects.create(
                audience=audience,
                version=version,
                cause="first" if version == 1 else cause,
                size=size,
                entered=max(size - before, 0),
                left=max(before - size, 0),
                as_of=now - hours * HOUR,
                took=datetime.timedelta(),
            )
            before = size
        AudienceStatus.objects.create(audience=audience, version=len(sizes), size=before, as_of=now)

    return give


def test_unusual_growth_is_shown_with_what_is_usual(
    colleague: Colleague, make_audience: Make, with_versions: Make
) -> None:
    with_versions(make_audience("static", name="Fans"), (900, 100), (100, 110), (2, 160))
    page = colleague.page("")
    assert "Fans" in page
    assert "+50 (45 %)" in page
    assert "now 160; before, at most 10 in a day." in page


def test_running_work_is_shown_live_and_the_page_comes_anew_when_it_ends(
    colleague: Colleague, space: Space, make_synced: Make
) -> None:
    assert "At work" not in colleague.page("")
    assert 'hx-trigger="every 2s"' not in colleague.page("")
    make_import(space=space)
    Import.objects.update(
        state="running",
        file_name="people.csv",
        step="Writing",
        percent=60,
        rows_done=600,
        rows_total=1000,
        started_at=timezone.now(),
    )
    audience = make_synced(name="Newsletter")
    Sync.objects.create(
        space=space, audience=audience, requested_at=timezone.now(), status="RUNNING", pulled=1200
    )
    for page in ("", "home/running/"):
        told = colleague.page(page)
        assert 'hx-trigger="every 2s"' in told
        assert "people.csv" in told
        assert "Writing: 600 of 1,000 rows" in told
        assert 'aria-valuenow="60"' in told
        assert "1,200 people so far" in told
    Import.objects.update(state="succeeded")
    assert "HX-Refresh" not in colleague.get("/admin/home/running/")
    Sync.objects.update(status="SUCCESS")
    assert colleague.get("/admin/home/running/")["HX-Refresh"] == "true"


def test_a_colleague_is_shown_nothing_of_what_they_are_denied(
    colleague: Colleague, make_audience: Make, with_versions: Make, make_offer: Make
) -> None:
    secret = make_audience("static", name="Secret list")
    with_versions(secret, (900, 100), (2, 300))
    AudienceStatus.objects.update(failed_at=timezone.now(), last_error="No.")
    assert "Secret list" in colleague.page("")
    Audience.objects.update(labels=["C5"])
    StaffLabels.objects.create(user=User.objects.get(), denied_labels=["C5"])
    assert "Secret list" not in colleague.page("")
    make_offer(secret)
    aimed = colleague.page("")
    assert "n an audience that you may not see" in aimed
    assert "Secret list" not in aimed


def test_it_asks_as_much_of_the_database_for_many_rows_as_for_one(
    colleague: Colleague,
    space: Space,
    make_membership: Make,
    make_segment: Make,
    make_audience: Make,
    make_offer: Make,
    make_synced: Make,
    with_versions: Make,
) -> None:
    now = timezone.now()
    gold = make_segment("gold")

    def one_of_each() -> None:
        make_membership(gold)
        asked = {"segments": [str(gold.id)]}
        make_offer(make_audience("in_any_segment", **asked))
        failed = make_audience("in_all_segments", **asked)
        with_versions(failed, (900, 100), (2, 300))
        AudienceStatus.objects.filter(pk=failed.pk).update(failed_at=now, last_error="No.")
        off = make_audience("in_any_segment", **asked)
        make_offer(off, expire_at=now + DAY)
        Audience.objects.filter(pk=off.pk).update(enabled=False)
        old = make_audience("age_within", minimum_age=18, maximum_age=None)
        Audience.objects.filter(pk=old.pk).update(created_at=now - DAY)
        for state in ("running", "failed"):
            row = make_import(space=space, segment=gold)
            Import.objects.filter(pk=row.pk).update(state=state)
        for status in ("RUNNING", "FAILED"):
            Sync.objects.create(
                space=space, audience=make_synced(), requested_at=now, status=status
            )

    def count() -> int:
        colleague.page("")
        with CaptureQueriesContext(connection) as asked:
            colleague.page("")
        return len(asked)

    one_of_each()
    first = count()
    for _ in range(6):
        one_of_each()
    assert count() == first


def test_a_superuser_without_a_space_is_led_to_make_one(make_colleague: Make) -> None:
    assert "There is no space yet" in make_colleague(superuser=True).page("")


def test_who_has_no_space_has_no_parts_of_the_page_either(make_colleague: Make) -> None:
    nobody = make_colleague()
    assert nobody.get("/admin/home/growth/").status_code == 404
    assert "At work" not in nobody.page("home/running/")


def test_a_switch_between_spaces_is_there_for_who_has_several(
    make_colleague: Make, space: Any, other_space: Any
) -> None:
    enter = f'action="/admin/segments/space/{other_space.pk}/enter/"'
    assert enter in make_colleague(space, other_space).page("")
    assert enter not in make_colleague(space).page("")
