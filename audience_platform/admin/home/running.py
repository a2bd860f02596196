"""The imports and syncs that are at work in a space."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from audience_platform.labels import seen
from audiences.admin.seen import denied_labels
from audiences.admin.sync_state import said
from audiences.models import Sync
from audiences.models.source import OPEN
from segments.admin.import_page import whose
from segments.models import Import, ImportState, Space

_MOST = 20  # of each


@dataclass(frozen=True)
class Running:
    what: str
    name: str
    link: str
    said: str
    percent: int | None  # None: nobody knows how much there is to do
    cancel: str


def at_work(request: HttpRequest, space: Space, now: datetime.datetime) -> list[Running]:
    """Those that run, or wait for their turn: the oldest first."""
    denied = denied_labels(request)
    imports = seen(Import.objects.at_work().filter(space=space), denied)
    syncs = seen(Sync.objects.filter(space=space, status__in=OPEN), denied)
    return [
        *(
            _import(row, now)
            for row in imports.select_related("segment").order_by("asked_at")[:_MOST]
        ),
        *(_sync(row) for row in syncs.select_related("audience").order_by("number")[:_MOST]),
    ]


def _import(row: Import, now: datetime.datetime) -> Running:
    if row.cancel_requested_at:
        step = "Being cancelled"
    else:
        step = (row.step or "Starting") if row.started_at else "Waiting for its turn"
    rows = f": {row.rows_done:,} of {row.rows_total:,} rows" if row.rows_done else ""
    rate = row.rate(now)
    pace = f", {rate:,.0f} a second" if rate else ""
    return Running(
        "Counting what would change"
        if row.state == ImportState.COUNTING
        else f"Import of {whose(row).lower() if row.segment is None else whose(row)}",
        str(row),
        reverse("admin:segments_import_change", args=[row.pk]),
        f"{step}{rows}{pace}",
        round(row.percent),
        reverse("admin:segments_import_cancel_import", args=[row.pk]),
    )


def _sync(row: Sync) -> Running:
    page = reverse("admin:audiences_audience_change", args=[row.audience_id])
    return Running(
        "Sync",
        str(row.audience),
        f"{page}#sync",
        said(row),
        None,
        reverse("admin:audiences_audience_cancel_sync", args=[row.audience_id]),
    )
