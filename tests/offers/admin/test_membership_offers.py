"""On a membership's page: every offer, its status, its reasons; now or at another moment."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

Make = Callable[..., Any]


@pytest.fixture
def show(colleague: Any, make_membership: Make, make_segment: Make) -> Callable[..., str]:
    membership = make_membership(make_segment("silver"), birthday=datetime.date(2000, 6, 1))

    def show(**asked: Any) -> str:
        page = colleague.page(f"segments/membership/{membership.pk}/offers/", **asked)
        text: str = page[page.index('id="offers"') :]
        return " ".join(re.sub("<[^>]+>", " ", text).split())

    return show


def test_without_offers_the_page_says_what_to_do(show: Callable[..., str]) -> None:
    assert "There are no offers yet. Add one." in show()


def test_offers_stand_with_their_status_and_reasons(
    show: Callable[..., str], make_offer: Make, make_audience: Make, make_segment: Make
) -> None:
    gold = make_segment("gold")
    make_offer(name="For all")
    make_offer(
        make_audience("age_within", minimum_age=60, maximum_age=None),
        make_audience("in_all_segments", segments=[str(gold.id)]),
        name="For elders in gold",
    )
    make_offer(name="No more", discontinued=True)
    text = show()
    assert "Visible 1 For all Visible The member may see this offer." in text
    assert "Hidden from this member 1 For elders in gold Age restricted" in text
    assert "Not in gold." in text
    assert "Not on show 1 No more Discontinued The offer is discontinued." in text


def test_moments_in_reasons_go_by_the_clock_of_the_space(
    show: Callable[..., str], make_offer: Make
) -> None:
    start = datetime.datetime(2046, 6, 15, 12, tzinfo=datetime.UTC)  # 14:00 in Amsterdam
    make_offer(name="Later", publish_at=start)
    make_offer(name="Earlier", expire_at=start.replace(year=2020))
    assert "Later Unpublished The offer starts on 15 Jun 2046, 14:00." in show()
    assert "Earlier Expired The offer ended on 15 Jun 2020, 14:00." in show()


def test_another_moment_is_asked_for_by_the_clock_of_the_space(
    show: Callable[..., str], make_offer: Make
) -> None:
    start = datetime.datetime(2030, 6, 15, 12, tzinfo=datetime.UTC)  # 14:00 in Amsterdam
    make_offer(name="Later", publish_at=start)
    assert "Visible 0" in show()
    assert "Visible 0" in show(at="2030-06-15T13:59")
    assert "Visible 1" in show(at="2030-06-15T14:00")
    assert "on 15 Jun 2030, 14:00" in show(at="2030-06-15T14:00")


@pytest.mark.parametrize("moment", ["soon", "2030-13-01T00:00", "2030"])
def test_a_moment_that_cannot_be_read_is_told(
    moment: str, show: Callable[..., str], make_offer: Make
) -> None:
    make_offer()
    assert f"“{moment}” is not a date and time" in show(at=moment)


def test_offers_are_found_by_words_and_by_the_reason(
    show: Callable[..., str], make_offer: Make, make_audience: Make
) -> None:
    elders = make_audience("age_within", minimum_age=60, maximum_age=None)
    make_offer(elders, name="Wine for elders")
    make_offer(elders, name="Tea for elders", external_id="t-1")
    make_offer(name="Wine for all")
    found = show(words="wine")
    assert "Visible 1 Wine for all" in found
    assert "Hidden from this member 1 Wine for elders" in found
    assert "Tea" not in found
    assert "Found 1 Tea for elders" in show(words="t-1", show="age_restricted")
    assert "Found 2" in show(show="hidden")
    assert "No offer is found by “beer”" in show(words="beer")
    assert "Age restricted (2)" in show()


def test_very_many_offers_come_page_by_page(
    show: Callable[..., str], make_offer: Make, make_audience: Make
) -> None:
    elders = make_audience("age_within", minimum_age=60, maximum_age=None)
    for number in range(51):
        make_offer(elders, name=f"Box {number:02}")
    first = show()
    assert "Hidden from this member 51 Box 00" in first
    assert "Box 19" in first
    assert "Box 20" not in first
    assert "Show all of these" in first
    assert "1 to 50 of 51" in show(show="hidden")
    assert "Found 51 Box 50" in show(show="hidden", page=2)


def test_offers_cost_as_many_queries_however_many(
    show: Callable[..., str], make_offer: Make, make_audience: Make
) -> None:
    def queries() -> int:
        show()  # what is kept per process is there
        with CaptureQueriesContext(connection) as captured:
            show()
        return len(captured)

    make_offer(make_audience("age_within", minimum_age=60, maximum_age=None))
    one = queries()
    for age in range(30):
        make_offer(make_audience("age_within", minimum_age=age, maximum_age=None))
    assert queries() == one


def test_the_page_of_the_membership_fetches_them_once_it_is_there(
    colleague: Any, make_membership: Make
) -> None:
    path = f"segments/membership/{make_membership().pk}"
    page = colleague.page(f"{path}/change/", at="2030-06-15T14:00")
    assert f'hx-get="/admin/{path}/offers/?at=2030-06-15T14%3A00"' in page
    part = colleague.get(f"/admin/{path}/offers/", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()


def test_nobody_of_another_space_sees_them(
    make_colleague: Make, other_space: Any, make_membership: Make
) -> None:
    stranger = make_colleague(other_space)
    path = f"/admin/segments/membership/{make_membership().pk}"
    for page in ("offers", "audiences", "why", "what-if"):
        assert stranger.get(f"{path}/{page}/").status_code == 404
