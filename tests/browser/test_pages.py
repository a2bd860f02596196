"""Every page, light and dark, wide and narrow, full and empty. Its pictures are left in
``screenshots/``, which git ignores: ``pytest tests/browser/test_pages.py`` makes them all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from audience_platform.services import make_key
from segments.models import Space

from .accessibility import barriers

pytestmark = pytest.mark.browser

VARIANTS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"color_scheme": "light", "width": 390},
    "narrow-dark": {"color_scheme": "dark", "width": 390},
}

DRAWN = "() => document.fonts.status === 'loaded' && !document.querySelector('.htmx-request')"
# What is wider than the window, and which controls have no name that a screen reader could say.
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
NAMELESS = """() => [...document.querySelectorAll("#content :is(input, select, textarea)")]
    .filter((each) => each.type !== "hidden" && each.offsetParent && !(each.labels || []).length
        && !each.ariaLabel && !each.placeholder)
    .map((each) => each.outerHTML)"""


@pytest.fixture
def screenshots(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "screenshots"


def look(page: Page, pages: dict[str, str], folder: Path) -> list[str]:
    """Open each of the pages, take its picture, and say what is wrong with it."""
    wrong = []
    for name, path in pages.items():
        page.goto(f"/admin/{path}")
        page.wait_for_function(DRAWN)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        if wide := page.evaluate(TOO_WIDE):
            wrong.append(f"{name} is {wide} pixels too wide")
        wrong += [f"{name}: no name for {control}" for control in page.evaluate(NAMELESS)]
        wrong += [f"{name}: {problem}" for problem in barriers(page)]
    return wrong


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_page_fits_and_names_its_controls(
    variant: str,
    open_page: Callable[..., Page],
    vera: User,
    programme: SimpleNamespace,
    space: Space,
    screenshots: Path,
) -> None:
    vera.is_superuser = True
    vera.save()
    key = make_key(name="web shop", spaces=[space], at=timezone.now()).key
    pages = {
        "home": "",
        "offers": "offers/offer/",
        "offer": f"offers/offer/{programme.offer.pk}/change/",
        "offer-add": "offers/offer/add/",
        "offer-delete": f"offers/offer/{programme.offer.pk}/delete/",
        "audiences": "audiences/audience/",
        "audience": f"audiences/audience/{programme.young.pk}/change/",
        "audience-add": "audiences/audience/add/",
        "audience-add-ages": "audiences/audience/add/?type=age_within",
        "audience-in-use": f"audiences/audience/{programme.young.pk}/delete/",
        "segments": "segments/segment/",
        "segment": f"segments/segment/{programme.gold.pk}/change/",
        "segment-add-members": f"segments/segment/{programme.gold.pk}/add-members/",
        "memberships": "segments/membership/",
        "membership": f"segments/membership/{programme.members[0].pk}/change/",
        "membership-then": (
            f"segments/membership/{programme.members[0].pk}/change/?at=2046-06-01T12:00"
        ),
        "api-keys": "audience_platform/apikey/",
        "api-key": f"audience_platform/apikey/{key.pk}/change/",
        "api-key-add": "audience_platform/apikey/add/",
        "spaces": "segments/space/",
        "space": f"segments/space/{space.pk}/change/",
        "users": "auth/user/",
        "user": f"auth/user/{vera.pk}/change/",
        "user-add": "auth/user/add/",
        "history": f"offers/offer/{programme.offer.pk}/history/",
    }
    page = open_page(vera, **VARIANTS[variant])
    assert not (wrong := look(page, pages, screenshots / variant)), "\n".join(wrong)


def test_every_page_of_an_empty_space_says_what_to_do(
    open_page: Callable[..., Page], vera: User, screenshots: Path
) -> None:
    lists = ["offers/offer", "audiences/audience", "segments/segment", "segments/membership"]
    pages = {"home": "", **{path.partition("/")[2]: f"{path}/" for path in lists}}
    page = open_page(vera)
    assert not (wrong := look(page, pages, screenshots / "empty")), "\n".join(wrong)
    assert "Add membership" in page.locator("#content").inner_text()


def test_the_login_page(open_page: Callable[..., Page], vera: User, screenshots: Path) -> None:
    page = open_page()
    assert not (wrong := look(page, {"login": "login/"}, screenshots / "light")), "\n".join(wrong)
    page.get_by_label("Username").fill("vera")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Please enter the correct username and password")).to_be_visible()
