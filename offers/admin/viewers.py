"""How many may see offers: counted after a page is there, for it may take a second."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from audiences.admin.seen import may_see
from audiences.models import Audience
from audiences.services import summaries
from offers.models import Offer, Schedule
from offers.visibility import Aim, count_aimed_at, count_cheaply
from segments.admin.spaces import current_space

if TYPE_CHECKING:
    from segments.admin import RowAdmin

_MOST = 200  # offers whose viewers are counted at once
_UNSEEN = "in an audience that you may not see"


@dataclass
class AudienceLine:
    """One of an offer's audiences on its page, and what it does to who may see the offer."""

    phrase: str
    url: str = ""
    name: str = ""
    is_kept: bool = True
    size: int = 0
    alone: int = 0  # how many it takes out by itself
    removes: int = 0  # … of those whom the audiences before it leave
    left: int = 0
    percent: float = 0


def phrases_seen(request: HttpRequest, audiences: Iterable[Audience]) -> dict[int, str]:
    """What ``summaries`` says, of the audiences that whoever asks may see."""
    known = {audience.pk: audience for audience in audiences}
    said = summaries(known.values())
    return {pk: said[pk] if may_see(request, one) else _UNSEEN for pk, one in known.items()}


def audience_lines(
    request: HttpRequest, audiences: Sequence[Audience], phrases: Mapping[int, str]
) -> list[AudienceLine]:
    """One for each, in their order, with what ``phrases_seen`` says."""
    return [
        AudienceLine(
            capfirst(phrases[audience.pk]),
            reverse("admin:audiences_audience_change", args=[audience.pk]),
            audience.name,
            audience.is_kept,
        )
        if may_see(request, audience)
        else AudienceLine(capfirst(_UNSEEN))
        for audience in audiences
    ]


def viewers_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """Who may see the offer, audience after audience."""
    offer: Offer | None = admin.get_object(request, str(number))
    if offer is None:
        raise Http404(f"There is no offer {number} in your spaces.")
    now = timezone.now()
    state = offer.schedule(now)
    at = offer.publish_at if state == Schedule.UNPUBLISHED and offer.publish_at else now
    audiences = list(offer.audiences.all())
    lines = audience_lines(request, audiences, phrases_seen(request, audiences))
    aim = count_aimed_at(space=offer.space, audiences=audiences, at=at)
    context = {
        "offer": offer,
        "state": state,
        "viewers": aim.count if state in (Schedule.LIVE, Schedule.UNPUBLISHED) else 0,
        "aim": aim,
        "percent": _percent(aim.count, aim.everyone),
        "lines": _counted(lines, aim),
        "counted_at": now,
    }
    return TemplateResponse(request, "admin/offers/viewers.html", context)


def _counted(lines: list[AudienceLine], aim: Aim) -> list[AudienceLine]:
    for place, line in enumerate(lines):
        line.size, line.alone = aim.sizes[place], aim.everyone - aim.sizes[place]
        line.removes, line.left = aim.removes[place], aim.left[place]
        line.percent = _percent(line.left, aim.everyone)
    return lines


def _percent(count: int, everyone: int) -> float:
    return round(100 * count / everyone, 1) if everyone else 0


def counts_view(request: HttpRequest, admin: RowAdmin) -> HttpResponse:
    """The numbers for a page of the list, each for its place there."""
    sent = [number for number in request.GET.getlist("number") if number.isdecimal()][:_MOST]
    offers = list(admin.get_queryset(request).filter(space=current_space(request), pk__in=sent))
    now = timezone.now()
    counts = cheap_counts(offers, now)
    context = {"counts": [(offer, counts[offer.pk]) for offer in offers], "counted_at": now}
    return TemplateResponse(request, "admin/offers/counts.html", context)


def cheap_counts(offers: list[Offer], at: datetime.datetime) -> dict[int, int | None]:
    """``count_cheaply`` for offers of one space."""
    if not offers:
        return {}
    prefetch_related_objects(offers, "audiences")
    return count_cheaply(space=offers[0].space, offers=offers, at=at)
