"""Tiers, looked at and saved by hand: light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from audiences.models import AudienceGroup
from audiences.services import refresh_space
from segments.models import Membership, Space

from .hands import go

pytestmark = pytest.mark.browser

VARIANTS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"color_scheme": "light", "width": 390},
}
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("variant", VARIANTS)
def test_tiers_are_made_and_changed_with_who_would_move_before_one_s_eyes(
    variant: str,
    open_page: Callable[..., Page],
    vera: User,
    programme: SimpleNamespace,
    space: Space,
    pytestconfig: pytest.Config,
) -> None:
    folder: Path = pytestconfig.rootpath / "screenshots"
    page = open_page(vera, **VARIANTS[variant])

    def picture(name: str) -> None:
        page.screenshot(path=folder / f"{variant}-{name}.png", full_page=True)
        assert page.evaluate(TOO_WIDE) == 0

    page.goto("/admin/audiences/audiencegroup/add/")
    picture("group-kinds")
    page.locator("#content").get_by_role("link", name="Tiers Bands").click()
    page.get_by_label("Name", exact=True).fill("Loyalty")
    page.get_by_label("Tiers of").select_option("total_orders")
    for place, (name, start) in enumerate([("Bronze", "0"), ("Silver", "10"), ("Gold", "20")], 1):
        page.get_by_label(f"Name of tier {place}").fill(name)
        page.get_by_label(f"Where tier {place} begins").fill(start)
    picture("tiers-new")
    page.get_by_role("button", name="See who would move").click()
    expect(page.get_by_text("would be in another tier than now")).to_be_visible()
    picture("tiers-looked-at")
    page.get_by_role("button", name="Save these tiers").click()
    expect(page.get_by_text("“Loyalty” is saved")).to_be_visible()
    assert AudienceGroup.objects.get().audiences.count() == 3
    refresh_space(space=space, now=timezone.now())
    page.reload()
    page.get_by_label("Where tier 3 begins").fill("5")
    page.get_by_role("button", name="See who would move").click()
    expect(page.get_by_text("5 is not above 10")).to_be_visible()
    picture("tiers-wrong")
    page.get_by_label("Where tier 3 begins").fill("25")
    page.get_by_role("button", name="See who would move").click()
    expect(page.get_by_role("row", name="Gold").last).to_be_visible()
    picture("tiers-moves")
    page.get_by_role("button", name="Save these tiers").click()
    if variant == "light":
        go(page, "Groups and tiers")
    else:
        page.goto("/admin/audiences/audiencegroup/")
    expect(page.get_by_role("link", name="Loyalty")).to_be_visible()
    picture("groups")
    Membership.objects.filter(space=space).update(last_order_at=timezone.now())
    page.goto("/admin/audiences/audiencegroup/add/?kind=rfm")
    picture("quintiles")
    page.get_by_role("button", name="Make these three groups").click()
    expect(page.get_by_text("The quintiles are saved")).to_be_visible()
    page.get_by_role("link", name="Frequency").click()
    picture("quintiles-made")
