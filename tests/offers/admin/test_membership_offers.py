"""On a membership's page: every offer, its status, its reasons; now or at another moment."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[..., Any]


@pytest.fixture
def show(colleague: Any, make_membership: Make, make_segment: Make) -> Callable[..., str]:
    membership = make_membership(make_segment("silver"), birthday=datetime.date(2000, 6, 1))

    def show(**asked: Any) -> str:
        page = colleague.page(f"segments/membership/{membership.pk}/change/", **asked)
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
def test_a_moment_that_cannot_be_read_is_told(moment: str, show: Callable[..., str]) -> None:
    assert f"“{moment}” is not a date and time" in show(at=moment)
