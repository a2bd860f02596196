"""Tiers, looked at and saved by hand: light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from audiences.models import AudienceGroup
from audiences.services import refresh_space
from segments.models import Membership, Space

from .hands import go, pick

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

    moves = page.locator("#moves")

    def picture(name: str) -> None:
        page.screenshot(path=folder / f"{variant}-{name}.png", full_page=True)
        assert page.evaluate(TOO_WIDE) == 0

    page.goto("/admin/audiences/audiencegroup/add/")
    picture("group-kinds")
    page.locator("#content").get_by_role("link", name="Tiers Bands").click()
    page.get_by_label("Name", exact=True).fill("Loyalty")
    page.get_by_label("Tiers of").select_option("total_orders")
    expect(moves).to_contain_text("4 of 4 members would be in a tier")
    expect(page.get_by_role("slider")).to_have_count(3)
    for place, (name, start) in enumerate([("Bronze", "0"), ("Silver", "10"), ("Gold", "20")], 1):
        page.get_by_label(f"Name of tier {place}").fill(name)
        page.get_by_label(f"Where tier {place} begins").fill(start)
    expect(page.get_by_role("row", name="Gold").locator("[data-then]")).to_have_text("2")
    picture("tiers-new")
    page.get_by_role("button", name="Save these tiers").click()
    expect(page.get_by_text("“Loyalty” is saved")).to_be_visible()
    assert AudienceGroup.objects.get().audiences.count() == 3
    refresh_space(space=space, now=timezone.now())
    page.reload()
    expect(moves).to_contain_text("0 of 4 members would be in another tier than now")
    page.get_by_label("Where tier 3 begins").fill("5")
    expect(page.get_by_text("5 is not above 10")).to_be_visible()
    expect(page.get_by_role("button", name="Save these tiers")).to_be_disabled()
    picture("tiers-wrong")
    page.get_by_label("Where tier 3 begins").fill("20")
    gold = page.get_by_role("slider", name="Gold begins")
    expect(gold).to_have_attribute("aria-valuenow", "20")
    drag(page, gold, to=0.95)
    expect(moves).to_contain_text("1 of 4 members would be in another tier than now")
    assert 25 <= int(page.get_by_label("Where tier 3 begins").input_value()) <= 28
    gold.focus()
    for key in ("End", "ArrowLeft", "ArrowLeft"):
        gold.press(key)
    expect(gold).to_have_attribute("aria-valuetext", "27: about 2 in Silver, about 1 in Gold")
    expect(page.get_by_label("Where tier 3 begins")).to_have_value("27")
    page.get_by_role("button", name="Move Gold up").click()
    expect(page.get_by_label("Name of tier 2")).to_have_value("Gold")
    expect(page.get_by_label("Where tier 2 begins")).to_have_value("10")
    page.get_by_role("button", name="Move Gold down").click()
    page.get_by_role("button", name="+ Tier").click()
    page.keyboard.type("Diamond")
    expect(page.get_by_role("slider", name="Diamond begins")).to_be_visible()
    page.get_by_role("button", name="Take out Silver").click()
    expect(page.get_by_text("“Silver” would be deleted")).to_be_visible()
    picture("tiers-moves")
    page.get_by_role("button", name="Save these tiers").click()
    expect(page.get_by_text("“Loyalty” is saved")).to_be_visible()
    names = AudienceGroup.objects.get().audiences.order_by("place__position")
    assert [tier.name for tier in names] == ["Bronze", "Gold", "Diamond"]
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
    expect(page.locator(".tier-plot rect").first).to_be_attached()
    picture("quintiles-made")


def drag(page: Page, handle: Locator, to: float) -> None:
    """Drag a bound to this share of the picture's width."""
    box, plot = handle.bounding_box(), page.locator(".tier-plot").bounding_box()
    assert box is not None
    assert plot is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 10)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * to, plot["y"] + 20, steps=5)
    page.mouse.up()


def test_without_a_script_tiers_are_looked_at_and_then_saved(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera, java_script_enabled=False)
    page.goto("/admin/audiences/audiencegroup/add/?kind=tiers")
    page.get_by_label("Name", exact=True).fill("Loyalty")
    page.get_by_label("Tiers of").select_option("total_orders")
    for place, (name, start) in enumerate([("Bronze", "0"), ("Gold", "20")], 1):
        page.get_by_label(f"Name of tier {place}").fill(name)
        page.get_by_label(f"Where tier {place} begins").fill(start)
    expect(page.get_by_role("button", name="Take out")).to_have_count(0)
    page.get_by_role("button", name="See who would move").click()
    expect(page.locator("#moves")).to_contain_text("4 of 4 members would be in a tier")
    page.get_by_role("button", name="Save these tiers").click()
    assert AudienceGroup.objects.get().audiences.count() == 2


def test_a_groups_audiences_are_picked_and_put_in_order(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera)
    page.goto("/admin/audiences/audiencegroup/add/?kind=plain")
    page.get_by_label("Name").fill("Seasons")
    pick(page, "Audiences", "Wine", "Wine lovers")
    pick(page, "Audiences", "", "Aged 18 to 35")
    lines = page.locator(".in-order li")
    expect(lines).to_have_count(2)
    lines.nth(0).drag_to(lines.nth(1), target_position={"x": 20, "y": 40})
    expect(lines.nth(0)).to_contain_text("Aged 18 to 35")
    page.get_by_role("button", name="Move Aged 18 to 35 down").click()
    expect(lines.nth(1)).to_contain_text("Aged 18 to 35")
    page.get_by_role("button", name="Move Aged 18 to 35 up").press("Enter")
    expect(lines.nth(0)).to_contain_text("Aged 18 to 35")
    page.get_by_role("button", name="Save", exact=True).click()
    places = AudienceGroup.objects.get().places.select_related("audience").order_by("position")
    assert [place.audience.name for place in places] == ["", "Wine lovers"]
