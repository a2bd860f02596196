"""An audience's page, from how it stands to taking a change back; in every light and width."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from audience_platform.models import AuditEvent
from audiences.models import Audience
from audiences.services import redefine_audience, refresh_space
from segments.models import Space

from .hands import go
from .test_pages import VARIANTS, look, screenshots

__all__ = ["screenshots"]  # a fixture

pytestmark = pytest.mark.browser


@pytest.fixture
def lovers(programme: SimpleNamespace, space: Space) -> Audience:
    """An audience with versions, and with a past."""
    audience = Audience.objects.get(name="Wine lovers")
    refresh_space(space=space, now=timezone.now())
    redefine_audience(audience, configuration={"segments": [str(programme.gold.id)]})
    refresh_space(space=space, now=timezone.now())
    return audience


def test_a_new_audience_shows_its_members_once_it_is_worked_out(
    open_page: Callable[..., Page], vera: User, lovers: Audience, space: Space
) -> None:
    page = open_page(vera)
    page.goto("/admin/audiences/audience/add/?type=age_within")
    page.get_by_label("From age").fill("18")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("Nobody is in this audience yet.")).to_be_visible()
    expect(page.get_by_text("It has not been worked out yet. From then on")).to_be_visible()
    refresh_space(space=space, now=timezone.now())  # as a worker does
    expect(page.locator("#who-is-in")).to_contain_text("Ada Ekberg")
    expect(page.get_by_text("There is one number yet, below.")).to_be_visible()


def test_an_audience_is_looked_through_copied_and_taken_back(
    open_page: Callable[..., Page], vera: User, lovers: Audience, space: Space
) -> None:
    page = open_page(vera)
    page.goto("/admin/")
    go(page, "Audiences")
    row = page.locator("#result_list tr", has_text="Wine lovers")
    expect(row).to_contain_text("50 %")
    expect(row).to_contain_text("Up to date")
    row.get_by_role("link", name="Wine lovers").click()
    stands = page.locator("#standing")
    expect(stands).to_contain_text("2 members, 50 % of all")

    page.get_by_role("button", name="Refresh now").click()
    expect(stands).to_contain_text("worked out anew from all members")
    refresh_space(space=space, now=timezone.now())  # as a worker does
    expect(stands).to_contain_text("Right as of")  # and nobody has reloaded the page

    page.get_by_label("Search the members").fill("bo ek")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("1 found by “bo ek”.")).to_be_visible()
    with page.expect_download() as file:
        page.get_by_role("link", name="Export as CSV").click()
    assert file.value.path().read_text().count("household-") == 2

    page.get_by_role("button", name="Duplicate").click()
    expect(page.get_by_text("This is “Copy of Wine lovers”.")).to_be_visible()
    page.get_by_label("Lifecycle").select_option("Inactive")
    page.get_by_text("More about it").click()
    page.get_by_label("Key").fill("copied")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator("#standing")).to_contain_text("It is inactive")

    page.goto(f"/admin/audiences/audience/{lovers.pk}/change/")
    page.get_by_role("link", name="Take back the change").click()
    expect(page.get_by_text("2 would enter and 0 leave: 4 members then.")).to_be_visible()
    page.get_by_role("button", name="Take the change back").click()
    expect(page.get_by_text("“Wine lovers” has again what it had before.")).to_be_visible()
    expect(page.locator("#glance")).to_contain_text("Members: in Wine drinkers.")


@pytest.mark.parametrize("variant", VARIANTS)
def test_its_pages_fit_and_name_their_controls(
    variant: str,
    open_page: Callable[..., Page],
    vera: User,
    lovers: Audience,
    programme: SimpleNamespace,
    screenshots: Path,
) -> None:
    changed = AuditEvent.objects.filter(object_id=str(lovers.id), action="changed").latest("number")
    audience = f"audiences/audience/{lovers.pk}"
    pages = {
        "audience-with-a-past": f"{audience}/change/?over=month",
        "audience-by-hand": f"{audience}/by-hand/included/",
        "audience-take-back": f"audience_platform/auditevent/{changed.pk}/undo/",
        "compare-none": "audiences/audience/compare/",
        "compare": (
            f"audiences/audience/compare/?audiences={lovers.pk}&audiences={programme.young.pk}"
        ),
    }
    page = open_page(vera, **VARIANTS[variant])
    assert look(page, pages, screenshots / variant) == []
