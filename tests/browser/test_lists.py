"""Lists, made and filled by hand, and their pages in every light and width."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from audiences.services.own_list import list_of, renew
from segments.services import add_members

from .test_pages import VARIANTS, look, screenshots

__all__ = ["screenshots"]  # a fixture

pytestmark = pytest.mark.browser
Make = Callable[..., Any]


def test_a_list_is_made_and_filled(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera)
    page.goto("/admin/audiences/audience/add/")
    page.get_by_role("link", name="Static list").click()
    page.get_by_role("textbox", name="Name*").fill("Guests")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_role("link", name="Add members").click()
    page.get_by_label("People").fill("household-1\nbo@example.com\nhousehold-99")
    page.get_by_role("button", name="Add members").click()
    expect(page.get_by_text("1 of 3 are nobody of this space: household-99.")).to_be_visible()
    page.get_by_label("People").fill("household-1\nbo@example.com")
    page.get_by_role("button", name="Add members").click()
    expect(page.get_by_text("2 members put on “Guests”.")).to_be_visible()
    page.get_by_label("Tick Ada Ekberg").check()
    page.get_by_role("button", name="Remove those ticked").click()
    expect(page.get_by_text("1 member taken off “Guests”.")).to_be_visible()
    expect(page.get_by_role("link", name="Bo Ekberg")).to_be_visible()
    expect(page.get_by_role("link", name="Ada Ekberg")).to_have_count(0)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_pages_of_lists_fit_and_name_their_controls(
    variant: str,
    open_page: Callable[..., Page],
    vera: User,
    programme: SimpleNamespace,
    make_audience: Make,
    screenshots: Any,
) -> None:
    numbers = [member.pk for member in programme.members]
    guests, empty = (make_audience("static", name=name) for name in ("Guests", "Nobody yet"))
    alive, gone, new = (make_audience("external", name=name) for name in ("Crm", "Old", "New"))
    for audience in (guests, alive, gone):
        add_members(segment=list_of(audience), memberships=numbers)
    renew(audience=alive, at=timezone.now())
    renew(audience=gone, at=timezone.now() - datetime.timedelta(days=31))
    pages = {
        "lists": "audiences/audience/",
        "list-add-static": "audiences/audience/add/?type=static",
        "list-add-external": "audiences/audience/add/?type=external",
        "list-add-members": f"audiences/audience/{guests.pk}/add-members/",
        **{
            f"list-{name}": f"audiences/audience/{audience.pk}/change/"
            for name, audience in (
                ("static", guests),
                ("static-empty", empty),
                ("external", alive),
                ("external-ran-out", gone),
                ("external-new", new),
            )
        },
    }
    page = open_page(vera, **VARIANTS[variant])
    assert look(page, pages, screenshots / variant) == []
