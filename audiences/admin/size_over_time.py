"""On an audience's page: how many it held, and who came and went, as a chart and as a table."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Min
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateformat import format

from audiences.models import Audience
from audiences.services.growth import Growth, Period, growth

_LABELS = {Period.DAY: "24 hours", Period.MONTH: "30 days", Period.YEAR: "12 months"}
_UNITS = {Period.DAY: "Hour", Period.MONTH: "Day", Period.YEAR: "Month"}
_FORMATS = {Period.DAY: "H:i", Period.MONTH: "j M", Period.YEAR: "M Y"}


class SizeOverTimePanel:
    """For the period that the page is asked for, or the longest that has something to tell."""

    template = "admin/audiences/size_over_time.html"

    def context(self, request: HttpRequest, row: Audience) -> Mapping[str, Any]:
        now = timezone.now()
        since = row.versions.aggregate(first=Min("as_of"))["first"]
        asked = request.GET.get("over", "")
        period = Period(asked) if asked in list(Period) else _fitting(since, now)
        found = growth(audience=row, period=period, at=now)
        return {
            "audience": row,
            "since": since,
            "periods": [(one.value, _LABELS[one], one == period) for one in Period],
            "label": _LABELS[period],
            "unit": _UNITS[period],
            "told": [(format(one.start, _FORMATS[period]), one) for one in reversed(found)],
            **(_charts(found, _FORMATS[period]) if len(found) > 1 else {}),
        }


def _fitting(first: datetime.datetime | None, now: datetime.datetime) -> Period:
    if first is None or now - first < datetime.timedelta(days=2):
        return Period.DAY
    return Period.MONTH if now - first < datetime.timedelta(days=90) else Period.YEAR


def _charts(found: Sequence[Growth], form: str) -> dict[str, str]:
    """What Unfold's charts take, and how they are drawn."""
    labels = [format(one.start, form) for one in found]
    size = {
        "label": "Members",
        "data": [one.size for one in found],
        "borderColor": "var(--color-primary-600)",
        "displayYAxis": True,
        "maxTicksXLimit": 8,
    }
    moved = [
        ("Entered", [one.entered for one in found], "#16a34a"),
        ("Left", [-one.left for one in found], "#ea580c"),
    ]
    bars = [
        {
            "label": label,
            "data": data,
            "backgroundColor": colour,
            "displayYAxis": True,
            "maxTicksXLimit": 8,
        }
        for label, data, colour in moved
    ]
    return {
        "sizes": json.dumps({"labels": labels, "datasets": [size]}),
        "moves": json.dumps({"labels": labels, "datasets": bars}),
    }
