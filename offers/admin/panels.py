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
from offers.admin.schedule import glance, moment
from offers.models import Offer, Schedule
from offers.visibility import VISIBLE, Visibility, membership_offers
from segments.models import Membership


class MembershipOffersPanel:
    """Every offer with its answer for the member, now or at the moment that was asked for."""

    template = "admin/offers/of_a_membership.html"

    def context(self, request: HttpRequest, row: Membership) -> Mapping[str, Any]:
        asked = request.GET.get("at", "")
        at = read_moment(asked) or timezone.now()
        answers = membership_offers(space=row.space, membership=row.id, at=at)
        groups: dict[str, list[dict[str, Any]]] = {"visible": [], "hidden": [], "off": []}
        for answer in answers:
            groups[_group(answer)].append(in_words(answer))
        return {
            **groups,
            "membership": row,
            "at": at,
            "asked": asked,
            "misread": bool(asked) and read_moment(asked) is None,
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


def in_words(answer: Visibility) -> dict[str, Any]:
    """The answer for people: its status as a label, its reasons as sentences."""
    offer = answer.offer
    # What an answer keeps is the same for everybody; here moments go by the clock of the space.
    dated = {
        Schedule.UNPUBLISHED: f"The offer starts on {moment(offer.publish_at)}.",
        Schedule.EXPIRED: f"The offer ended on {moment(offer.expire_at)}.",
    }
    return {
        "offer": offer,
        "status": answer.visible_status,
        "label": capfirst(answer.visible_status.replace("_", " ")),
        "reasons": [
            dated.get(reason.code, reason.detail)  # type: ignore[call-overload]  # a str enum
            for reason in answer.visible_reasons
        ],
    }


def read_moment(text: str) -> datetime.datetime | None:
    """A moment as a browser's date and time field sends it, by the clock of the space."""
    try:
        read = parse_datetime(text)
    except ValueError:
        return None
    return timezone.make_aware(read) if read is not None and timezone.is_naive(read) else read
