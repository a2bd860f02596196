"""When audiences are worked out from all members besides being followed: kept, and carried out."""

from __future__ import annotations

import datetime
import logging
from typing import Any

from django.db import transaction

from audience_platform.models import RefreshSchedule
from audiences.models import Audience
from audiences.services import redefine_audience
from audiences.services.standing import NotInForce, request_refresh
from segments.services import save_row

logger = logging.getLogger(__name__)


@transaction.atomic
def keep_schedule(
    schedule: RefreshSchedule, *, at: datetime.datetime, **values: Any
) -> RefreshSchedule:
    """Set the values on a new or existing schedule, whose next time is the first after ``at``.

    :raises ValidationError: naming each field at fault; nothing is saved then.
    """
    for name, value in values.items():
        setattr(schedule, name, value)
    schedule.clean_fields(exclude=["next_at"])
    schedule.days, schedule.hours = sorted({*schedule.days}), sorted({*schedule.hours})
    return save_row(schedule, next_at=schedule.after(at))


@transaction.atomic
def refresh_on(audience: Audience, *, at: datetime.datetime, **values: Any) -> RefreshSchedule:
    """Have the audience worked out on ``days`` at ``hours`` of a ``time_zone``, and by no interval.

    :raises ValidationError: naming each field at fault.
    """
    if audience.refresh_interval is not None:
        redefine_audience(audience, refresh_interval=None)
    known = RefreshSchedule.objects.filter(audience=audience).first()
    schedule = known or RefreshSchedule(space=audience.space, audience=audience)
    return keep_schedule(schedule, at=at, **values)


@transaction.atomic
def refresh_every(audience: Audience, *, seconds: int | None) -> Audience:
    """Have the audience worked out by an interval, ``None`` being a day, and on no days.

    :raises ValidationError: the interval is too short.
    """
    RefreshSchedule.objects.filter(audience=audience).delete()
    return redefine_audience(audience, refresh_interval=seconds)


@transaction.atomic
def ask_due(*, now: datetime.datetime) -> int:
    """Ask for each audience whose time has come that it be worked out; how many those were.

    Times that nobody was there for are made up for once. An audience that is not in force waits
    for its next time.
    """
    due = RefreshSchedule.objects.select_for_update(skip_locked=True, of=("self",))
    asked = 0
    for schedule in due.filter(next_at__lte=now).select_related("audience"):
        try:
            request_refresh(audience=schedule.audience, at=now)
            asked += 1
        except NotInForce as error:
            logger.info("Not worked out by its schedule: %s", error)
        schedule.next_at = schedule.after(now)
        schedule.save(update_fields=["next_at"])
    return asked
