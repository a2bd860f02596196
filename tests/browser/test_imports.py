"""A file is imported in the browser, to the end; and an import's page in each of its states."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import Page, expect

from segments.imports.asking import make_import, take_file
from segments.models import Import, Membership, Space

from .test_pages import VARIANTS, look

pytestmark = pytest.mark.browser

PEOPLE = (
    b"External ID;E-mail;Town;Birthday;Orders;Remarks\n"
    b"m-1;ada@example.com;Ghent;1990-01-31;4;likes wine\n"
    b"m-2;bo@example.com;Bruges;1950-02-01;12;\n"
    b"m-3;cleo@example;;soon;-1;A remark that goes on for quite a while, to see whether it fits\n"
)


@pytest.fixture
def screenshots(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "screenshots"


@pytest.fixture
def work_off(worker_environment: dict[str, str]) -> Callable[[], None]:
    """Carries out what waits; by a process of its own, since Playwright has this thread's loop."""
    command = [sys.executable, str(settings.BASE_DIRECTORY / "manage.py"), "run_jobs", "--once"]

    def work_off() -> None:
        subprocess.run(command, env=worker_environment, check=True)

    return work_off


def test_a_file_is_imported_in_the_browser(
    open_page: Callable[..., Page],
    vera: User,
    work_off: Callable[[], None],
    screenshots: Path,
) -> None:
    page = open_page(vera)
    folder = screenshots / "imports"
    page.goto("/admin/segments/import/")
    page.get_by_role("link", name="Add import").first.click()
    expect(page.locator("[aria-current=step]")).to_contain_text("File")
    page.screenshot(path=folder / "1-choose.png", full_page=True)
    page.get_by_role("link", name="Members of the programme").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "people.xlsx", "mimeType": "text/csv", "buffer": b"%PDF-1.7"}
    )
    page.get_by_role("button", name="Send the file").click()
    expect(page.locator(".errors")).to_contain_text("PDF")
    page.locator("input[type=file]").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE}
    )
    page.get_by_role("button", name="Send the file").click()
    expect(page.locator("[aria-current=step]")).to_contain_text("Columns")
    expect(page.get_by_text("Town, Remarks aren't recognised")).to_be_visible()
    page.screenshot(path=folder / "2-columns.png", full_page=True)
    page.get_by_label("What “Orders” holds").select_option("total_orders")
    page.get_by_label("What “Town” holds").select_option("metadata.Town")
    page.get_by_role("button", name="Count what would change").click()
    expect(page.get_by_text("Waiting for its turn")).to_be_visible()
    page.screenshot(path=folder / "3-waiting.png", full_page=True)
    work_off()
    expect(page.get_by_text("1 bad row would stop it")).to_be_visible()  # by itself
    expect(page.locator("[aria-current=step]")).to_contain_text("What would change")
    page.screenshot(path=folder / "4-bad-rows.png", full_page=True)
    page.get_by_role("link", name="Change the columns or options").click()
    page.get_by_label("Skip bad rows").check()
    page.get_by_role("button", name="Count what would change").click()
    work_off()
    page.get_by_role("button", name="Import it now").click()
    work_off()
    expect(page.get_by_text("Succeeded")).to_be_visible()
    expect(page.locator("[aria-current=step]")).to_contain_text("Result")
    page.screenshot(path=folder / "5-done.png", full_page=True)
    assert Membership.objects.count() == 2
    with page.expect_download() as download:
        page.get_by_role("link", name="The bad rows, to be mended, as CSV").click()
    assert "cleo@example" in download.value.path().read_text()
    page.get_by_role("link", name="See the members").click()
    expect(page.get_by_role("link", name="m-1")).to_be_visible()


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_imports_page_fits_in_every_state(
    variant: str,
    open_page: Callable[..., Page],
    vera: User,
    programme: SimpleNamespace,
    space: Space,
    screenshots: Path,
) -> None:
    rows = [make_import(space=space, segment=programme.gold) for _ in range(5)]
    _, _, running, counted, failed = rows
    for row in rows[1:]:
        take_file(row, ContentFile(PEOPLE), name="people.csv", at=timezone.now())
    problem = {"line": 4, "column": "birthday", "value": "soon", "problem": "is not a date"}
    numbers = {"rows": 120_000, "added": 4_000, "already_in": 96_000, "removed": 20_000}
    values: dict[Import, dict[str, Any]] = {
        running: {
            "state": "running",
            "started_at": timezone.now(),
            "percent": 62,
            "step": "Writing",
        },
        counted: {"state": "counted", "expected": {**numbers, "must_be_confirmed": True}},
        failed: {
            "state": "failed",
            "error": "2 rows are not as they should be, so nothing was imported.",
            "problem_count": 2,
            "first_problems": [{**problem, "remedy": "write year-month-day, such as 1990-12-31"}],
        },
    }
    for row, changed in values.items():
        Import.objects.filter(pk=row.pk).update(**changed)
    names = ["waiting", "uploaded", "running", "counted", "failed"]
    pages = {
        f"import-{name}": f"segments/import/{row.pk}/change/"
        for name, row in zip(names, rows, strict=True)
    }
    pages |= {
        "import-columns": f"segments/import/{counted.pk}/change/?step=columns",
        "imports": "segments/import/",
        "import-choose": "segments/import/add/",
        "import-add": "segments/import/add/?what=segment",
    }
    page = open_page(vera, **VARIANTS[variant])
    assert look(page, pages, screenshots / variant) == []
