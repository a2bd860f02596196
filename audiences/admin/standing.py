"""How things stand with an audience, in words."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.dateformat import format

from audiences.models import Audience, Lifecycle
from audiences.services.standing import Standing, standings
from segments.models import Membership, Space

_RESTING = {
    Lifecycle.DRAFT: "It is a draft: it holds nobody and hides the offers that use it, until it is "
    "published.",
    Lifecycle.INACTIVE: "It is inactive: who was in it is kept, changes are not followed, and the "
    "offers that use it are hidden.",
    Lifecycle.ARCHIVED: "It is archived: it is kept to look at, and the offers that use it are "
    "hidden.",
}
_OFF = "It is switched off: who was in it is kept, and the offers that use it are hidden."


@dataclass(frozen=True)
class Told:
    """A label with its colour, a sentence, and whether a worker is about to change them."""

    state: str
    label: str
    sentence: str
    at_work: bool = False


def told(
    audience: Audience, found: Standing, *, at: datetime.datetime, locked: bool = False
) -> Told:
    """How an audience stands: “Right as of 12:04, took 0.8 s, 3 changes waiting.”"""
    if not found.in_force:
        label = audience.get_lifecycle_display() if audience.enabled else "Off"
        return Told("resting", label, _RESTING.get(Lifecycle(audience.lifecycle), _OFF))
    if found.status.failed_at is not None and not locked:
        return Told("failed", "Failed", _failed(found, at))
    if locked:
        sentence = "It was changed a moment ago: until then it takes no other change."
        return Told("running", "Being worked out", sentence, at_work=True)
    if found.status.requested_at is not None:
        asked = clock(found.status.requested_at, at)
        sentence = f"It is worked out anew from all members, as was asked at {asked}."
        return Told("running", "Being worked out", sentence, at_work=True)
    if found.size.as_of is None:
        sentence = "It has not been worked out yet. A worker does that, mostly within a second."
        return Told("running", "New", sentence, at_work=True)
    return _right(found, at)


def _failed(found: Standing, at: datetime.datetime) -> str:
    error = found.status.last_error.rstrip(".")
    if not found.size.version:
        return f"{error}. It holds nobody, and the offers that use it are hidden."
    when = f" of {clock(found.status.as_of, at)}" if found.status.as_of else ""
    return f"{error}. The last good version{when} stays: {found.size.size:,} members."


def _right(found: Standing, at: datetime.datetime) -> Told:
    parts = [f"Right as of {clock(found.size.as_of, at)}"]
    if found.status.took is not None:
        parts.append(f"took {_seconds(found.status.took)}")
    waiting = found.pending_changes
    if waiting:
        parts.append(f"{waiting:,} change{'s' if waiting > 1 else ''} waiting")
    if found.in_progress:
        parts.append("being brought up to date now")
    sentence = f"{', '.join(parts)}."
    if found.stale:
        return Told("running", "Following changes", sentence, at_work=True)
    return Told("live", "Up to date", sentence)


def _seconds(took: datetime.timedelta) -> str:
    seconds = took.total_seconds()
    if seconds < 0.05:
        return "less than 0.1 s"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:,.0f} s"


def clock(moment: datetime.datetime | None, at: datetime.datetime) -> str:
    """A moment by the clock of the space, as short as it is clear: 12:04, or 3 Nov, 12:04."""
    if moment is None:
        return ""
    here, now = timezone.localtime(moment), timezone.localtime(at)
    if here.date() == now.date():
        return format(here, "H:i")
    return format(here, "j M, H:i" if here.year == now.year else "j M Y, H:i")


def everybody(space: int) -> int:
    """How many members the space (its number) has, of which an audience holds a share."""
    return Membership.objects.filter(space=space).count()


def share(size: int, everyone: int) -> str:
    """“12.3 %”; empty where there is nobody to have a share of."""
    if not everyone:
        return ""
    percent = 100 * size / everyone
    return "under 0.1 %" if 0 < percent < 0.05 else f"{percent:.1f} %".replace(".0 %", " %")


def prepare(rows: Sequence[Any], space: Space | None) -> None:
    """Tell each of the audiences of a list its ``standing`` and ``share``."""
    now = timezone.now()
    known = standings(audiences=rows, at=now)
    everyone = everybody(space.pk) if space and rows else 0
    for audience in rows:
        found = known[audience.pk]
        audience.size = found.size.size if found.size.version else None
        audience.share = share(found.size.size, everyone)
        audience.changed = clock(audience.updated_at, now)
        audience.told = told(audience, found, at=now)
