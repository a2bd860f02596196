"""Discontinuing ticked offers, or putting them back, after saying what that does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone

from offers import services
from offers.admin.schedule import Glance, glance
from offers.admin.viewers import cheap_counts
from offers.models import Offer, Schedule

if TYPE_CHECKING:
    from segments.admin import RowAdmin


@dataclass(frozen=True)
class _Doing:
    """One of the two, with its words. ``done`` follows “3 offers are”."""

    action: str
    button: str
    done: str
    discontinued: bool  # as the offers are then
    change: Callable[..., list[Offer]]


_WITHDRAW = _Doing(
    "discontinue", "Discontinue", "discontinued: hidden from everybody", True, services.withdraw
)
_PUT_BACK = _Doing(
    "put_back", "Put back", "put back: shown again when the dates say so", False, services.put_back
)


@dataclass(frozen=True)
class _Line:
    """What would become of an offer."""

    offer: Offer
    now: Glance
    then: Glance
    viewers: int | None  # who see it now, or would at once

    @property
    def changes(self) -> bool:
        return self.now.state != self.then.state


@admin.action(description="Discontinue those ticked …")
def discontinue(model_admin: RowAdmin, request: HttpRequest, offers: Any) -> Any:
    return _asked(_WITHDRAW, model_admin, request, list(offers))


@admin.action(description="Put back those ticked …")
def put_back(model_admin: RowAdmin, request: HttpRequest, offers: Any) -> Any:
    return _asked(_PUT_BACK, model_admin, request, list(offers))


def _asked(
    doing: _Doing, model_admin: RowAdmin, request: HttpRequest, offers: list[Offer]
) -> TemplateResponse | None:
    """First the page that says what it would do; then, when that is confirmed, do it."""
    if request.POST.get("confirmed"):
        changed = doing.change(offers=offers)
        count = len(changed)
        one = "1 offer is" if count == 1 else f"{count:,} offers are"
        messages.success(request, f"{one} {doing.done}.")
        return None
    lines = _lines(doing, offers)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{doing.button} offers",
        "opts": model_admin.opts,
        "doing": doing,
        "lines": lines,
        "changes": sum(line.changes for line in lines),
        "ticked": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/offers/withdrawing.html", context)


def _lines(doing: _Doing, offers: list[Offer]) -> list[_Line]:
    now = timezone.now()
    counts = cheap_counts(offers, now)
    lines = []
    for offer in offers:
        then = copy.copy(offer)
        then.discontinued = doing.discontinued
        seen = Schedule.LIVE in (offer.schedule(now), then.schedule(now))
        viewers = counts[offer.pk] if seen else 0
        lines.append(_Line(offer, glance(offer, now), glance(then, now), viewers))
    return lines
