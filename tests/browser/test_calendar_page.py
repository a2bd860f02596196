"""All offers in a calendar, as a marketer's hands find it: wide, dark and narrow."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from offers.models import Offer
from segments.models import Space

from .hands import go

pytestmark = pytest.mark.browser


def test_an_offer_is_found_in_the_calendar_and_another_started_on_a_free_day(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace, space: Space
) -> None:
    page = open_page(vera)
    page.goto("/admin/")
    go(page, "Calendar")
    today = timezone.now().astimezone(space.zone).date()
    expect(page.get_by_role("heading", name=f"{today:%B %Y}")).to_be_visible()
    page.get_by_role("link", name="Year", exact=True).click()
    expect(page.get_by_role("heading", name=str(today.year))).to_be_visible()
    page.get_by_label("Schedule").select_option("discontinued")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".gantt-line")).to_have_count(1)
    page.get_by_role("link", name="Show all").click()
    page.get_by_label("Search the offers").fill("wine")
    page.keyboard.press("Enter")
    expect(page.locator(".gantt-line")).to_have_count(1)

    page.locator(".gantt-bar").click()
    page.wait_for_url(f"**/admin/offers/offer/{programme.offer.pk}/change/")
    page.get_by_role("link", name="In the calendar").click()
    name = page.get_by_role("link", name="Wine club", exact=True)
    name.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/offers/offer/{programme.offer.pk}/change/")


def test_a_free_day_starts_an_offer(
    open_page: Callable[..., Page], vera: User, make_offer: Callable[..., Offer], space: Space
) -> None:
    make_offer(name="Later", publish_at=datetime.datetime(2031, 3, 20, tzinfo=datetime.UTC))
    page = open_page(vera)
    page.goto("/admin/offers/offer/calendar/?from=2031-03-01")
    expect(page.get_by_text("Click a free day to start an offer on it.")).to_be_visible()
    track = page.locator(".gantt-track")
    box = track.bounding_box()
    assert box is not None
    track.click(position={"x": box["width"] * 4.5 / 31, "y": 4})
    page.get_by_label("Name").first.fill("From the fifth")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("starts in")).to_be_visible()
    begin = datetime.datetime(2031, 3, 5, tzinfo=space.zone)
    assert Offer.objects.get(name="From the fifth").publish_at == begin


def test_on_a_phone_it_is_a_list_by_day(
    open_page: Callable[..., Page], vera: User, make_offer: Callable[..., Offer]
) -> None:
    make_offer(name="Later", publish_at=datetime.datetime(2031, 3, 20, tzinfo=datetime.UTC))
    make_offer(name="Always")
    page = open_page(vera, width=390)
    page.goto("/admin/offers/offer/calendar/?from=2031-03-01")
    expect(page.get_by_role("heading", name="From Thursday 20 March")).to_be_visible()
    expect(page.get_by_role("heading", name="Since before 1 March 2031")).to_be_visible()
    expect(page.locator(".gantt-bar").first).to_be_hidden()
    page.get_by_role("link", name="Later").click()
    expect(page.get_by_role("heading", name="With a member's eyes")).to_be_visible()
