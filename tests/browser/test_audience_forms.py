"""The form of an audience: how many it would have, as one fills it in."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from audiences.models import Audience

from .hands import pick

pytestmark = pytest.mark.browser


def test_members_are_counted_as_one_edits_and_a_fault_is_marked_where_it_is(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera)
    counted = page.locator(".draft")
    page.goto("/admin/audiences/audience/add/")
    page.get_by_role("link", name="In all segments").click()
    pick(page, "Segments", "Gold", "Gold tier")
    expect(counted).to_contain_text("2 of 4 members, 50.0 %")
    page.goto("/admin/audiences/audience/add/?type=pql")
    expression = page.get_by_label("Expression")
    expression.fill("totalOrders > 5\nand totalOrders < < 20")
    expect(page.get_by_text("Line 2, column 19")).to_be_visible()
    expect(page.locator(".draft-place mark")).to_have_text("<")
    expect(counted).to_contain_text("as soon as this is mended")
    expression.fill("totalOrders > 5 and totalOrders < 20")
    expect(counted).to_contain_text("2 of 4 members")
    expect(page.locator(".draft-problem")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    assert Audience.objects.filter(audience_type="pql").count() == 1
