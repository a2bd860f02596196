"""The first page: how the space stands, what needs attention, what is at work, what was done."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audience_platform.admin.home.attention import notes
from audience_platform.admin.home.growth import growth_view
from audience_platform.admin.home.running import at_work
from audience_platform.labels import seen
from audience_platform.models import AuditEvent
from audiences.admin import titles
from audiences.admin.seen import denied_labels
from audiences.models import Audience
from audiences.services.unusual import unusual
from offers.admin.offers import who
from offers.admin.schedule import glance
from offers.admin.viewers import phrases_seen
from offers.models import Offer
from segments.admin.spaces import current_space
from segments.models import Membership, Segment, Space

_OFFERS = 8
_EVENTS = 6
_UNUSUAL = 6
_SOON = datetime.timedelta(days=7)


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What ``templates/admin/index.html`` shows; named in ``settings``."""
    space = current_space(request)
    if space is None:
        return {**context, "title": "Welcome", "space": None}
    now = timezone.now()
    return {
        **context,
        "title": space.name,
        "space": space,
        "notes": notes(request, space, now),
        "running": at_work(request, space, now),
        "unusual": _unusual(request, space, now),
        "events": _events(request, space),
        **_counted(request, space, now),
    }


def home_pages(site: AdminSite) -> list[URLPattern]:
    """The parts of the page that come, or come again, after it is there."""
    return [
        path("home/growth/", site.admin_view(growth_view), name="home_growth"),
        path("home/running/", site.admin_view(running_view), name="home_running"),
    ]


@require_safe
def running_view(request: HttpRequest) -> HttpResponse:
    """What is at work; once nothing is, the whole page anew, which tells how it ended."""
    space = current_space(request)
    running = at_work(request, space, timezone.now()) if space else []
    response = render(request, "admin/home/running.html", {"running": running})
    if not running:
        response["HX-Refresh"] = "true"
    return response


def _counted(request: HttpRequest, space: Space, now: datetime.datetime) -> dict[str, Any]:
    offers = Offer.objects.filter(space=space)
    audiences = seen(Audience.objects.filter(space=space), denied_labels(request))
    segments = Segment.objects.without_lists().filter(space=space).count()
    live = offers.live(now).count()
    shown = _offers(request, space, now)
    has_members = Membership.objects.filter(space=space).exists()
    has_offers = bool(shown) or offers.exists()
    pages = {
        name: reverse(f"admin:{page}_changelist")
        for name, page in (
            ("offers", "offers_offer"),
            ("audiences", "audiences_audience"),
            ("segments", "segments_segment"),
        )
    }
    return {
        "counts": [
            ("Live offers", live, f"{pages['offers']}?schedule=live", "sell"),
            ("Audiences", audiences.count(), pages["audiences"], "groups"),
            ("Segments", segments, pages["segments"], "label"),
        ],
        "offers": shown,
        "done": {"memberships": has_members, "segments": segments, "offers": has_offers},
        "to_do": not (has_members and segments and has_offers),
    }


def _offers(request: HttpRequest, space: Space, now: datetime.datetime) -> list[dict[str, Any]]:
    """Those that are live or start within days: what happens next, first."""
    offers = Offer.objects.filter(space=space, discontinued=False)
    starting = Q(publish_at__gt=now, publish_at__lte=now + _SOON)
    found = list(
        offers.filter(Offer.objects.live_q(now) | starting)
        .order_by(F("expire_at").asc(nulls_last=True), "-number")
        .prefetch_related("audiences")[:_OFFERS]
    )
    aimed = [audience for offer in found for audience in offer.audiences.all()]
    phrases = phrases_seen(request, aimed)
    return [
        {
            "offer": offer,
            "glance": glance(offer, now),
            "who": who(offer, phrases),
            "ends_soon": offer.expire_at is not None and offer.expire_at <= now + _SOON,
        }
        for offer in found
    ]


def _unusual(request: HttpRequest, space: Space, now: datetime.datetime) -> list[dict[str, Any]]:
    found = unusual(space=space, at=now)
    mine = seen(
        Audience.objects.filter(pk__in=[one.audience.pk for one in found]), denied_labels(request)
    )
    may_see = set(mine.values_list("pk", flat=True))
    shown = [one for one in found if one.audience.pk in may_see][:_UNUSUAL]
    names = titles([one.audience for one in shown])
    return [
        {
            "name": names[one.audience.pk],
            "number": one.audience.pk,
            "one": one,
            "percent": None if one.share is None else round(abs(one.share) * 100),
        }
        for one in shown
    ]


def _events(request: HttpRequest, space: Space) -> list[AuditEvent]:
    """What was done last by people and programs: what jobs did follows from it."""
    events = AuditEvent.objects.filter(space=space).exclude(door="job")
    return list(seen(events, denied_labels(request)).order_by("-number")[:_EVENTS])
