"""All offers of a space in a calendar: a line each, by month, quarter or year."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_date

from offers.admin.calendar import FIRST_YEAR, LAST_YEAR, Stretch, Zoom, by_day
from offers.admin.filters import categories
from offers.admin.schedule import LABELS, scheduled
from offers.models import Offer, Schedule
from segments.admin.spaces import current_space
from segments.models import Space

if TYPE_CHECKING:
    from segments.admin import RowAdmin

_PAGE = 50


def calendar_view(request: HttpRequest, admin: RowAdmin) -> HttpResponse:
    space = current_space(request)
    if space is None or not admin.has_view_permission(request):
        raise PermissionDenied
    now = timezone.now()
    today = now.astimezone(space.zone).date()
    day, misread = _day(request.GET.get("from", ""), today)
    stretch = Stretch.around(day, _zoom(request), space.zone)
    found = _narrowed(_during(space, stretch), request, now)
    page = Paginator(found, _PAGE).get_page(request.GET.get("p"))
    place = stretch.place(now)
    context = {
        **admin.admin_site.each_context(request),
        "title": "Calendar",
        "opts": admin.opts,
        "has_add_permission": admin.has_add_permission(request),
        "stretch": stretch,
        "zooms": [(zoom, zoom.capitalize()) for zoom in Zoom],
        "misread": misread,
        "today": today,
        "now": place if 0 <= place <= 100 else None,
        "months": stretch.months(today),
        "units": stretch.units(today),
        "page": page,
        "groups": by_day([stretch.line(offer, now) for offer in page]),
        "states": LABELS.items(),
        "categories": categories(space),
        "chosen": _chosen(request),
        "is_narrowed": any(_chosen(request).values()),
    }
    return TemplateResponse(request, "admin/offers/calendar.html", context)


def _zoom(request: HttpRequest) -> Zoom:
    asked = request.GET.get("zoom", "")
    return Zoom(asked) if asked in list(Zoom) else Zoom.MONTH


def _day(asked: str, today: datetime.date) -> tuple[datetime.date, str]:
    """The day that was asked for, else today; and what was asked for, where it is no day."""
    try:
        day = parse_date(asked)
    except ValueError:
        day = None
    if day is not None and FIRST_YEAR <= day.year <= LAST_YEAR:
        return day, ""
    return today, asked


def _during(space: Space, stretch: Stretch) -> QuerySet[Offer]:
    """The offers whose time has a part in the stretch: those that began first come first."""
    offers = Offer.objects.filter(space=space).during(stretch.begin, stretch.end)
    return offers.order_by(
        F("publish_at").asc(nulls_first=True), F("expire_at").asc(nulls_last=True), "number"
    )


def _chosen(request: HttpRequest) -> dict[str, str]:
    """What the offers are narrowed by. The list of offers takes the same."""
    asked = {name: request.GET.get(name, "") for name in ("q", "schedule", "category")}
    return {name: words.replace("\0", "").strip() for name, words in asked.items()}


def _narrowed(offers: Any, request: HttpRequest, now: datetime.datetime) -> QuerySet[Offer]:
    chosen = _chosen(request)
    if chosen["q"]:
        offers = offers.found_by(chosen["q"])
    if chosen["schedule"] in list(Schedule):
        offers = offers.filter(scheduled(Schedule(chosen["schedule"]), now))
    if chosen["category"]:
        offers = offers.filter(category=chosen["category"])
    narrowed: QuerySet[Offer] = offers
    return narrowed
