"""From the list of audiences to how much they have in common, and to an audience of a part."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from audiences.services import refresh_space
from segments.models import Space

from .hands import go

pytestmark = pytest.mark.browser


def test_audiences_are_ticked_compared_and_a_part_becomes_one(
    open_page: Callable[..., Page],
    vera: User,
    programme: SimpleNamespace,
    space: Space,
    make_audience: Callable[..., object],
) -> None:
    make_audience("in_any_segment", name="Gold", segments=[str(programme.gold.id)])
    refresh_space(space=space, now=timezone.now())
    page = open_page(vera)
    page.goto("/admin/")
    go(page, "Audiences")
    for name in ("Gold", "Wine lovers"):
        page.locator("#result_list tr", has_text=name).locator("input[type=checkbox]").check()
    page.locator("select[name=action]").select_option("Compare")
    page.get_by_role("button", name="Run").click()
    told = page.locator("#content")
    expect(told).to_contain_text("4 members are in at least one of them; 2 in both, 50 % of those.")
    expect(page.get_by_role("img", name="A: Gold, 2. B: Wine lovers, 4.")).to_be_visible()

    page.locator("#content .select2-selection").click()
    page.keyboard.type("age with")
    page.locator(".select2-results__option", has_text="Aged 18 to 35").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(told).to_contain_text("in all 3")
    address = page.url
    page.get_by_role(
        "link", name="Make an audience of those in Wine lovers, not in Gold or “Aged 18 to 35”"
    ).click()
    expect(page.get_by_role("group", name="Condition 3")).to_be_visible()
    expect(page.get_by_text("1 of 4 members")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("In Wine lovers, not in Gold or “Aged 18 to 35”").first).to_be_visible()

    other = open_page(vera)
    other.goto(address)  # as it was passed on
    expect(other.locator("#content")).to_contain_text("in all 3")
