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

from segments.admin.import_forms import OptionsForm, ReplaceFileForm
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
    """The page: how it stands, what was found, and what can be done now."""
    is_open = not row.is_at_work and row.state != ImportState.SUCCEEDED
    expected = row.expected or {}
    context = {
        **admin.admin_site.each_context(request),
        "title": str(row),
        "opts": admin.opts,
        "original": row,
        "whose": whose(row),
        "options": options or (OptionsForm(instance=row) if is_open and row.file else None),
        "replacement": replacement or (ReplaceFileForm() if is_open else None),
        "may_cancel": is_open and row.state not in (ImportState.FAILED, ImportState.CANCELLED),
        "expected": _told(expected) if is_open else [],
        "result": _told(row.result or {}),
        "bad": expected.get("bad", 0),
        "refuses": bool(expected.get("bad")) and not row.skip_bad_rows,
        "must_be_confirmed": row.state == ImportState.NEEDS_CONFIRMATION
        or expected.get("must_be_confirmed", False),
        "has_delete_permission": admin.has_delete_permission(request, row),
        "now": timezone.now(),
    }
    return TemplateResponse(request, "admin/segments/import.html", context)


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
