"""The two minutes as a marketer, of the README and the guide, click by click."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from offers.models import Offer

from .hands import PASSWORD, go, pick

pytestmark = pytest.mark.browser


def test_an_offer_for_18_to_35_year_olds_in_gold_tier(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page()
    page.goto("/admin/")
    page.get_by_label("Username").fill("vera")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    go(page, "Offers")
    page.get_by_role("link", name="Add offer").click()
    page.get_by_label("Name").fill("Gold spring deal")
    page.get_by_role("button", name="Age within").click()
    page.get_by_label("From age").fill("18")
    page.get_by_label("Up to and including age").fill("35")
    page.get_by_role("button", name="In all segments").click()
    pick(page, "Segments", "gold", "Gold tier")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("For members: aged 18 to 35, and in Gold tier.")).to_be_visible()
    expect(page.get_by_text("1 of 4 members may see it now.")).to_be_visible()
    offer = Offer.objects.get(name="Gold spring deal")
    assert [audience.audience_type for audience in offer.audiences.order_by("number")] == [
        "age_within",
        "in_all_segments",
    ]

    go(page, "Memberships")
    page.get_by_placeholder("A part of a name, e-mail, phone or id").fill("Bo")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Bo Ekberg").click()
    answer = page.locator(".answer", has_text="Gold spring deal")
    expect(answer).to_contain_text("Age restricted")
    expect(answer).to_contain_text("Only for members aged 18 to 35.")


def test_the_guide_names_what_is_clicked(pytestconfig: pytest.Config) -> None:
    guide = (pytestconfig.rootpath / "docs" / "admin.md").read_text()
    clicked = ["Offers", "Add offer", "+ Age within", "+ In all segments", "Save", "Memberships"]
    for words in [*clicked, "From age", "Up to and including age", "Segments", "Name"]:
        assert f"**{words}**" in guide
