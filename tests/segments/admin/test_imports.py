"""An import's page: a file is sent, looked at, counted, imported."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from segments.imports.asking import make_import
from segments.models import Import, ImportState, Membership, Space

Make = Callable[..., Any]
PEOPLE = b"external_id,E-mail,City\nm-1,ada@example.com,Ghent\nm-2,bo@example.com,Bruges\n"
COLUMNS = {"column-0": "external_id", "column-1": "email", "column-2": "metadata.City"}


def send(colleague: Any, body: bytes = PEOPLE, name: str = "people.csv", **fields: Any) -> Any:
    file = SimpleUploadedFile(name, body, "text/csv")
    what = "segment" if "segment" in fields else "memberships"
    return colleague.save(f"segments/import/add/?what={what}", sent=file, **fields)


def step_of(page: str) -> str:
    """The step at which the page says that one is."""
    (current,) = re.findall(r'aria-current="step">.*?step-name">([^<]+)<', page)
    return str(current)


def page_of(colleague: Any, row: Import, what: str = "", **fields: Any) -> str:
    """The page, after something was done on it."""
    path = f"segments/import/{row.pk}/"
    if not what:
        return str(colleague.page(f"{path}change/"))
    answer = colleague.save(f"{path}{what}/", **fields)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.django_db(transaction=True)
def test_a_file_is_sent_looked_at_counted_and_imported(
    colleague: Any, work_off: Callable[[], None]
) -> None:
    page = send(colleague).content.decode()
    row = Import.objects.get()
    assert row.made_by.startswith("colleague-")
    assert row.file_name == "people.csv"
    assert "Ghent" in page
    assert "What “E-mail” holds" in page
    assert "Count what would change" in page
    assert "Import it now" not in page
    assert step_of(page) == "Columns"

    page = page_of(colleague, row, "count", mode="add_and_update", **COLUMNS)
    assert "Waiting for its turn" in page
    assert step_of(page) == "What would change"
    assert f"/admin/segments/import/{row.pk}/progress/" in page
    work_off()
    page = page_of(colleague, row)
    assert "Nothing has changed yet" in page
    assert '<span class="count">2</span> added' in page
    assert not Membership.objects.exists()

    page = page_of(colleague, row, "run")
    assert step_of(page) == "Import"
    assert "Import it now" not in page
    work_off()
    page = page_of(colleague, row)
    assert "Succeeded" in page
    assert step_of(page) == "Result"
    assert "See the members" in page
    assert '<span class="count">2</span> added' in page
    assert "Count what would change" not in page
    assert Membership.objects.get(external_id="m-1").metadata == {"City": "Ghent"}


@pytest.mark.django_db(transaction=True)
def test_bad_rows_are_shown_and_stop_it(colleague: Any, work_off: Callable[[], None]) -> None:
    send(colleague, b"external_id,birthday\nm-1,soon\nm-2,1990-01-31\n")
    row = Import.objects.get()
    columns = {"column-0": "external_id", "column-1": "birthday"}
    page_of(colleague, row, "count", mode="add_and_update", **columns)
    work_off()
    page = page_of(colleague, row)
    assert "1 bad row would stop it" in page
    assert "<code>soon</code>" in page
    assert "Import it now" not in page
    for name, word in (("problems.csv", b"is not a date"), ("failed-rows.csv", b"m-1,soon")):
        response = colleague.get(f"/admin/segments/import/{row.pk}/{name}/")
        assert word in b"".join(response.streaming_content)

    page_of(colleague, row, "count", mode="add_and_update", skip_bad_rows="on", **columns)
    work_off()
    assert "Import it now" in page_of(colleague, row)
    page_of(colleague, row, "run")
    work_off()
    assert Membership.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_replacement_that_takes_many_off_must_be_confirmed(
    colleague: Any, make_segment: Make, make_membership: Make, work_off: Callable[[], None]
) -> None:
    gold = make_segment("gold")
    make_membership(gold, external_id="m-1")
    make_membership(gold)
    assert f'value="{gold.pk}"' in colleague.page("segments/import/add/", segment=gold.pk)
    page = send(colleague, b"external_id\nm-1\n", segment=gold.pk).content.decode()
    row = Import.objects.get()
    assert "gold" in page
    chosen = {"mode": "replace", "unknown": "refuse", "percent": 12.5, "column-0": "external_id"}
    page_of(colleague, row, "count", **chosen)
    row.refresh_from_db()
    assert row.removable_share == 0.125
    work_off()
    assert "Import it, though so many leave" in page_of(colleague, row)
    page_of(colleague, row, "run")
    work_off()
    page = page_of(colleague, row)
    assert "Needs confirmation" in page
    assert "Import it, though so many leave" in page
    page_of(colleague, row, "run", confirm="yes")
    work_off()
    assert "though so many leave" not in page_of(colleague, row)
    assert [one.external_id for one in Membership.objects.in_segment(gold)] == ["m-1"]


def test_the_live_part_asks_for_the_whole_page_when_it_is_done(
    colleague: Any, space: Space
) -> None:
    row = make_import(space=space)
    Import.objects.update(
        state="running", step="Writing", percent=60, rows_done=600, rows_total=1000
    )
    path = f"/admin/segments/import/{row.pk}/progress/"
    answer = colleague.get(path)
    assert "HX-Refresh" not in answer
    told = answer.content.decode()
    assert 'hx-trigger="every 1s"' in told
    assert 'aria-valuenow="60"' in told
    assert "600 of 1,000 rows" in told
    Import.objects.update(state="succeeded")
    assert colleague.get(path)["HX-Refresh"] == "true"


def test_a_file_that_cannot_be_read_is_refused_at_the_field(colleague: Any) -> None:
    answer = send(colleague, b"%PDF-1.7")
    assert "PDF" in str(answer.context["adminform"].form.errors["sent"])
    assert not Import.objects.exists()


def test_one_chooses_what_the_file_holds(colleague: Any, make_segment: Make) -> None:
    page = colleague.page("segments/import/add/")
    assert step_of(page) == "File"
    for name in ("memberships", "segment", "list"):
        assert f'href="?what={name}"' in page
    assert 'name="segment"' not in colleague.page("segments/import/add/", what="memberships")
    gold = make_segment("gold")
    assert "Who is in a segment: choose the file" in colleague.page(
        "segments/import/add/", segment=gold.pk
    )
    assert "What does the file hold?" in colleague.page("segments/import/add/", segment=gold.pk + 9)


def test_a_list_must_be_picked_when_the_file_is_of_one(colleague: Any) -> None:
    answer = colleague.save(
        "segments/import/add/?what=segment", sent=SimpleUploadedFile("a.csv", PEOPLE)
    )
    assert "segment" in answer.context["adminform"].form.errors
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04" + bytes(60), "zip"),
        (
            b"external_id,full_name\n" + "a,J\u00f6rg\n".encode() * 9 + b"b,Zo\xeb\n",
            "CSV UTF-8",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_at_the_field(
    colleague: Any, body: bytes, words: str
) -> None:
    answer = send(colleague, body)
    assert words in html.unescape(str(answer.context["adminform"].form.errors["sent"]))
    assert not Import.objects.exists()


def test_columns_that_are_not_recognised_are_named_and_may_hold_a_known_fact(
    colleague: Any, make_membership: Make
) -> None:
    make_membership(metadata={"city": "Ghent", "home.town": "x", "address": {"street": "y"}})
    body = "External ID;City;Remarks\nm-1;K\u00f6ln;likes wine\n".encode("cp1252")
    page = send(colleague, body).content.decode()
    assert "<strong>City, Remarks</strong> aren't recognised" in html.unescape(page)
    assert page.count("Not recognised") == 2
    assert "Read as Windows-1252, with semicolons between the values." in page
    assert "K\u00f6ln" in page
    assert page.count('<option value="metadata.city">city</option>') == 3
    assert "metadata.home.town" not in page
    assert "metadata.address" not in page


def test_a_file_in_which_nobody_is_named_says_so_before_it_is_counted(colleague: Any) -> None:
    page = send(colleague, b"Product,Price\nSoap,3\n").content.decode()
    assert "No column seems to say whom a row means." in page


@pytest.mark.django_db(transaction=True)
def test_one_goes_back_to_the_columns_from_what_would_change(
    colleague: Any, work_off: Callable[[], None]
) -> None:
    send(colleague)
    row = Import.objects.get()
    page_of(colleague, row, "count", mode="add_and_update", **COLUMNS)
    work_off()
    page = page_of(colleague, row)
    assert step_of(page) == "What would change"
    assert "What the columns hold" not in page
    assert "as City" not in page  # the header says it
    assert "Ghent" in page
    back = colleague.page(f"segments/import/{row.pk}/change/", step="columns")
    assert step_of(back) == "Columns"
    assert "What the columns hold" in back
    assert "Import it now" not in back


def test_an_import_without_a_file_asks_for_it(colleague: Any, space: Space) -> None:
    page = page_of(colleague, make_import(space=space))
    assert step_of(page) == "File"
    assert "It waits for its file." in page


def test_a_file_larger_than_allowed_is_refused_at_the_field(colleague: Any, settings: Any) -> None:
    settings.IMPORT_LARGEST_FILE = 10
    answer = send(colleague)
    assert "larger than 10" in str(answer.context["adminform"].form.errors["sent"])


def test_another_file_takes_the_place_of_the_first(colleague: Any) -> None:
    send(colleague)
    row = Import.objects.get()
    file = SimpleUploadedFile("more.csv", b"external_id,Town\nm-1,Ghent\n", "text/csv")
    page = page_of(colleague, row, "file", file=file)
    assert "Town" in page
    assert "more.csv" in page
    assert "PDF" in page_of(colleague, row, "file", file=SimpleUploadedFile("x.csv", b"%PDF-1.7"))
    row.refresh_from_db()
    assert row.file_name == "more.csv"


def test_columns_that_do_not_go_together_are_told(colleague: Any) -> None:
    send(colleague)
    row = Import.objects.get()
    columns = {**COLUMNS, "column-2": "email"}
    page = page_of(colleague, row, "count", mode="add_and_update", **columns)
    assert "are both “email”" in page
    row.refresh_from_db()
    assert row.state == ImportState.UPLOADED


def test_one_is_cancelled_and_deleted(colleague: Any) -> None:
    send(colleague)
    row = Import.objects.get()
    page_of(colleague, row, "count", mode="add_and_update", **COLUMNS)
    answer = colleague.get(f"/admin/segments/import/{row.pk}/delete/")
    assert answer.status_code == 403  # it is being worked on
    Import.objects.update(started_at=row.created_at)
    page = page_of(colleague, row, "cancel")
    assert "It is being cancelled. Nothing will be changed." in page
    assert "Cancel it" not in page
    Import.objects.update(started_at=None)
    assert "It is cancelled" in page_of(colleague, row, "cancel")
    colleague.save(f"segments/import/{row.pk}/delete/", post="yes")
    assert not Import.objects.exists()


def test_the_list_says_how_each_stands(colleague: Any, make_segment: Make) -> None:
    send(colleague)
    send(colleague, b"external_id\nm-1\n", "gold.csv", segment=make_segment("gold-tier").pk)
    page = colleague.page("segments/import/")
    assert "people.csv" in page
    assert "gold tier" in page
    assert '<span class="state state-uploaded">Uploaded</span>' in page
