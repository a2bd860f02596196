"""The buttons that act at once: each is a form of its own, and has what Django asks of one."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from audience_platform.services import find_key
from offers.models import Offer
from segments.models import Space

pytestmark = pytest.mark.browser


def test_members_are_pasted_in_and_ticked_out(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera)
    page.goto(f"/admin/segments/segment/{programme.gold.pk}/change/")
    page.get_by_role("link", name="Add members").click()
    page.get_by_label("External ids").fill("household-3\nhousehold-9")
    page.get_by_role("button", name="Add members").click()
    expect(page.get_by_text("1 of 2 are no external id")).to_be_visible()
    page.get_by_label("External ids").fill("household-3\nhousehold-4")
    page.get_by_role("button", name="Add members").click()
    expect(page.get_by_text("2 members added to “Gold tier”.")).to_be_visible()
    page.get_by_label("Tick Bo Ekberg").check()
    page.get_by_role("button", name="Remove those ticked").click()
    expect(page.get_by_text("1 member removed from “Gold tier”.")).to_be_visible()
    members = programme.gold.segment_memberships.values_list("membership__full_name", flat=True)
    assert set(members) == {"Ada Ekberg", "Cleo Ekberg", "Dina Ekberg"}


def test_a_double_click_saves_once(
    open_page: Callable[..., Page], vera: User, space: Space
) -> None:
    page = open_page(vera)
    page.goto("/admin/offers/offer/add/")
    page.get_by_label("Name").first.fill("Wine club")
    save = page.get_by_role("button", name="Save", exact=True)
    save.evaluate("(button) => { button.click(); setTimeout(() => button.click(), 20); }")
    expect(page.get_by_text("was added successfully")).to_be_visible()
    assert Offer.objects.count() == 1


def test_a_key_is_made_shown_once_and_revoked(
    open_page: Callable[..., Page], vera: User, space: Space
) -> None:
    page = open_page(vera)
    page.goto("/admin/audience_platform/apikey/add/")
    page.get_by_label("Name").fill("web shop")
    page.get_by_role("button", name="Save", exact=True).click()
    token = page.get_by_label("Token").input_value()
    assert find_key(token, at=timezone.now()).name == "web shop"
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name="web shop").click()
    page.get_by_role("button", name="Revoke this key").click()
    expect(page.get_by_text("from now on it opens nothing")).to_be_visible()


def test_another_space_is_entered_from_the_menu(
    open_page: Callable[..., Page], vera: User, space: Space, other_space: Space
) -> None:
    other_space.staff.add(vera)
    page = open_page(vera)
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="North")).to_be_visible()
    page.get_by_text("Audience Platform").click()
    page.get_by_role("button", name="South").click()
    expect(page.get_by_role("heading", name="South")).to_be_visible()


def test_a_membership_is_looked_at_as_of_another_moment(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera)
    page.goto(f"/admin/segments/membership/{programme.members[0].pk}/change/")
    wine = page.locator(".answer", has_text="Wine club")
    expect(wine).to_contain_text("Visible")
    page.get_by_label("As of").fill("2046-06-01T12:00")
    page.get_by_label("As of").press("Tab")
    expect(page.get_by_text("As it will be, or was, on 1 Jun 2046")).to_be_visible()
    page.locator("summary", has_text="Not on show").click()
    expect(wine).to_contain_text("Expired")
    expect(wine).to_contain_text("Only for members aged 18 to 35.")  # she is 46 by then
    page.get_by_role("link", name="Now").click()
    expect(wine).to_contain_text("The member may see this offer.")


def test_a_row_in_use_is_not_deleted_and_one_is_led_back(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera)
    page.goto(f"/admin/audiences/audience/{programme.young.pk}/change/")
    page.get_by_role("link", name="Delete audience").click()
    expect(page.get_by_text("can't be deleted: it is in use")).to_be_visible()
    page.get_by_role("link", name="Take me back").click()
    page.wait_for_url(f"**/admin/audiences/audience/{programme.young.pk}/change/")
