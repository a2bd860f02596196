"""One import's page, and what can be done on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http import StreamingHttpResponse as Streaming
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from segments.admin.import_forms import OptionsForm, ReplaceFileForm, file_of, label_of
from segments.admin.steps import steps
from segments.imports import files
from segments.imports.asking import cancel, change_import, take_file
from segments.imports.refusals import ImportRefused
from segments.jobs import start_import
from segments.models import Import, ImportState, ImportTarget

if TYPE_CHECKING:
    from segments.admin.row import RowAdmin

# What the numbers of an import are called, in the order in which people ask for them.
_NUMBERS = {
    "rows": "rows in the file",
    "added": "added",
    "already_in": "already in it",
    "removed": "removed",
    "not_in": "not in it",
    "created": "new to the space",
    "updated": "brought up to date",
    "unchanged": "as they are already",
    "unknown": "unknown, left out",
    "repeated": "named twice",
    "bad": "bad",
}

STEPS = ["File", "Columns", "What would change", "Import", "Result"]
_FILE, _COLUMNS, _CHANGE, _IMPORT, _RESULT = range(len(STEPS))
_STANDS_AT = {
    ImportState.WAITING: _FILE,
    ImportState.UPLOADED: _COLUMNS,
    ImportState.COUNTING: _CHANGE,
    ImportState.COUNTED: _CHANGE,
    ImportState.RUNNING: _IMPORT,
    ImportState.NEEDS_CONFIRMATION: _IMPORT,
    ImportState.SUCCEEDED: _RESULT,
}


def whose(row: Import) -> str:
    """What the file is of, in words."""
    if row.target == ImportTarget.MEMBERSHIPS:
        return "Memberships"
    return str(row.segment) if row.segment else "a list that is gone"


def show(
    request: HttpRequest,
    row: Import,
    admin: RowAdmin,
    *,
    options: OptionsForm | None = None,
    replacement: ReplaceFileForm | None = None,
) -> HttpResponse:
    """The page: which step it is at, what was found, and what can be done now."""
    is_open = not row.is_at_work and row.state != ImportState.SUCCEEDED
    expected = row.expected or {}
    current = _step(request, row, is_open, form_was_wrong=options is not None)
    refuses = bool(expected.get("bad")) and not row.skip_bad_rows
    context = {
        **admin.admin_site.each_context(request),
        "title": str(row),
        "opts": admin.opts,
        "original": row,
        "whose": whose(row),
        "steps": steps(STEPS, current),
        "current": STEPS[current],
        "options": _options(row, options) if is_open and row.file else None,
        "replacement": replacement or (ReplaceFileForm() if is_open else None),
        "replacing": replacement is not None,
        "may_cancel": _may_cancel(row),
        "expected": _told(expected) if is_open else [],
        "result": _told(row.result or {}),
        "bad": expected.get("bad", 0),
        "refuses": refuses,
        "may_run": is_open and bool(expected) and not refuses,
        "must_be_confirmed": row.state == ImportState.NEEDS_CONFIRMATION
        or (is_open and expected.get("must_be_confirmed", False)),
        "first_rows": _first_rows(row) if is_open else None,
        "list_page": _list_page(row),
        "has_delete_permission": admin.has_delete_permission(request, row),
        "rate": row.rate(timezone.now()),
    }
    return TemplateResponse(request, "admin/segments/import.html", context)


def _may_cancel(row: Import) -> bool:
    ended = (ImportState.SUCCEEDED, ImportState.FAILED, ImportState.CANCELLED)
    return row.state not in ended and row.cancel_requested_at is None


def _step(request: HttpRequest, row: Import, is_open: bool, *, form_was_wrong: bool) -> int:
    """Where the import stands, or the columns where one goes back to them."""
    wants_columns = form_was_wrong or request.GET.get("step") == "columns"
    if wants_columns and is_open and row.file:
        return _COLUMNS
    if row.state in _STANDS_AT:
        return _STANDS_AT[ImportState(row.state)]
    if not row.file:  # which was removed in time
        return _FILE
    if row.state == ImportState.CANCELLED and not row.expected:
        return _COLUMNS
    return _IMPORT if row.expected and row.state == ImportState.FAILED else _CHANGE


def _options(row: Import, given: OptionsForm | None) -> OptionsForm:
    return given or OptionsForm(instance=row)


def _first_rows(row: Import) -> dict[str, Any] | None:
    """The first rows of the file, with what each column is taken for."""
    if not row.look:
        return None
    mapping = row.mapping or {}
    names = [(name, mapping.get(name)) for name in row.look["header"]]
    return {
        "columns": [(name, held and label_of(held)) for name, held in names],
        "rows": row.look["rows"],
        "separator": _SEPARATORS.get(row.look["separator"], row.look["separator"]),
        "encoding": row.look["encoding"],
    }


_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def _list_page(row: Import) -> str:
    """Where one sees who is on the list now; empty for memberships, or where it is gone."""
    page = file_of(row.segment).page
    return page(row.segment) if page and row.segment else ""


def _told(numbers: Mapping[str, Any]) -> list[tuple[str, int]]:
    return [
        (label, numbers[name])
        for name, label in _NUMBERS.items()
        if numbers.get(name) or (name == "rows" and numbers)
    ]


@require_POST
def count(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """Keep what was chosen, and have a worker count what would change."""
    row = _row(request, number, admin)
    if not row.file:
        return _back(row)
    form = OptionsForm(request.POST, instance=row)
    if not form.is_valid():
        return show(request, row, admin, options=form)
    try:
        with _told_to_people(request):
            change_import(row, **form.options())
            start_import(row, dry_run=True, at=timezone.now())
    except ValidationError as error:
        for problem in error.messages:
            form.add_error(None, problem)
        return show(request, row, admin, options=form)
    return _back(row)


@require_POST
def run(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    row = _row(request, number, admin)
    with _told_to_people(request):
        confirmed = "confirm" in request.POST
        start_import(row, dry_run=False, confirmed=confirmed, at=timezone.now())
    return _back(row)


@require_POST
def cancel_import(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    row = _row(request, number, admin)
    with _told_to_people(request):
        cancel(row, at=timezone.now())
        if row.is_at_work:
            messages.success(request, "It is being cancelled. Nothing will be changed.")
        else:
            messages.success(request, "It is cancelled. Nothing was changed.")
    return _back(row)


@require_POST
def replace_file(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """Take another file in the place of the one that was sent."""
    row = _row(request, number, admin)
    form = ReplaceFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return show(request, row, admin, replacement=form)
    file = form.cleaned_data["file"]
    with _told_to_people(request):
        take_file(row, file, name=file.name, at=timezone.now())
    return _back(row)


@require_safe
def progress(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """A part of the page, which asks for itself anew until the work is done."""
    row = _row(request, number, admin)
    context = {"original": row, "rate": row.rate(timezone.now())}
    response = render(request, "admin/segments/import_progress.html", context)
    if not row.is_at_work:
        response["HX-Refresh"] = "true"
    return response


@require_safe
def problems_file(request: HttpRequest, number: int, admin: RowAdmin) -> Streaming:
    row = _row(request, number, admin)
    return _file(row, row.problems_file, "problems")


@require_safe
def failed_rows_file(request: HttpRequest, number: int, admin: RowAdmin) -> Streaming:
    row = _row(request, number, admin)
    return _file(row, row.failed_rows_file, "failed-rows")


def _file(row: Import, name: str, what: str) -> Streaming:
    if not name:
        raise Http404(f"Import {row.pk} has no {what}.")
    return Streaming(
        files.chunks(name),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{row.id}-{what}.csv"'},
    )


def _row(request: HttpRequest, number: int, admin: RowAdmin) -> Import:
    row: Import | None = admin.get_object(request, str(number))
    if row is None:
        raise Http404(f"There is no import {number} in your spaces.")
    return row


@contextmanager
def _told_to_people(request: HttpRequest) -> Iterator[None]:
    """Show why something can't be done, on the page that one is led to."""
    try:
        with transaction.atomic():
            yield
    except ImportRefused as error:
        messages.error(request, str(error))


def _back(row: Import) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:segments_import_change", args=[row.pk]))
