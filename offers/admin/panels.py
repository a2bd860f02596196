"""What offers tell on the pages of memberships and audiences."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst

from audiences.admin.seen import denied_labels
from audiences.models import Audience
from offers.admin.schedule import glance, moment
from offers.answers import VISIBLE, Visibility
from offers.models import Offer, Schedule
from offers.visibility import membership_offers
from segments.admin import RowAdmin
from segments.admin.row import page_url, show_part
from segments.models import Membership

FEW, PAGE = 20, 50  # of each group, where all are shown; of one
GROUPS = {
    "visible": ("Visible", "No offer is visible to this member."),
    "hidden": ("Hidden from this member", "No offer on show is hidden from this member."),
    "off": ("Not on show", "Every offer is on show."),
}


def offers_view(request: HttpRequest, row: Membership, admin: RowAdmin) -> HttpResponse:
    """Every offer with its answer for the member, now or at the moment that was asked for: found
    by words and by the reason, a group at a time or the first of each."""
    asked = request.GET.get("at", "")
    at = read_moment(asked) or timezone.now()
    answers = membership_offers(
        space=row.space, membership=row.id, at=at, denied=denied_labels(request)
    )
    words = request.GET.get("words", "").strip()
    show = request.GET.get("show", "")
    found = [answer for answer in answers if _is_meant(answer, words)]
    groups: dict[str, list[Visibility]] = {name: [] for name in GROUPS}
    for answer in found:
        groups[group_of(answer)].append(answer)
    one = groups.get(show) or [each for each in found if each.visible_status == show]
    page = Paginator(one, PAGE).get_page(request.GET.get("page")) if show else None
    context = {
        "url": page_url(row, "offers"),
        "groups": [
            (name, *GROUPS[name], len(group), [in_words(each) for each in group[:FEW]])
            for name, group in groups.items()
        ],
        "page": page,
        "answers": [in_words(each) for each in page] if page else [],
        "show": show,
        "choices": _choices(answers),
        "words": words,
        "at": at,
        "asked": asked,
        "misread": bool(asked) and read_moment(asked) is None,
        "none": not answers,
    }
    template = "admin/offers/of_a_membership.html"
    return show_part(request, admin, row, title="Offers", template=template, context=context)


class AudienceOffersPanel:
    template = "admin/offers/of_an_audience.html"

    def context(self, request: HttpRequest, row: Audience) -> Mapping[str, Any]:
        now = timezone.now()
        offers = Offer.objects.filter(space=row.space_id).aimed_at(row)
        return {"offers": [(offer, glance(offer, now)) for offer in offers]}


def _is_meant(answer: Visibility, words: str) -> bool:
    """As ``found_by`` finds offers."""
    offer = answer.offer
    known = (offer.external_id or "").startswith(words)
    return known or words.casefold() in offer.name.casefold()


def _choices(answers: Sequence[Visibility]) -> list[tuple[str, str]]:
    """What can be shown alone: the groups, and the reasons that there are, with how many each."""
    groups = Counter(map(group_of, answers))
    reasons = Counter(answer.visible_status for answer in answers)
    return [
        *((name, f"{label} ({groups[name]})") for name, (label, _) in GROUPS.items()),
        *(
            (status, f"{_label(status)} ({count})")
            for status, count in reasons.most_common()
            if status != VISIBLE
        ),
    ]


def group_of(answer: Visibility) -> str:
    if answer.visible_status == VISIBLE:
        return "visible"
    return "off" if answer.visible_status in list(Schedule) else "hidden"


def _label(status: str) -> str:
    return capfirst(status.replace("_", " "))


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
        "label": _label(answer.visible_status),
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
