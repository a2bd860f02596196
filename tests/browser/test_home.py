"""The first page, in use: what it tells, and what changes on it by itself."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from audiences.models import Sync
from segments.imports.asking import make_import
from segments.models import Import, Space
from tests.audiences.conftest import make_source, make_synced
from tests.conftest import Make

from .test_pages import VARIANTS, look

__all__ = ["make_source", "make_synced"]
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_first_page_tells_how_the_space_stands(
    variant: str,
    open_page: Callable[..., Page],
    vera: User,
    programme: SimpleNamespace,
    space: Space,
    make_synced: Make,
    pytestconfig: pytest.Config,
) -> None:
    now = timezone.now()
    row = make_import(space=space)
    Import.objects.update(
        state="running", file_name="people.csv", step="Writing", percent=40, started_at=now
    )
    audience = make_synced(name="Newsletter")
    asks = {"error_code": "needs_confirmation", "error": "This would take 9 of the 10 out."}
    Sync.objects.create(
        space=space, audience=audience, requested_at=now, status="FAILED", ended_at=now, **asks
    )
    page = open_page(vera, **VARIANTS[variant])
    page.goto("/admin/")
    growth = page.locator("#growth")
    expect(growth.locator(".count")).to_have_text("4")  # after the page was there
    expect(growth.locator("canvas")).to_be_visible()
    assert look(page, {"home": ""}, pytestconfig.rootpath / "screenshots" / variant) == []
    growth.get_by_role("button", name="By day").click()
    expect(growth.get_by_role("button", name="By day")).to_have_attribute("aria-pressed", "true")
    expect(growth.get_by_text("in the last 30 days")).to_be_visible()
    growth.get_by_text("As numbers").click()
    expect(growth.get_by_role("columnheader", name="Joined")).to_be_visible()

    running = page.locator("#running")
    expect(running.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "40")
    Import.objects.filter(pk=row.pk).update(percent=80)
    expect(running.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "80")
    Import.objects.filter(pk=row.pk).update(state="failed", error="2 rows are bad.")
    attention = page.locator("#attention")
    failed = attention.get_by_text("The import of people.csv failed. 2 rows are bad.")
    expect(failed).to_be_visible(timeout=20_000)  # it asks every 2 seconds, then loads the page
    expect(page.get_by_text("At work")).not_to_be_visible()

    attention.get_by_role("link", name="Look and decide").click()
    expect(page.get_by_role("button", name="Sync, and let them leave")).to_be_visible()


def test_the_growth_may_come_before_the_page_has_loaded(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera)
    held: list[Route] = []
    page.route("**/*.woff2", lambda route: held.append(route))
    page.goto("/admin/", wait_until="commit")
    expect(page.locator("#growth canvas")).to_be_attached()
    for font in held:
        font.continue_()
    page.wait_for_load_state()
    expect(page.locator("#growth canvas")).to_have_css("display", "block")  # Chart.js has drawn
