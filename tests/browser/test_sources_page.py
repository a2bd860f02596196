"""Sources and synced lists, used by hand: light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from audiences.models import Audience, Sync
from audiences.services.sync import run_sync
from tests.audiences.sources.stand_in import KEY, KlaviyoStandIn

from .accessibility import barriers

pytestmark = pytest.mark.browser

VARIANTS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"color_scheme": "light", "width": 390},
}
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def people(count: int) -> list[dict[str, str]]:
    return [{"id": f"01P{n:04}", "email": f"p{n}@example.com"} for n in range(count)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_list_is_synced_from_its_source(
    variant: str,
    open_page: Callable[..., Page],
    vera: User,
    settings: Any,
    pytestconfig: pytest.Config,
) -> None:
    folder: Path = pytestconfig.rootpath / "screenshots"
    page = open_page(vera, **VARIANTS[variant])

    def picture(name: str) -> None:
        page.screenshot(path=folder / f"{variant}-{name}.png", full_page=True)
        assert page.evaluate(TOO_WIDE) == 0
        assert barriers(page) == []

    klaviyo = KlaviyoStandIn()
    klaviyo.add_list("Y6nRLr", *people(120), name="Newsletter")
    klaviyo.add_list("X1spnd", name="Big spenders of this year", place="segments")
    settings.SOURCES_ALLOWED_HOSTS = ["127.0.0.1"]
    with klaviyo.serving() as settings.KLAVIYO_URL:
        page.goto("/admin/audiences/source/add/")
        picture("source-vendors")
        page.locator("#content").get_by_role("link", name="Klaviyo").click()
        page.get_by_label("Name").fill("Our shop")
        page.get_by_label("Key").fill("pk_of_somebody_else")
        page.get_by_role("button", name="Check it and go on").click()
        expect(page.get_by_text("Klaviyo doesn't know this API key").first).to_be_visible()
        picture("source-wrong-key")
        page.get_by_label("Key").fill(KEY)
        page.get_by_role("button", name="Check it and go on").click()
        page.get_by_label("Newsletter").check()
        picture("source-lists")
        page.get_by_role("button", name="See what a first sync would do").click()
        expect(page.get_by_text("Of the first 100: 0 are members already")).to_be_visible()
        page.get_by_label("Sync", exact=True).select_option(label="every 6 hours")
        picture("source-first-sync")
        page.get_by_role("button", name="Make an audience of it, and sync").click()
        expect(page.get_by_text("1 audience is made, and being synced")).to_be_visible()
        expect(page.get_by_text("It waits for its turn")).to_be_visible()
        picture("sync-waits")
        page.get_by_role("button", name="Cancel: Newsletter").click()
        expect(page.get_by_text("is cancelled. Nothing was changed.").first).to_be_visible()
        page.get_by_role("button", name="Sync now: Newsletter").click()
        run_sync(number=Sync.objects.first().pk)  # type: ignore[union-attr]  # the newest
        expect(page.get_by_text("120 joined")).to_be_visible()  # without a reload
        picture("source")
        page.get_by_role("link", name="Newsletter").first.click()
        klaviyo.people["Y6nRLr"] = people(20)
        page.get_by_role("button", name="Sync now").click()
        run_sync(number=Sync.objects.first().pk)  # type: ignore[union-attr]  # the newest
        expect(page.get_by_text("would take 100 of the 120")).to_be_visible()
        picture("sync-asks")
        page.get_by_role("button", name="Sync, and let them leave").click()
        run_sync(number=Sync.objects.first().pk)  # type: ignore[union-attr]  # the newest
        expect(page.get_by_text("100 left, 20 stayed")).to_be_visible()
        page.goto(f"/admin/audiences/audience/{Audience.objects.get().pk}/change/")
        page.get_by_text("Before", exact=True).click()
        picture("synced")
