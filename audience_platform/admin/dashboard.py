"""The first page: what the space has, what was made last, what to do next."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from offers.admin.offers import summaries_of, who
from offers.admin.schedule import glance
from offers.models import Offer
from segments.admin.spaces import current_space
from segments.models import Membership, Segment, Space

RECENT = 8


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What ``templates/admin/index.html`` shows; named in ``settings``."""
    space = current_space(request)
    if space is None:
        return {**context, "title": "Welcome", "space": None}
    return {**context, "title": space.name, "space": space, **_of(space)}


def _of(space: Space) -> dict[str, Any]:
    now = timezone.now()
    offers = Offer.objects.filter(space=space)
    memberships = Membership.objects.filter(space=space).count()
    segments = Segment.objects.without_lists().filter(space=space).count()
    recent = list(offers.order_by("-number").prefetch_related("audiences")[:RECENT])
    phrases = summaries_of(recent)
    live = reverse("admin:offers_offer_changelist") + "?schedule=live"
    return {
        "counts": [
            ("Memberships", memberships, reverse("admin:segments_membership_changelist"), "badge"),
            ("Segments", segments, reverse("admin:segments_segment_changelist"), "label"),
            ("Live offers", offers.live(now).count(), live, "sell"),
        ],
        "recent": [
            {"offer": offer, "glance": glance(offer, now), "who": who(offer, phrases)}
            for offer in recent
        ],
        "done": {"memberships": memberships, "segments": segments, "offers": recent},
        "to_do": not (memberships and segments and recent),
    }
