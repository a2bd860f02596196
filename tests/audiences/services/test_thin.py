"""Old versions are thinned, and whom those that stay held is as it was; and old syncs go."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from audiences import members
from audiences.jobs import thin_versions as job
from audiences.models import Audience, AudienceStatus, AudienceVersion, Sync, VersionChunk
from audiences.services import refresh_space, thin
from audiences.services.changes import NoSuchVersion, changed_between
from audiences.services.thin import thin_syncs, thin_versions
from segments.models import Membership, Space
from tests.audiences.sources.stand_in import KlaviyoStandIn

Make = Callable[..., Any]
SECOND, MINUTE = datetime.timedelta(seconds=1), datetime.timedelta(minutes=1)
HOUR, DAY = 60 * MINUTE, datetime.timedelta(days=1)
KEEN = {"field": "total_orders", "operator": "greater_or_equal", "value": 10}


@pytest.fixture
def audience(space: Space, make_audience: Make) -> Audience:
    Membership.objects.bulk_create(
        Membership(space=space, external_id=f"m-{place}", total_orders=place % 20)
        for place in range(40)
    )
    made: Audience = make_audience("rules", rule=KEEN)
    return made


@pytest.fixture
def live(space: Space, audience: Audience) -> Callable[..., None]:
    """A change and a refresh at each of the moments."""

    def live(*moments: datetime.datetime) -> None:
        for moment in moments:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE segments_membership SET total_orders = (total_orders + 7) %% 20"
                    " WHERE number %% 3 = %s",
                    [moment.second % 3],
                )
            refresh_space(space=space, now=moment)

    return live


def held(audience: Audience) -> dict[int, set[int]]:
    """Whom each version held, by the versions there are, as it is stored."""
    members._kept.clear()
    status = AudienceStatus.objects.get(pk=audience.pk)
    versions = AudienceVersion.objects.filter(audience=audience).values_list("version", flat=True)
    return {version: set(members.members_at(status, version)) for version in versions}


def moments(audience: Audience) -> list[datetime.datetime]:
    rows = AudienceVersion.objects.filter(audience=audience).order_by("version")
    return list(rows.values_list("as_of", flat=True))


def test_the_older_versions_are_the_fewer_stay(
    space: Space, audience: Audience, live: Make, at: datetime.datetime
) -> None:
    old = [at - 9 * DAY + hours * HOUR for hours in (0, 1, 2, 26)]
    week = [at - 3 * DAY + minutes * MINUTE for minutes in (0, 1, 2, 65)]
    day = [at - 5 * HOUR + seconds * SECOND for seconds in (0, 1, 2, 65)]
    now = [at - MINUTE + seconds * SECOND for seconds in (0, 1, 2)]
    live(*old, *week, *day, *now)
    assert thin_versions(space=space, now=at) == 5
    kept = [old[0], *old[2:], *week[2:], *day[2:], *now]  # the first of all stays
    assert moments(audience) == kept
    assert thin_versions(space=space, now=at) == 0


@pytest.mark.parametrize("fold_after", [3, 64])
@pytest.mark.parametrize("most", [4, 5_000])
def test_whom_a_version_that_stays_held_is_as_it_was(
    space: Space,
    audience: Audience,
    live: Make,
    at: datetime.datetime,
    monkeypatch: pytest.MonkeyPatch,
    fold_after: int,
    most: int,
) -> None:
    monkeypatch.setattr(members, "_FOLD_AFTER", fold_after)
    monkeypatch.setattr(members, "_FOLD_SHARE", 2)  # seldom for their number
    monkeypatch.setattr(thin, "_MOST", most)
    live(*(at + 7 * place * SECOND for place in range(30)))
    before = held(audience)
    assert thin_versions(space=space, now=at + 2 * HOUR) > 15
    after = held(audience)
    assert after == {version: before[version] for version in after}
    then: set[int] = set()
    for version in AudienceVersion.objects.filter(audience=audience).order_by("version"):
        now = after[version.version]
        told = version.size, version.entered, version.left
        assert told == (len(now), len(now - then), len(then - now))
        then = now
    live(at + 3 * HOUR)
    assert refresh_space(space=space, now=at + 3 * HOUR, full=True)[0].drift == 0
    assert held(audience).items() >= after.items()


def test_the_versions_that_go_take_their_changes_along(
    space: Space, audience: Audience, live: Make, at: datetime.datetime
) -> None:
    live(*(at + place * SECOND for place in range(12)))
    thin_versions(space=space, now=at + 2 * HOUR)
    left = AudienceVersion.objects.filter(audience=audience).values_list("pk", flat=True)
    assert set(VersionChunk.objects.values_list("version", flat=True)) <= set(left)


def test_changes_are_told_between_versions_that_stay(
    space: Space, audience: Audience, live: Make, at: datetime.datetime
) -> None:
    live(*(at + place * SECOND for place in range(6)))
    whole = changed_between(audience=audience, start=1, end=6)
    job(timestamp=int((at + 2 * HOUR).timestamp()))
    kept = sorted(held(audience))
    assert (kept[0], kept[-1]) == (1, 6)
    found = changed_between(audience=audience)
    assert (found.start, found.end) == (kept[-2], 6)
    assert changed_between(audience=audience, start=1) == whole
    gone = next(version for version in range(1, 7) if version not in kept)
    with pytest.raises(NoSuchVersion, match=f"one before that is kept is {kept[0]}"):
        changed_between(audience=audience, start=gone)


def test_a_status_read_before_a_refresh_still_has_its_members(
    audience: Audience, live: Make, at: datetime.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "_FOLD_SHARE", 10**6)  # the base moves with each version
    live(at, at + SECOND)
    status = AudienceStatus.objects.get(pk=audience.pk)
    before = set(members.load(status))
    live(at + 2 * SECOND)
    members._kept.clear()
    assert set(members.load(status)) == before


@pytest.fixture
def synced(
    klaviyo: KlaviyoStandIn, make_synced: Make, at: datetime.datetime
) -> Callable[..., list[Sync]]:
    """The syncs of a list; of each, how many days ago it was asked for, and what became of it."""

    def made(*syncs: tuple[int, str]) -> list[Sync]:
        audience = make_synced()
        return [
            Sync.objects.create(
                space=audience.space, audience=audience, status=status, requested_at=at - days * DAY
            )
            for days, status in syncs
        ]

    return made


def days_kept(syncs: list[Sync], at: datetime.datetime) -> list[int]:
    rows = Sync.objects.filter(audience=syncs[0].audience).order_by("number")
    return [(at - sync.requested_at).days for sync in rows]


def test_old_syncs_go_but_the_last_of_a_list_and_its_last_success(
    synced: Callable[..., list[Sync]], at: datetime.datetime
) -> None:
    lively = synced((99, "SUCCESS"), (98, "FAILED"), (5, "FAILED"), (1, "SUCCESS"), (0, "PENDING"))
    failing = synced((99, "SUCCESS"), (98, "SUCCESS"), (97, "FAILED"), (96, "FAILED"))
    lost = synced((99, "FAILED"), (98, "RUNNING"))
    never = synced((99, "FAILED"), (98, "FAILED"))

    assert thin_syncs(now=at, kept=90 * DAY) == 6

    kept = [days_kept(syncs, at) for syncs in (lively, failing, lost, never)]
    assert kept == [[5, 1, 0], [98, 96], [98], [98]]
    assert thin_syncs(now=at, kept=90 * DAY) == 0


def test_old_syncs_go_with_the_old_versions_after_the_days_of_the_setting(
    synced: Callable[..., list[Sync]], at: datetime.datetime, settings: Any
) -> None:
    syncs = synced((31, "SUCCESS"), (29, "SUCCESS"), (1, "SUCCESS"))
    settings.SYNCS_DAYS = 30
    job(timestamp=int(at.timestamp()))
    assert days_kept(syncs, at) == [29, 1]


def test_however_many_syncs_go_it_is_one_statement(
    synced: Callable[..., list[Sync]],
    at: datetime.datetime,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    for _ in range(3):
        synced(*((days, "SUCCESS") for days in range(99, 89, -1)))
    with django_assert_num_queries(1):
        thin_syncs(now=at, kept=90 * DAY)
