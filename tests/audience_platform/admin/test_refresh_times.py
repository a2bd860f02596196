"""On an audience's page: the days and hours at which all members are asked anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from audience_platform.models import AuditEvent, RefreshSchedule, StaffLabels
from audience_platform.refresh_schedules import refresh_on
from audiences.models import Audience
from audiences.services import redefine_audience
from segments.models import Space

Make = Callable[..., Any]
ZONE = "Asia/Tokyo"


@pytest.fixture
def audience(make_audience: Make) -> Audience:
    made: Audience = make_audience("age_within", minimum_age=18, name="Adults")
    return made


def page(audience: Audience, name: str = "change") -> str:
    return f"audiences/audience/{audience.pk}/{name}/"


def told(text: str) -> str:
    """The panel's words."""
    _, _, panel = text.partition('<h2 class="panel-title" id="refresh-times">')
    return " ".join(re.sub("<[^>]+>", " ", panel.partition("</details>")[0]).split())


def ticked(text: str) -> list[tuple[str, int]]:
    boxes = re.findall(
        r'<input type="checkbox" name="(days|hours)" value="(\d+)"[^>]*checked', text
    )
    return [(name, int(value)) for name, value in boxes]


def test_times_are_set_changed_and_taken_away(
    colleague: Any, audience: Audience, space: Space
) -> None:
    before = colleague.page(page(audience))
    assert "Set times" in told(before)
    assert f'value="{space.time_zone}"' in before
    assert not ticked(before)

    sent = {"days": [1, 0], "hours": [18, 3], "time_zone": ZONE}
    kept = colleague.save(page(audience, "refresh-times"), **sent).content.decode()
    schedule = RefreshSchedule.objects.get()
    assert (schedule.audience, schedule.space) == (audience, space)
    assert (schedule.days, schedule.hours, schedule.time_zone) == ([0, 1], [3, 18], ZONE)
    assert "asked anew Mon and Sun, at 03:00 and 18:00, by the clock of Asia/Tokyo" in told(kept)
    assert ticked(kept) == [("days", 1), ("days", 0), ("hours", 3), ("hours", 18)]
    assert "Next " in told(kept)

    all_ = {"days": list(range(7)), "hours": list(range(24)), "time_zone": ZONE}
    changed = colleague.save(page(audience, "refresh-times"), **all_).content.decode()
    assert "asked anew every day, every hour, by" in told(changed)
    assert RefreshSchedule.objects.get().pk == schedule.pk

    gone = colleague.save(page(audience, "refresh-times"), action="remove").content.decode()
    assert "No times are set." in told(gone)
    assert not RefreshSchedule.objects.exists()
    who = AuditEvent.objects.filter(object_type="refresh-schedules").values_list("actor_name")
    assert {name for (name,) in who} == {User.objects.get().username}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"days": []}, "Tick one day or more."),
        ({"hours": []}, "Tick one hour or more."),
        ({"hours": [24]}, "24 is not one of the available choices"),
        ({"time_zone": ""}, "Give a time zone"),
        ({"time_zone": "Mars"}, "“Mars” is not a time zone."),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    colleague: Any, audience: Audience, at: Any, wrong: dict[str, Any], said: str
) -> None:
    refresh_on(audience, at=at, days=[5], hours=[9], time_zone="UTC")
    sent = {"days": [1], "hours": [3], "time_zone": ZONE} | wrong
    answer = colleague.save(page(audience, "refresh-times"), **sent).content.decode()
    assert said in told(answer)
    assert "asked anew Fri, at 09:00, by the clock of UTC" in told(answer)
    known = RefreshSchedule.objects.get()
    assert (known.days, known.hours, known.time_zone) == ([5], [9], "UTC")


def test_they_are_set_by_those_who_see_the_audience(
    colleague: Any, make_colleague: Make, other_space: Space, audience: Audience
) -> None:
    sent = {"days": [1], "hours": [3], "time_zone": ZONE}
    redefine_audience(audience, labels=["core/C9"])
    StaffLabels.objects.create(user=User.objects.get(), denied_labels=["core/C9"])
    for who in (colleague, make_colleague(other_space)):
        answer = who.post(f"/admin/{page(audience, 'refresh-times')}", sent)
        assert answer.status_code == 404
    assert not RefreshSchedule.objects.exists()
