"""All offers in a calendar."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from offers.models import Offer
from segments.models import Space
from segments.services import save_row

Make = Callable[..., Any]
PAGE = "offers/offer/calendar/"


def at(day: int, month: int = 6) -> datetime.datetime:
    return datetime.datetime(2026, month, day, 12, tzinfo=datetime.UTC)


def names(page: str) -> list[str]:
    return re.findall(r'class="gantt-name">\s*<a [^>]+>([^<]+)<', page)


@pytest.fixture
def june(colleague: Any) -> Callable[..., list[str]]:
    """The names of the offers that June 2026 shows."""

    def june(**asked: str) -> list[str]:
        return names(colleague.page(PAGE, **{"from": "2026-06-20", **asked}))

    return june


def test_the_offers_of_a_month_stand_in_the_order_in_which_they_begin(
    june: Callable[..., list[str]], make_offer: Make
) -> None:
    make_offer(name="Later", publish_at=at(20))
    make_offer(name="Earlier", publish_at=at(10), expire_at=at(11))
    make_offer(name="Since May", publish_at=at(1, 5), expire_at=at(2))
    make_offer(name="Always")
    make_offer(name="Over", expire_at=at(30, 5))
    make_offer(name="In July", publish_at=at(2, 7))
    make_offer(name="Off", publish_at=at(25), discontinued=True)
    assert june() == ["Always", "Since May", "Earlier", "Later", "Off"]
    assert june(zoom="quarter")[:2] == ["Over", "Always"]
    assert june(zoom="year")[-1] == "In July"


def test_it_is_searched_and_narrowed(june: Callable[..., list[str]], make_offer: Make) -> None:
    make_offer(name="Wine club", category="coupons")
    make_offer(name="Spring box", external_id="box-1", discontinued=True)
    assert june(q="wine") == ["Wine club"]
    assert june(q="box-\0") == ["Spring box"]
    assert june(schedule="discontinued") == ["Spring box"]
    assert june(schedule="live") == ["Wine club"]
    assert june(category="coupons") == ["Wine club"]
    assert june(schedule="unheard_of", category="") == ["Wine club", "Spring box"]


def test_its_steps_and_zooms_keep_what_it_is_narrowed_by(colleague: Any, make_offer: Make) -> None:
    make_offer(name="Wine club")
    page = colleague.page(PAGE, **{"from": "2026-06-20", "q": "wine"})
    asked = {
        frozenset(re.findall(r"(\w+)=([\w-]+)", link)) for link in re.findall(r'"\?(.+?)"', page)
    }
    assert frozenset({("from", "2026-05-01"), ("q", "wine")}) in asked
    assert frozenset({("from", "2026-07-01"), ("q", "wine")}) in asked
    assert frozenset({("zoom", "year"), ("from", "2026-06-01"), ("q", "wine")}) in asked


def test_a_month_without_offers_says_what_to_do(colleague: Any) -> None:
    page = colleague.page(PAGE, **{"from": "2026-06-20"})
    assert "No offer is on in June 2026." in page
    assert "/admin/offers/offer/add/?publish_at=2026-06-01" in page
    assert "No offer that you asked for is on" in colleague.page(PAGE, q="wine")


@pytest.mark.parametrize("asked", ["soon", "2026-13-01", "1600-01-01", "9999-01-01"])
def test_a_date_that_cannot_be_read_is_told(asked: str, colleague: Any) -> None:
    assert f"“{asked}” is not a date" in colleague.page(PAGE, **{"from": asked})


@pytest.mark.parametrize("edge", ["1900-01-01", "8999-12-31"])
@pytest.mark.parametrize("zoom", ["month", "quarter", "year", "unheard_of"])
def test_the_first_and_the_last_years_are_shown(edge: str, zoom: str, colleague: Any) -> None:
    assert "is not a date" not in colleague.page(PAGE, **{"from": edge, "zoom": zoom})


def test_offers_of_another_space_are_not_there(
    colleague: Any, make_offer: Make, other_space: Space
) -> None:
    make_offer(name="Ours", category="ours")
    save_row(Offer(space=other_space, name="Secret", category="secret"))
    page = colleague.page(PAGE)
    assert names(page) == ["Ours"]
    assert "ecret" not in page


def test_who_has_no_space_has_no_calendar(make_colleague: Make) -> None:
    assert make_colleague().get(f"/admin/{PAGE}").status_code == 403


def test_many_offers_come_in_pages_with_as_many_queries_as_one(
    colleague: Any, space: Space, make_offer: Make
) -> None:
    make_offer(name="First", category="coupons")
    colleague.page(PAGE)
    with CaptureQueriesContext(
        connection,
    ) as one:
        colleague.page(PAGE)
    Offer.objects.bulk_create([Offer(space=space, name=f"Offer {n}") for n in range(120)])
    with CaptureQueriesContext(connection) as many:
        page = colleague.page(PAGE)
    assert len(many) == len(one)
    assert len(names(page)) == 50
    assert "1 to 50 of 121 offers" in page
    assert len(names(colleague.page(PAGE, p="3"))) == 21


def test_a_day_of_the_calendar_begins_a_new_offer(colleague: Any) -> None:
    answer = colleague.get("/admin/offers/offer/add/", {"publish_at": "2026-06-20"})
    begin = answer.context["adminform"].form["publish_at"].value()
    assert begin == datetime.datetime(2026, 6, 19, 22, tzinfo=datetime.UTC)  # midnight there
    for asked in ("soon", "2026-13-01"):
        page = colleague.page("offers/offer/add/", publish_at=asked)
        assert f"“{asked}” is not a date" in page


def test_the_menu_and_the_list_lead_to_it(colleague: Any) -> None:
    link = f'href="/admin/{PAGE}"'
    assert colleague.page("").count(link) == 1
    assert colleague.page("offers/offer/").count(link) == 2
