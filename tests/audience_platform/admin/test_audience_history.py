"""What was changed of an audience, on its page; and taking a change back."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from audience_platform.models import AuditEvent
from audiences.models import Audience, Listed
from audiences.services import redefine_audience, refresh_space
from audiences.services.by_hand import put_on_list
from segments.models import Space
from segments.services import delete_row

Make = Callable[..., Any]


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def past(colleague: Any, audience: Audience) -> str:
    page = colleague.page(f"audiences/audience/{audience.pk}/change/")
    return words(page[page.index('id="past"') :])


def last_change() -> AuditEvent:
    changes = AuditEvent.objects.filter(object_type="audiences", action="changed")
    return changes.latest("number")


@pytest.fixture
def young(make_audience: Make) -> Audience:
    made: Audience = make_audience("age_within", minimum_age=18, maximum_age=35, name="Young")
    return made


def test_it_tells_who_changed_whom_it_means_in_words(colleague: Any, young: Audience) -> None:
    path = f"audiences/audience/{young.pk}/change/"
    colleague.save(path, minimum_age=21, maximum_age=35, name="Young")
    told = past(colleague, young)
    user = last_change().actor_name
    assert user.startswith("colleague-")
    assert f"{user} changed it" in told
    assert "Who is in it: Aged 18 to 35 → Aged 21 to 35" in told
    assert "Who is in it: Aged 18 to 35 " in told.rpartition("created it")[2]


def test_it_tells_the_other_values_and_lists_by_hand(
    colleague: Any, young: Audience, make_membership: Make
) -> None:
    redefine_audience(young, name="Younger", labels=["a", "b"])
    put_on_list(audience=young, memberships=[make_membership().pk], listed=Listed.INCLUDED)
    told = past(colleague, young)
    assert "Name: Young → Younger" in told
    assert "Labels: nothing → a, b" in told
    assert "Included: 1 added" in told


def test_a_type_that_was_another_is_read_as_what_it_was(
    colleague: Any, young: Audience, make_segment: Make
) -> None:
    gold = make_segment("gold", name="Gold")
    segments = {"segments": [str(gold.id)]}
    redefine_audience(young, audience_type="in_any_segment", configuration=segments)
    told = past(colleague, young)
    assert "Aged 18 to 35 → In Gold" in told


def test_it_shows_the_latest_and_leads_to_all(colleague: Any, young: Audience) -> None:
    for number in range(25):
        redefine_audience(young, name=f"Name {number}")
    told = past(colleague, young)
    assert "Name 24" in told
    assert "Name 3 " not in told
    assert "All that happened to it" in told


def test_it_says_where_nothing_is_kept(colleague: Any, young: Audience) -> None:
    Audience.objects.filter(pk=young.pk).update(id="0b7f4b0e-6d8f-4f0e-9d3c-2f9f5a2d7c11")
    assert "Nothing is kept of how it came to be" in past(colleague, young)


# Taking back


def test_it_says_what_taking_back_would_do_before_it_is_done(
    colleague: Any, young: Audience, space: Space, make_membership: Make
) -> None:
    for year in (2000, 2006):
        make_membership(birthday=datetime.date(year, 1, 1))
    redefine_audience(young, configuration={"minimum_age": 21, "maximum_age": 40}, name="Older")
    refresh_space(space=space, now=timezone.now())
    changed = last_change()
    redefine_audience(young, name="Oldest")
    path = f"audience_platform/auditevent/{changed.pk}/undo/"
    told = words(colleague.page(path))
    assert "“Oldest” gets again what it had before" in told
    assert "Who is in it Aged 21 to 40 Aged 18 to 35" in told
    assert "Name Oldest Young" in told
    assert "1 would enter and 0 leave: 2 members then." in words(colleague.page(f"{path}members/"))
    assert Audience.objects.get().name == "Oldest"
    assert "has again what it had before" in colleague.save(path).content.decode()
    assert (Audience.objects.get().name, Audience.objects.get().configuration["minimum_age"]) == (
        "Young",
        18,
    )


def test_it_says_why_a_change_cannot_be_taken_back(
    colleague: Any, make_audience: Make, make_segment: Make
) -> None:
    old, new = make_segment(), make_segment()
    audience = make_audience("in_any_segment", segments=[str(old.id)])
    redefine_audience(audience, configuration={"segments": [str(new.id)]})
    path = f"audience_platform/auditevent/{last_change().pk}/undo/"
    delete_row(old)
    assert "There is no segment" in colleague.page(f"{path}members/")
    assert "Nothing was changed. There is no segment" in colleague.save(path).content.decode()
    created = AuditEvent.objects.filter(object_type="audiences", action="created").get()
    answer = colleague.get(f"/admin/audience_platform/auditevent/{created.pk}/undo/", follow=True)
    assert "Nothing was changed. Only changes of an audience" in answer.content.decode()


def test_what_stays_is_said_to_stay(colleague: Any, young: Audience) -> None:
    redefine_audience(young, name="Old")
    changed = last_change()
    redefine_audience(young, name="Young")
    told = words(colleague.page(f"audience_platform/auditevent/{changed.pk}/undo/"))
    assert "Name Young as now" in told


def test_changes_of_other_spaces_are_not_shown(
    make_colleague: Make, other_space: Space, young: Audience
) -> None:
    redefine_audience(young, name="Old")
    stranger = make_colleague(other_space)
    for page in ("undo/", "undo/members/"):
        path = f"/admin/audience_platform/auditevent/{last_change().pk}/{page}"
        assert stranger.get(path).status_code == 403
