"""The page that shows the API, under a policy without inline scripts and other hosts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_request_is_tried_in_the_page(
    open_page: Callable[..., Page], api: Any, make_segment: Any
) -> None:
    make_segment("gold-tier")
    page = open_page()
    answer = page.goto("/api/docs")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy

    page.get_by_role("button", name="Authorize").click()
    page.get_by_label("Value").fill(api.token)
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").click()
    page.locator("#operations-tag-segments").click()
    page.locator("#operations-segments-get_segments").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table")).to_contain_text("gold-tier")
