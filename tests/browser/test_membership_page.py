"""A membership's page, walked from the list to “what if”; and what if without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from segments.models import Membership

from .hands import go, pick

pytestmark = pytest.mark.browser
Make = Callable[..., Any]


def test_a_member_is_looked_at_changed_and_supposed_to_be_another(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace, make_audience: Make
) -> None:
    ada = programme.members[0]
    make_audience("in_all_segments", segments=[str(programme.gold.id)], name="Golden")
    page = open_page(vera)
    page.goto("/admin/")
    go(page, "Memberships")
    page.get_by_role("link", name="Ada Ekberg").click()

    # her facts, each as what it is
    page.get_by_role("button", name="+ Fact").click()
    fact = page.get_by_role("group", name=re.compile("^Fact")).last
    fact.get_by_label("Name").fill("points")
    fact.get_by_label("Kind").select_option("Number")
    fact.get_by_label("Value").fill("12")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert Membership.objects.get(pk=ada.pk).metadata == {"income": "35-49K", "points": 12}

    # the audiences that hold her, and why
    golden = page.locator("#audiences li", has_text="Golden").first
    golden.locator("summary").click()
    expect(golden).to_contain_text("Ada Ekberg is in Golden.")
    expect(golden).to_contain_text("in Gold tier")

    # offers found by words
    page.get_by_label("Find an offer").fill("wine")
    expect(page.locator("#offers .answer")).to_have_count(1)
    expect(page.locator("#offers .answer")).to_contain_text("Wine club")

    # what if she were older, and no longer in gold
    page.get_by_role("link", name="What if…").click()
    outcome = page.get_by_role("region", name="What would change")
    expect(outcome).to_contain_text("Change a fact.")
    page.get_by_label("Birthday").fill("1950-02-01")
    page.get_by_label("Birthday").press("Tab")
    expect(outcome).to_contain_text("Would be hidden")
    expect(outcome.locator(".answer", has_text="Wine club")).to_contain_text(
        "Only for members aged 18 to 35."
    )
    page.locator(".fact-segments").get_by_title("Gold tier").locator("button, span").first.click()
    expect(outcome.locator("details", has_text="Would leave")).to_contain_text("Golden")
    pick(page, "Segments", "gold", "Gold tier")
    expect(outcome.locator("details", has_text="Would leave")).not_to_contain_text("Golden")

    # a wrong fact is told at its field
    page.get_by_label("Birthday").fill("2999-01-01")
    page.get_by_label("Birthday").press("Tab")
    expect(page.locator("#wrong-birthday")).to_contain_text("is in the future")
    page.get_by_role("link", name="As it is now").click()
    expect(page.get_by_label("Birthday")).to_have_value("2000-05-04")
    assert Membership.objects.in_segment(programme.gold).filter(pk=ada.pk).exists()


def test_what_if_works_without_javascript(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera, java_script_enabled=False)
    path = f"/admin/segments/membership/{programme.members[0].pk}"
    page.goto(f"{path}/what-if/")
    page.get_by_label("Birthday").fill("1950-02-01")
    page.get_by_role("button", name="See what would change").click()
    outcome = page.get_by_role("region", name="What would change")
    expect(outcome).to_contain_text("Would be hidden")
    page.goto(f"{path}/change/")
    page.get_by_role("link", name="Offers of Ada Ekberg").click()
    expect(page.locator(".answer", has_text="Wine club")).to_contain_text("Visible")
