"""What a pair of hands does again and again."""

from __future__ import annotations

from playwright.sync_api import Page

PASSWORD = "four quiet words here"


def go(page: Page, title: str) -> None:
    """Choose from the menu beside the page."""
    page.locator("#nav-sidebar-apps").get_by_role("link", name=title).click()


def pick(page: Page, label: str, words: str, title: str) -> None:
    """Type words into a picker, and pick what it finds."""
    page.locator(".field-line", has_text=label).locator(".select2-selection").click()
    page.keyboard.type(words)
    page.locator(".select2-results__option", has_text=title).click()
