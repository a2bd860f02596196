"""How many members there are and how they became as many: after the page is there, since it reads
all of them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from segments.admin.spaces import current_space
from segments.growth import Span, growth


class _By(NamedTuple):
    days: int
    spans: int
    said: str  # of the last so many
    one: str


_CHOICES = {"week": _By(7, 52, "52 weeks", "week"), "day": _By(1, 30, "30 days", "day")}


@require_safe
def growth_view(request: HttpRequest) -> HttpResponse:
    """By week, or with ``by=day`` by day."""
    space = current_space(request)
    if space is None:
        raise Http404("You have no space.")
    by = request.GET.get("by", "week")
    chosen = _CHOICES.get(by, _CHOICES["week"])
    spans = growth(space=space, at=timezone.now(), days=chosen.days, spans=chosen.spans)
    context = {
        "by": chosen.one,
        "choices": list(_CHOICES),
        "said": chosen.said,
        "total": spans[-1].total,
        "joined": sum(span.joined for span in spans),
        "spans": [(date_format(span.begins, "j M Y"), span) for span in spans[::-1]],
        "data": json.dumps(_totals(spans) if chosen.one == "week" else _joins(spans)),
        "options": json.dumps(_OPTIONS),
    }
    return render(request, "admin/home/growth.html", context)


# As Chart.js takes it; Unfold looks the colours up.


def _totals(spans: list[Span]) -> dict[str, Any]:
    line = {
        "borderColor": "var(--color-primary-600)",
        "borderWidth": 2,
        "pointRadius": 0,
        "pointHitRadius": 12,
        "fill": True,
        "backgroundColor": "rgba(147, 51, 234, .12)",
    }
    return _drawn(spans, "Members", [span.total for span in spans], line)


def _joins(spans: list[Span]) -> dict[str, Any]:
    bar = {"backgroundColor": "var(--color-primary-600)", "borderRadius": 3, "maxBarThickness": 18}
    return _drawn(spans, "Joined", [span.joined for span in spans], bar)


def _drawn(
    spans: list[Span], label: str, numbers: list[int], look: dict[str, Any]
) -> dict[str, Any]:
    labels = [date_format(span.begins, "j M") for span in spans]
    return {"labels": labels, "datasets": [{"label": label, "data": numbers, **look}]}


_GRAY = "#8b8f98"  # readable in light and dark
_OPTIONS = {
    "animation": False,
    "maintainAspectRatio": False,
    "interaction": {"mode": "index", "intersect": False},
    "plugins": {"legend": {"display": False}},
    "scales": {
        "x": {
            "grid": {"display": False},
            "ticks": {"color": _GRAY, "maxTicksLimit": 7, "maxRotation": 0},
        },
        "y": {
            "beginAtZero": True,
            "border": {"display": False},
            "ticks": {"color": _GRAY, "maxTicksLimit": 5, "precision": 0},
            "grid": {"color": "rgba(139, 143, 152, .2)"},
        },
    },
}
