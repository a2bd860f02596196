"""An offer's time, at a glance."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from offers.models import Offer, Schedule

LABELS = {
    Schedule.LIVE: "Live",
    Schedule.UNPUBLISHED: "Scheduled",
    Schedule.EXPIRED: "Ended",
    Schedule.DISCONTINUED: "Discontinued",
}


def scheduled(state: Schedule, at: datetime.datetime) -> Q:
    """The offers that stand so at a moment, as ``Offer.schedule`` says."""
    unpublished = Q(publish_at__gt=at)
    expired = Q(expire_at__lte=at)
    return {
        Schedule.DISCONTINUED: Q(discontinued=True),
        Schedule.UNPUBLISHED: Q(discontinued=False) & unpublished,
        Schedule.EXPIRED: Q(discontinued=False) & expired,
        Schedule.LIVE: Offer.objects.live_q(at),
    }[state]


@dataclass(frozen=True, slots=True)
class Glance:
    """Where an offer stands at a moment: a label, a sentence, and how much of its time is over.

    ``done`` is the part of its days that is over, in percent, where it has both a beginning and an
    end; ``None`` elsewhere.
    """

    state: Schedule
    label: str
    sentence: str
    begins: str
    ends: str
    done: int | None


def glance(offer: Offer, at: datetime.datetime) -> Glance:
    state = offer.schedule(at)
    begins = moment(offer.publish_at) or "the beginning"
    ends = moment(offer.expire_at) or "no end"
    return Glance(state, LABELS[state], _sentence(offer, state, at), begins, ends, _done(offer, at))


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of an offer's time: “Shown from”, “1 May 2026, 09:00”, “3 days ago”."""

    kind: str  # begins, now, ends, off
    label: str
    when: str
    distance: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A picture of an offer's time. Places are percents of its width; where there is no beginning
    or end, the bar reaches the edge, and is open there."""

    begin: float
    end: float
    now: float
    open_begin: bool
    open_end: bool
    moments: list[Moment]


def timeline(offer: Offer, at: datetime.datetime) -> Timeline:
    begin, end = offer.publish_at, offer.expire_at
    known = [each for each in (begin, at, end) if each is not None]
    span = max(known) - min(known) or datetime.timedelta(days=1)
    first = min(known) - span * (0.05 if begin else 0.2)
    last = max(known) + span * (0.05 if end else 0.2)

    def place(moment: datetime.datetime) -> float:
        return round(100 * ((moment - first) / (last - first)), 2)

    return Timeline(
        begin=place(begin) if begin else 0,
        end=place(end) if end else 100,
        now=place(at),
        open_begin=begin is None,
        open_end=end is None,
        moments=_moments(offer, at),
    )


def _moments(offer: Offer, at: datetime.datetime) -> list[Moment]:
    """In their order; those that there are not come first and last."""
    begin, end = offer.publish_at, offer.expire_at
    over = end is not None and end <= at
    begins = Moment(
        "begins", "Visible from", moment(begin) or "the beginning", _from_now(begin, at)
    )
    ends = Moment("ends", "Ended" if over else "Until", moment(end) or "no end", _from_now(end, at))
    off = [Moment("off", "Discontinued", "hidden from everybody", "whatever its dates")]
    now = [Moment("now", "Now", moment(at), ""), *(off if offer.discontinued else [])]
    if begin is not None and begin > at:
        return [*now, begins, ends]
    return [begins, ends, *now] if over else [begins, *now, ends]


def _from_now(moment: datetime.datetime | None, at: datetime.datetime) -> str:
    if moment is None:
        return ""
    past = moment <= at
    return _distance(at - moment if past else moment - at, ago=past)


def _sentence(offer: Offer, state: Schedule, at: datetime.datetime) -> str:
    if state == Schedule.DISCONTINUED:
        return "withdrawn, whatever its dates"
    if state == Schedule.UNPUBLISHED and offer.publish_at is not None:
        return f"starts {_distance(offer.publish_at - at)}"
    if offer.expire_at is None:
        return "no end"
    if state == Schedule.EXPIRED:
        return f"ended {_distance(at - offer.expire_at, ago=True)}"
    return f"ends {_distance(offer.expire_at - at)}"


def _distance(time: datetime.timedelta, ago: bool = False) -> str:
    """“in 3 days”, “5 hours ago”: rounded, in the largest unit of which there is one at least."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if time.total_seconds() >= 0.95 * size:
            count = round(time.total_seconds() / size)
            words = f"{count:,} {unit}{'s' if count > 1 else ''}"
            break
    else:
        words = "less than a minute"
    return f"{words} ago" if ago else f"in {words}"


def _done(offer: Offer, at: datetime.datetime) -> int | None:
    if offer.publish_at is None or offer.expire_at is None:
        return None
    share = (at - offer.publish_at) / (offer.expire_at - offer.publish_at)
    return round(100 * min(max(share, 0), 1))


def moment(at: datetime.datetime | None) -> str:
    """In words, by the clock of the space; empty for none."""
    return "" if at is None else date_format(timezone.localtime(at), "j M Y, H:i")
