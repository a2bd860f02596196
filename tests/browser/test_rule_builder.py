"""A rule is built, counted and saved by hand: light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from audiences.models import Audience
from segments.models import Space

pytestmark = pytest.mark.browser
Make = Callable[..., Any]

ADD = "/admin/audiences/audience/add/?type=rules"
VARIANTS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"color_scheme": "light", "width": 390},
}
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
RULE = {
    "all": [
        {"field": "total_orders", "operator": "between", "value": [10, 25]},
        {"field": "metadata.income", "operator": "in", "value": ["35-49K", "50-74K"]},
    ]
}


def count(page: Page, said: str) -> None:
    expect(page.get_by_role("region", name="Who is in it")).to_contain_text(said)


def condition(page: Page, number: str) -> Locator:
    return page.get_by_role("group", name=f"Condition {number}", exact=True)


def choose_field(page: Page, number: str, words: str, title: str) -> None:
    page.get_by_role("combobox", name=f"What condition {number} asks for").fill(words)
    page.get_by_role("option", name=title).first.click()


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_rule_is_built_with_the_mouse_and_seen_again(
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

    page.goto(ADD)
    page.get_by_role("button", name="+ Condition").click()
    choose_field(page, "1", "inco", "income")
    page.get_by_label("How condition 1 compares").select_option(label="is one of")
    page.get_by_role("combobox", name="Value of condition 1").click()
    expect(page.get_by_role("option", name="35-49K")).to_contain_text("4")
    picture("rules-values")
    page.get_by_role("option", name="35-49K").click()
    page.keyboard.press("Escape")
    count(page, "4 of 4 members")
    page.get_by_role("button", name="+ Group").first.click()
    page.get_by_label("How the conditions of group 2").select_option("any")
    page.get_by_role("group", name="Group 2").get_by_role("button", name="+ Condition").click()
    choose_field(page, "2.1", "segment", "segment")
    page.get_by_role("combobox", name="Value of condition 2.1").fill("gold")
    page.get_by_role("option", name="Gold tier").click()
    count(page, "2 of 4 members")
    expect(condition(page, "2.1")).to_contain_text("2 (50 %), lets in 2")
    page.get_by_role("group", name="Group 2").get_by_role("button", name="+ Condition").click()
    choose_field(page, "2.2", "total ord", "orders")
    page.get_by_label("Value of condition 2.2").fill("28")
    count(page, "3 of 4 members")
    count(page, "Income is one of 35-49K and (in Gold tier or orders is at least 28).")
    count(page, "Dina Ekberg")
    picture("rules-built")
    page.get_by_label("Name", exact=True).fill("Gold or busy")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    audience = Audience.objects.get(name="Gold or busy")
    assert audience.configuration["rule"] == {
        "all": [
            {"field": "metadata.income", "operator": "in", "value": ["35-49K"]},
            {
                "any": [
                    {"in_segment": str(programme.gold.id)},
                    {"field": "total_orders", "operator": "greater_or_equal", "value": 28},
                ]
            },
        ]
    }
    page.goto(f"/admin/audiences/audience/{audience.pk}/change/")
    expect(page.get_by_role("combobox", name="Value of condition 2.1")).to_have_value("Gold tier")
    expect(page.get_by_label("Value of condition 2.2")).to_have_value("28")
    count(page, "3 of 4 members")
    picture("rules-again")
