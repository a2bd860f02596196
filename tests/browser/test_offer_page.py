"""An offer's page, as a marketer's hands find it."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from offers.models import Offer
from segments.models import Segment, Space
from segments.services import save_row

from .hands import go, pick

pytestmark = pytest.mark.browser


def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera)
    page.goto("/admin/offers/offer/add/")
    page.get_by_label("Name").fill("Deal")
    page.get_by_role("button", name="Age within").click()
    page.get_by_label("From age").fill("40")
    page.get_by_label("Up to and including age").fill("35")
    page.get_by_role("button", name="In any segment").click()
    page.get_by_role("button", name="Save", exact=True).click()

    ages = page.locator("[data-card]", has_text="Age within")
    expect(ages.locator(".errors")).to_contain_text("The minimum age 40 is above the maximum")
    places = page.locator("[data-card]", has_text="In any segment")
    expect(places.locator(".errors")).to_contain_text("Pick one segment or more.")
    expect(page.get_by_label("Name").first).to_have_value("Deal")

    page.get_by_label("From age").fill("18")
    pick(page, "Segments", "wine", "Wine drinkers")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("For members: aged 18 to 35, and in Wine drinkers.")).to_be_visible()


def test_audiences_are_taken_off_and_existing_ones_attached(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera)
    page.goto(f"/admin/offers/offer/{programme.offer.pk}/change/")
    expect(page.get_by_text("Also used by 1 other offer").first).to_be_visible()
    card = page.locator("[data-card]", has_text="Age within")
    card.get_by_role("button", name="Take off").click()
    expect(card).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("For members: in Wine drinkers.")).to_be_visible()

    page.get_by_role("button", name="An existing audience").click()
    pick(page, "Audience", "age", "Aged 18 to 35")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("For members: aged 18 to 35, and in Wine drinkers.")).to_be_visible()
    assert programme.young in programme.offer.audiences.all()


def test_what_each_audience_takes_out_is_seen_and_why_a_member_is_out(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera)
    page.goto("/admin/")
    go(page, "Offers")
    cell = page.get_by_role("row", name="Wine club").locator(f"#viewers-{programme.offer.pk}")
    expect(cell).to_have_text(re.compile("2|on its page"))
    page.get_by_role("link", name="Wine club").click()

    wine = page.get_by_role("row", name="Wine lovers")
    expect(wine.get_by_role("cell")).to_have_text(["4", "0", "0", "2"])
    expect(page.get_by_role("row", name="Aged 18 to 35").get_by_role("cell")).to_have_text(
        ["2", "2", "2", "2"]
    )
    expect(page.get_by_text("Counted ")).to_be_visible()

    pick(page, "Member", "cleo", "Cleo Ekberg")
    page.get_by_role("button", name="Look").click()
    answer = page.locator("#as-member-answer")
    expect(answer).to_contain_text("Cleo Ekberg doesn't see this offer now.")
    expect(answer).to_contain_text("Only for members aged 18 to 35.")
    pick(page, "Member", "ada", "Ada Ekberg")
    page.get_by_role("button", name="Look").click()
    expect(answer).to_contain_text("Ada Ekberg may see this offer now.")
    page.get_by_label("As of").fill("2046-06-01T12:00")
    page.get_by_role("button", name="Look").click()
    expect(answer).to_contain_text("Ada Ekberg doesn't see this offer on 1 Jun 2046, 12:00")


def test_an_offer_is_duplicated_and_the_copies_are_put_on_show_together(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera)
    page.goto(f"/admin/offers/offer/{programme.offer.pk}/change/")
    page.get_by_role("link", name="Duplicate").click()
    expect(page.get_by_label("Name")).to_have_value("Copy of Wine club")
    page.get_by_role("button", name="Make the copy").click()
    expect(page.get_by_text("Nobody sees it yet: it is discontinued.")).to_be_visible()
    expect(page.get_by_text("For members: aged 18 to 35, and in Wine drinkers.")).to_be_visible()

    go(page, "Offers")
    for name in ("Copy of Wine club", "Withdrawn"):
        page.get_by_role("row", name=f"Select record {name}").get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option("put_back")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", name="Put back 2 offers?")).to_be_visible()
    withdrawn = page.get_by_role("row", name="Withdrawn Discontinued")
    expect(withdrawn).to_contain_text("nobody now, then at once 4")
    page.get_by_role("button", name="Put back").click()
    expect(page.get_by_text("2 offers are put back")).to_be_visible()
    assert not Offer.objects.filter(discontinued=True).exists()


def test_a_date_is_picked_from_the_calendar(
    open_page: Callable[..., Page], vera: User, space: Space
) -> None:
    page = open_page(vera)
    page.goto("/admin/offers/offer/add/")
    page.get_by_label("Name").fill("Deal")
    page.locator("#id_publish_at_0").locator("..").get_by_role("link").last.click()
    page.locator(".calendarbox:visible").get_by_role("link", name="Today").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    published = Offer.objects.get().publish_at
    assert published is not None
    assert published.astimezone(space.zone).strftime("%H:%M") == "00:00"


def test_pickers_find_nothing_of_another_space(
    open_page: Callable[..., Page], vera: User, space: Space, other_space: Space
) -> None:
    save_row(Segment(space=other_space, short_code="secret", name="Secret"))
    save_row(Segment(space=space, short_code="known", name="Known"))
    page = open_page(vera)
    page.goto("/admin/offers/offer/add/")
    page.get_by_role("button", name="In any segment").click()
    page.locator(".select2-selection").click()
    expect(page.get_by_role("searchbox", name="Segments")).to_be_focused()
    expect(page.locator(".select2-results__option")).to_have_text(["Known"])
    page.keyboard.type("Secret")
    expect(page.locator(".select2-results__option")).to_have_text(["No results found"])
