"""What offers tell on the pages of memberships and audiences."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst

from audiences.models import Audience
from offers.admin.schedule import glance
from offers.models import Offer, Schedule
from offers.visibility import VISIBLE, Visibility, membership_offers
from segments.models import Membership


class MembershipOffersPanel:
    """Every offer with its answer for the member, now or at the moment that was asked for."""

    template = "admin/offers/of_a_membership.html"

    def context(self, request: HttpRequest, row: Membership) -> Mapping[str, Any]:
        asked = request.GET.get("at", "")
        at = _moment(asked) or timezone.now()
        answers = membership_offers(space=row.space, membership=row.id, at=at)
        groups: dict[str, list[tuple[str, Visibility]]] = {"visible": [], "hidden": [], "off": []}
        for answer in answers:
            status = capfirst(answer.visible_status.replace("_", " "))
            groups[_group(answer)].append((status, answer))
        return {
            **groups,
            "membership": row,
            "at": at,
            "asked": asked,
            "misread": bool(asked) and _moment(asked) is None,
            "none": not answers,
        }


class AudienceOffersPanel:
    template = "admin/offers/of_an_audience.html"

    def context(self, request: HttpRequest, row: Audience) -> Mapping[str, Any]:
        now = timezone.now()
        offers = Offer.objects.filter(space=row.space_id).aimed_at(row)
        return {"offers": [(offer, glance(offer, now)) for offer in offers]}


def _group(answer: Visibility) -> str:
    if answer.visible_status == VISIBLE:
        return "visible"
    return "off" if answer.visible_status in list(Schedule) else "hidden"


def _moment(text: str) -> datetime.datetime | None:
    """A moment as a browser's date and time field sends it, by the clock of the space."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment is None or not timezone.is_naive(moment):
        return moment
    return timezone.make_aware(moment)
