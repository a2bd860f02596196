"""On which days, at which hours, audiences are worked out: kept, carried out, and asked for."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from audience_platform.models import AuditEvent, RefreshSchedule
from audience_platform.refresh_schedules import ask_due, refresh_every, refresh_on
from audiences.models import Audience, AudienceStatus, AudienceVersion
from audiences.services import redefine_audience, refresh_space
from segments.models import Space

Make = Callable[..., Any]
AMSTERDAM = "Europe/Amsterdam"


@pytest.fixture
def audience(make_audience: Make) -> Audience:
    made: Audience = make_audience("age_within", minimum_age=18, name="Adults")
    return made


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("days", "hours", "zone", "now", "expected"),
    [
        ([0], [3], "UTC", "2026-06-15T12:00", "2026-06-21T03:00"),  # from a Monday to a Sunday
        ([1], [9, 18], "UTC", "2026-06-15T12:00", "2026-06-15T18:00"),
        ([1], [9], "UTC", "2026-06-15T09:00", "2026-06-22T09:00"),  # at that time: the following
        ([1], [9], AMSTERDAM, "2026-06-15T06:59", "2026-06-15T07:00"),  # in summer
        ([1], [9], AMSTERDAM, "2026-12-14T06:59", "2026-12-14T08:00"),  # in winter
        ([1], [23], "Pacific/Kiritimati", "2026-06-14T12:00", "2026-06-15T09:00"),
        ([0], [2], AMSTERDAM, "2026-03-28T12:00", "2026-03-29T01:00"),  # an hour that is skipped
        ([0], [2], AMSTERDAM, "2026-10-24T12:00", "2026-10-25T00:00"),  # one that comes twice …
        ([0], [2], AMSTERDAM, "2026-10-25T00:00", "2026-11-01T01:00"),  # … counts once
    ],
)
def test_the_next_time_is_by_its_own_clock(
    days: list[int], hours: list[int], zone: str, now: str, expected: str
) -> None:
    schedule = RefreshSchedule(days=days, hours=hours, time_zone=zone)
    assert schedule.after(moment(now)) == moment(expected)


def test_at_its_time_the_audience_is_worked_out_from_all_members(
    audience: Audience, space: Space, at: datetime.datetime
) -> None:
    refresh_space(space=space, now=at)
    due = refresh_on(audience, at=at, days=[1], hours=[18], time_zone="UTC").next_at
    second = datetime.timedelta(seconds=1)

    assert ask_due(now=due - second) == 0
    assert ask_due(now=due) == 1
    assert ask_due(now=due + second) == 0
    refresh_space(space=space, now=due + second)

    status = AudienceStatus.objects.get(audience=audience)
    assert (status.as_of, status.requested_at) == (due + second, None)
    assert RefreshSchedule.objects.get().next_at == due + datetime.timedelta(days=7)


def test_times_that_nobody_was_there_for_are_made_up_for_once(
    audience: Audience, at: datetime.datetime
) -> None:
    refresh_on(audience, at=at, days=list(range(7)), hours=[3], time_zone="UTC")
    back = at + datetime.timedelta(days=3)

    assert [ask_due(now=back), ask_due(now=back)] == [1, 0]
    assert RefreshSchedule.objects.get().next_at == moment("2026-06-19T03:00")


def test_an_audience_that_rests_waits_for_its_next_time(
    audience: Audience, at: datetime.datetime
) -> None:
    redefine_audience(audience, enabled=False)
    due = refresh_on(audience, at=at, days=[1], hours=[18], time_zone="UTC").next_at

    assert ask_due(now=due) == 0
    assert RefreshSchedule.objects.get().next_at > due
    assert not AudienceStatus.objects.filter(requested_at__isnull=False).exists()


def test_a_worker_carries_it_out(
    audience: Audience, make_membership: Make, work_off: Callable[[], None]
) -> None:
    now = timezone.now()
    work_off()
    before = AudienceStatus.objects.get().as_of
    refresh_on(audience, at=now, days=list(range(7)), hours=[3], time_zone="UTC")
    RefreshSchedule.objects.update(next_at=now)
    work_off()

    after = AudienceStatus.objects.get().as_of
    assert before is not None
    assert after is not None
    assert after > before
    runs = AuditEvent.objects.filter(changes__has_key="run").order_by("number")
    assert [(one.actor_name, one.changes["run"]["after"]) for one in runs] == [
        ("refresh schedule", "asked for"),
        ("refresh_space", "complete"),
    ]
    assert AudienceVersion.objects.count() == 1  # nobody entered or left


def test_days_take_the_place_of_an_interval_and_it_of_them(
    audience: Audience, at: datetime.datetime
) -> None:
    refresh_every(audience, seconds=3600)
    refresh_on(audience, at=at, days=[1, 1, 0], hours=[9], time_zone="UTC")
    audience.refresh_from_db()
    assert audience.refresh_interval is None
    assert RefreshSchedule.objects.get().days == [0, 1]

    refresh_every(audience, seconds=7200)
    assert not RefreshSchedule.objects.exists()
    assert audience.refresh_interval == 7200


@pytest.mark.parametrize(
    ("field", "value"),
    [("days", []), ("days", [7]), ("hours", [24]), ("hours", [-1]), ("time_zone", "Mars/Base")],
)
def test_what_no_week_has_is_refused(
    audience: Audience, at: datetime.datetime, field: str, value: Any
) -> None:
    right: dict[str, Any] = {"days": [1], "hours": [3], "time_zone": "UTC"}
    with pytest.raises(ValidationError) as refused:
        refresh_on(audience, at=at, **{**right, field: value})
    assert field in refused.value.message_dict
    assert not RefreshSchedule.objects.exists()


def test_the_database_keeps_it_in_its_space(
    audience: Audience, other_space: Space, at: datetime.datetime
) -> None:
    refresh_on(audience, at=at, days=[1], hours=[3], time_zone="UTC")
    promise = "refresh_schedule_audience_in_its_space"
    with pytest.raises(IntegrityError, match=promise), transaction.atomic():
        RefreshSchedule.objects.update(space=other_space)


# The JSON:API


def _document(audience: Audience, **attributes: Any) -> dict[str, Any]:
    told = {"days": [1, 4], "hours": [6], "time_zone": AMSTERDAM, **attributes}
    related = {"data": {"type": "audiences", "id": str(audience.id)}}
    return {
        "data": {
            "type": "refresh-schedules",
            "attributes": told,
            "relationships": {"audience": related},
        }
    }


def test_a_program_makes_changes_and_deletes_one(api: Any, audience: Audience) -> None:
    made = api.post("refresh-schedules", _document(audience))
    assert made.status_code == 201, made.content
    one = made.json()["data"]
    assert one["attributes"]["days"] == [1, 4]
    assert one["attributes"]["next_at"] > timezone.now().isoformat()
    assert one["relationships"]["audience"]["data"]["id"] == str(audience.id)

    path = f"refresh-schedules/{one['id']}"
    change = {"data": {"type": "refresh-schedules", "id": one["id"], "attributes": {"hours": [7]}}}
    changed = api.patch(path, change).json()["data"]["attributes"]
    assert changed["hours"] == [7]
    assert changed["next_at"] != one["attributes"]["next_at"]
    assert api.get(f"refresh-schedules?filter[audience]={audience.id}").json()["data"]
    assert api.get(f"{path}/audience").json()["data"]["id"] == str(audience.id)
    assert AuditEvent.objects.filter(object_id=one["id"]).count() == 2

    assert api.delete(path).status_code == 200
    assert not RefreshSchedule.objects.exists()


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({"days": [7]}, "/data/attributes/days"),
        ({"hours": []}, "/data/attributes/hours"),
        ({"hours": ["noon"]}, "/data/attributes/hours"),
        ({"time_zone": "Mars/Base"}, "/data/attributes/time_zone"),
    ],
)
def test_what_is_wrong_is_pointed_at(
    api: Any, audience: Audience, attributes: dict[str, Any], pointer: str
) -> None:
    refused = api.post("refresh-schedules", _document(audience, **attributes))
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["source"]["pointer"].startswith(pointer)


def test_an_audience_has_one(api: Any, audience: Audience) -> None:
    answers = [api.post("refresh-schedules", _document(audience)) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 422]
    (error,) = answers[1].json()["errors"]
    assert error["source"]["pointer"] == "/data/relationships/audience"


def test_it_is_not_there_for_another_space_nor_for_who_may_not_see_the_audience(
    api: Any, make_program: Make, audience: Audience, other_space: Space
) -> None:
    redefine_audience(audience, labels=["secret"])
    made = api.post("refresh-schedules", _document(audience)).json()["data"]
    for other in (make_program(other_space), make_program(denied_labels=["secret"])):
        assert other.get("refresh-schedules").json()["data"] == []
        assert other.get(f"refresh-schedules/{made['id']}").status_code == 404
        assert other.post("refresh-schedules", _document(audience)).status_code == 404
