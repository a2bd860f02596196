"""Every page, light and dark, wide and narrow, full and empty: it fits, and keeps nobody out.

Its pictures are left in ``screenshots/``, which git ignores: ``pytest tests/browser/test_pages.py``
makes them all, and ``pages.py`` lists the pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from .accessibility import barriers
from .hands import PASSWORD
from .pages import PAGES
from .sample import sample_in_use

pytestmark = pytest.mark.browser

VARIANTS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"color_scheme": "light", "width": 390},
}

# Its fonts are there, and what is counted after the page is.
DRAWN = """() => document.fonts.status === 'loaded' && !document.querySelector('.htmx-request')
    && (!document.querySelector('[data-rule-builder]')
        || /Counted|not complete/.test(document.querySelector('.rules-state')?.textContent))"""
# What is wider than the window, and which controls have no name that a screen reader could say.
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
NAMELESS = """() => [...document.querySelectorAll("#content :is(input, select, textarea)")]
    .filter((each) => each.type !== "hidden" && each.offsetParent && !(each.labels || []).length
        && !each.ariaLabel && !each.placeholder)
    .map((each) => each.outerHTML)"""


@pytest.fixture
def screenshots(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "screenshots"


def picture(page: Page, path: Path) -> None:
    """The whole page, in a window as high: what keeps to the window's edge is at the page's."""
    window = page.viewport_size or {"width": 1280, "height": 900}
    height = page.evaluate("() => document.documentElement.scrollHeight")
    page.set_viewport_size({**window, "height": max(window["height"], height)})
    page.screenshot(path=path)
    page.set_viewport_size(window)


def look(page: Page, pages: dict[str, str], folder: Path) -> list[str]:
    """Open each of the pages, take its picture, and say what is wrong with it."""
    wrong = []
    for name, path in pages.items():
        page.goto(f"/admin/{path}")
        page.wait_for_function(DRAWN)
        picture(page, folder / f"{name}.png")
        if wide := page.evaluate(TOO_WIDE):
            wrong.append(f"{name} is {wide} pixels too wide")
        wrong += [f"{name}: no name for {control}" for control in page.evaluate(NAMELESS)]
        wrong += [f"{name}: {problem}" for problem in barriers(page)]
    return wrong


@pytest.fixture
def sample(db: None) -> Iterator[None]:
    with sample_in_use():
        yield


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_page_fits_and_keeps_nobody_out(
    variant: str, open_page: Callable[..., Page], sample: None, screenshots: Path
) -> None:
    user = User.objects.create_superuser("vera", password=PASSWORD)
    page = open_page(user, **VARIANTS[variant])
    pages = {name: address() for name, address in PAGES.items()}
    assert not (wrong := look(page, pages, screenshots / variant)), "\n".join(wrong)


def test_every_page_of_an_empty_space_says_what_to_do(
    open_page: Callable[..., Page], vera: User, screenshots: Path
) -> None:
    lists = ["offers/offer", "audiences/audience", "segments/segment", "segments/membership"]
    pages = {
        "home": "",
        "calendar": "offers/offer/calendar/",
        **{path.partition("/")[2]: f"{path}/" for path in lists},
    }
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
