"""On a membership's page: the audiences that hold it, since when, and why or why not."""

from __future__ import annotations

import datetime
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audience_platform.models import StaffLabels
from audiences.models import Audience, Listed
from audiences.services import redefine_audience, refresh_space
from audiences.services.define import list_by_hand
from audiences.services.own_list import list_of, renew
from segments.models import Membership, Space
from segments.services import add_members, save_row

Make = Callable[..., Any]


@pytest.fixture
def ana(make_membership: Make) -> Membership:
    member: Membership = make_membership(full_name="Ana", total_orders=12)
    return member


@pytest.fixture
def show(colleague: Any, ana: Membership) -> Callable[..., str]:
    def show(part: str = "audiences", **asked: Any) -> str:
        page = colleague.page(f"segments/membership/{ana.pk}/{part}/", **asked)
        text = html.unescape(page[page.index(f'id="{part}"') :])
        return " ".join(re.sub("<[^>]+>", " ", text).split())

    return show


def orders(least: int) -> dict[str, Any]:
    return {"field": "total_orders", "operator": "greater_or_equal", "value": least}


@pytest.fixture
def keen(make_audience: Make) -> Audience:
    audience: Audience = make_audience("rules", name="Keen", rule=orders(10))
    return audience


def test_without_audiences_the_page_says_what_to_do(show: Callable[..., str]) -> None:
    assert "No audience is in force yet. Add one." in show()


def test_those_that_hold_the_member_stand_with_since_when(
    show: Callable[..., str], space: Space, keen: Audience, make_audience: Make, ana: Membership
) -> None:
    make_audience("rules", name="Keenest", rule=orders(20))
    assert "Keen In Orders are at least 10 Enters when it is next worked out." in show()
    first = datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.UTC)  # 14:00 in Amsterdam
    refresh_space(space=space, now=first)
    text = show()
    assert "In since it was first worked out, 15 Jun 2026, 14:00." in text
    assert "In 1 Not in 1 All in force 2" in text
    assert "Keenest" not in text
    assert "Keenest Not in" in show(which="out")
    save_row(ana, total_orders=25)
    refresh_space(space=space, now=first + datetime.timedelta(hours=1))
    assert "Entered 15 Jun 2026, 15:00." in show(words="keenest")
    save_row(ana, total_orders=15)
    assert "Leaves when it is next worked out." in show(which="out")


def test_a_list_tells_when_one_came_onto_it_and_when_it_runs_out(
    show: Callable[..., str], ana: Membership, make_audience: Make
) -> None:
    crm = make_audience("external", name="Crm")
    add_members(segment=list_of(crm), memberships=[ana.pk])
    renew(audience=crm, at=timezone.now())
    text = show()
    assert "On its list since" in text
    assert "It runs out" in text
    renew(audience=crm, at=timezone.now() - datetime.timedelta(days=40))
    assert "The list ran out" in show(which="out")


def test_who_is_put_in_or_kept_out_by_hand_is_told(
    show: Callable[..., str], ana: Membership, keen: Audience
) -> None:
    list_by_hand(audience=keen, memberships=[ana.pk], listed=Listed.EXCLUDED)
    assert "Kept out by hand." in show(which="out")
    assert "Kept out by hand, whatever the rule says." in show("why", audience=keen.pk)


def test_why_is_told_condition_by_condition(
    show: Callable[..., str], make_audience: Make, make_segment: Make, keen: Audience
) -> None:
    gold = make_segment("gold", name="Gold tier")
    parts = [orders(10), {"in_segment": str(gold.id)}, {"in_audience": str(keen.id)}]
    audience = make_audience("rules", name="Golden", rule={"all": parts})
    text = show("why", audience=audience.pk)
    assert "Ana is not in Golden." in text
    assert "Doesn't hold: All of these Holds: orders are at least 10 has 12" in text
    assert "Doesn't hold: in Gold tier" in text
    assert "Holds: in Keen Holds: orders are at least 10" in text


@pytest.mark.parametrize("number", ["", "x", "0", "999999"])
def test_there_is_no_why_of_an_audience_that_there_is_not(
    number: str, colleague: Any, ana: Membership
) -> None:
    page = f"/admin/segments/membership/{ana.pk}/why/"
    assert colleague.get(page, {"audience": number}).status_code == 404


def test_audiences_that_one_may_not_see_are_not_there(
    show: Callable[..., str], colleague: Any, ana: Membership, keen: Audience
) -> None:
    redefine_audience(keen, labels=["core/C9"])
    StaffLabels.objects.create(user=User.objects.get(), denied_labels=["core/C9"])
    assert "Keen" not in show(which="all")
    page = f"/admin/segments/membership/{ana.pk}/why/"
    assert colleague.get(page, {"audience": keen.pk}).status_code == 404


def test_very_many_come_page_by_page_at_a_constant_number_of_queries(
    show: Callable[..., str], colleague: Any, ana: Membership, make_audience: Make, space: Space
) -> None:
    def queries() -> int:
        show()  # what is kept per process is there
        with CaptureQueriesContext(connection) as captured:
            show()
        return len(captured)

    def grow(count: int) -> None:
        for least in range(count):
            make_audience("rules", name=f"Keen {least}", rule=orders(least))
            make_audience("rules", rule=orders(least))
            guests = make_audience("static", name=f"List {least}")
            add_members(segment=list_of(guests), memberships=[ana.pk])
        refresh_space(space=space, now=timezone.now())

    grow(1)
    one = queries()
    grow(12)
    assert queries() == one
    assert "1 to 25 of 39" in show()
    assert "26 to 39 of 39" in show(page=2)
