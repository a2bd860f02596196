"""On the page of a synced list: how its last sync went, and having it synced now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audiences.admin.forms.synced import INTERVALS
from audiences.jobs import start_sync
from audiences.models import Audience, Sync, SyncStatus
from audiences.models.source import OPEN
from audiences.services.sync import NotRunning, NotSynced, SyncInProgress, cancel_sync

if TYPE_CHECKING:
    from segments.admin import RowAdmin

_SHOWN = 5  # of the syncs before the last


class SyncPanel:
    """Of an audience that isn't synced, nothing."""

    template = "admin/audiences/sync.html"

    def context(self, request: HttpRequest, row: Audience) -> Mapping[str, Any]:
        return _context(row) if row.audience_type == "synced" else {}


def _context(audience: Audience) -> dict[str, Any]:
    syncs = [*audience.syncs.all()[: _SHOWN + 1]]
    last = syncs[0] if syncs else None
    seconds = audience.configuration["interval"]
    return {
        "audience": audience,
        "last": last,
        "said": said(last) if last else "",
        "before": [(sync, said(sync)) for sync in syncs[1:]],
        "how_often": INTERVALS.get(seconds, f"every {seconds} seconds"),
    }


def said(sync: Sync) -> str:
    """How a sync stands, in a sentence or two."""
    if sync.status == SyncStatus.PENDING:
        return "It waits for its turn."
    if sync.status == SyncStatus.RUNNING:
        return f"{sync.step or 'Beginning'}: {sync.pulled:,} people so far."
    if sync.status == SyncStatus.FAILED:
        return sync.error
    told = (
        f"{sync.pulled:,} people on the list: {sync.added:,} joined, {sync.left:,} left, "
        f"{sync.already_in:,} stayed."
    )
    if sync.created:
        told += f" {sync.created:,} of them are new to the space."
    if sync.unknown:
        told += f" {sync.unknown:,} are nobody of this space, and were left out."
    if sync.unusable:
        told += f" Of {sync.unusable:,} it can't be told who they are."
    return told


def _audience(request: HttpRequest, number: int, admin: RowAdmin) -> Audience:
    audience: Audience | None = admin.get_object(request, str(number))
    if audience is None or audience.audience_type != "synced":
        raise Http404(f"There is no synced audience {number} in your spaces.")
    return audience


@require_safe
def sync_state_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """The part of the page that tells how it goes."""
    audience = _audience(request, number, admin)
    return render(request, "admin/audiences/sync.html", _context(audience))


@require_POST
def sync_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """Have it synced; ``confirm``: though that takes many off the list."""
    audience = _audience(request, number, admin)
    try:
        start_sync(audience, at=timezone.now(), confirmed="confirm" in request.POST)
    except (SyncInProgress, NotSynced) as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"“{audience}” is being synced.")
    return _back(request, audience)


@require_POST
def cancel_sync_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    audience = _audience(request, number, admin)
    try:
        sync = audience.syncs.filter(status__in=OPEN).first()
        if sync is None:
            raise NotRunning
        cancel_sync(sync=sync, at=timezone.now())
    except NotRunning as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"The sync of “{audience}” is cancelled. Nothing was changed.")
    return _back(request, audience)


def _back(request: HttpRequest, audience: Audience) -> HttpResponseRedirect:
    """To the page of its source, when that is where the button was; else to its own."""
    if "to_source" in request.POST:
        source = audience.synced_list.source_id
        return HttpResponseRedirect(
            f"{reverse('admin:audiences_source_change', args=[source])}#lists"
        )
    page = reverse("admin:audiences_audience_change", args=[audience.pk])
    return HttpResponseRedirect(f"{page}#sync")


def sync_urls(admin: RowAdmin) -> list[Any]:
    """The pages of syncs, for the admin of audiences."""
    return [
        path(
            f"<int:number>/{name.replace('_', '-')}/",
            admin.admin_site.admin_view(view),
            {"admin": admin},
            name=f"audiences_audience_{name}",
        )
        for name, view in {
            "sync": sync_view,
            "sync_state": sync_state_view,
            "cancel_sync": cancel_sync_view,
        }.items()
    ]
