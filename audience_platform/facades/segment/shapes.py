"""Audiences and audit events, in the words of Segment."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils import timezone
from rest_framework.request import Request

from audience_platform.facades.segment.wire import Shape
from audience_platform.models import AuditEvent, RefreshSchedule
from audience_platform.models.audit import Action
from audiences.models import Audience, AudienceStatus
from audiences.services.definition_query import definition_of
from audiences.services.lock import locked_among

OPTIONS = "segment_options"  # in the metadata: kept as they came
USERS = "USERS"
_EXACT_OPTIONS = ("filterByExternalIds", "includeHistoricalData", "backfillEventDataDays")
_UNKNOWN = "unknown"  # by whom what is older than the audit trail was made


def with_who(audiences: QuerySet[Audience]) -> QuerySet[Audience]:
    """With who made each and who changed it last (``made_by``, ``changed_by``)."""
    who = Coalesce(NullIf("actor_id", Value("")), "actor_name", output_field=CharField())
    events = (
        AuditEvent.objects.filter(
            object_id=Cast(OuterRef("id"), CharField()),
            space=OuterRef("space"),
            object_type="audiences",
        )
        .exclude(changes__has_key="run")  # a working-out, which changes nothing of it
        .annotate(who=who)
        .values("who")
    )
    return audiences.annotate(
        made_by=Subquery(events.filter(action=Action.CREATED).order_by("number")[:1]),
        changed_by=Coalesce(Subquery(events.order_by("-number")[:1]), F("made_by")),
    )


def shown(
    audiences: Iterable[Audience], shape: Shape, *, whole: bool, schedules: bool = False
) -> list[dict[str, Any]]:
    """The audiences, which ``with_who`` made; ``whole`` with their size and how they are kept.

    The queries are as many for one as for a page of them.
    """
    found = list(audiences)
    statuses = AudienceStatus.objects.in_bulk([audience.pk for audience in found])
    locked = locked_among(found, at=timezone.now())
    told = [
        _shown(audience, statuses.get(audience.pk), audience.pk in locked, shape, whole)
        for audience in found
    ]
    if schedules and shape is not Shape.SEED:
        kept = RefreshSchedule.objects.filter(audience__in=found)
        days = {schedule.audience_id: schedule for schedule in kept}
        for audience, one in zip(found, told, strict=True):
            status = statuses.get(audience.pk)
            one["schedules"] = schedules_of(audience, status, days.get(audience.pk))
    return told


def wants_schedules(request: Request) -> bool:
    """Whether ``include`` names them, in whatever encoding."""
    asked = [
        value
        for name, values in request.query_params.lists()
        if name.startswith("include")
        for value in values
    ]
    return any("schedules" in value for value in asked)


INTERVALS = {
    "15m": 15 * 60,
    "30m": 30 * 60,
    **{f"{hours}h": hours * 3600 for hours in (1, 2, 4, 6, 8, 12)},
    "1d": 86_400,
}


def schedules_of(
    audience: Audience, status: AudienceStatus | None, days: RefreshSchedule | None
) -> list[dict[str, Any]]:
    """When it is worked out from all members: one schedule, or none where nobody gave it any."""
    if days is not None:
        strategy = "SPECIFIC_DAYS"
        due: datetime.datetime | None = days.next_at
        config: dict[str, Any] = {
            "days": days.days,
            "hours": days.hours,
            "timezone": days.time_zone,
        }
    elif audience.refresh_interval is not None:
        last = status.as_of if status else None
        strategy = "PERIODIC"
        due = last and last + datetime.timedelta(seconds=audience.refresh_interval)
        config = {"interval": _interval(audience.refresh_interval)}
    else:
        return []
    return [
        {
            "id": f"sch_{audience.id.hex}",
            "strategy": strategy,
            "config": config,
            "nextExecution": moment(due) if due else None,
        }
    ]


def _interval(seconds: int) -> str:
    """The interval that Segment has a word for: the shortest that is no shorter."""
    fitting = (word for word, length in INTERVALS.items() if length >= seconds)
    return next(fitting, "1d")


def _shown(
    audience: Audience, status: AudienceStatus | None, locked: bool, shape: Shape, whole: bool
) -> dict[str, Any]:
    who: Mapping[str, Any] = vars(audience)
    told = {
        "id": str(audience.id),
        "spaceId": str(audience.space.id),
        "name": str(audience),
        "description": audience.description,
        "key": audience.key or str(audience.id),
        "enabled": audience.is_kept,
        "definition": _definition(audience, shape),
        "status": _status(audience, status, locked),
        "createdBy": who["made_by"] or _UNKNOWN,
        "updatedBy": who["changed_by"] or _UNKNOWN,
        "createdAt": moment(audience.created_at),
        "updatedAt": moment(audience.updated_at),
    }
    if shape is Shape.SEED:
        return told
    told |= {"audienceType": USERS, "options": _options(audience, shape)}
    if whole:
        size = status.size if status else 0
        told |= {
            "computeCadence": {"type": "REALTIME"},
            "size": {"type": USERS, "count": size},
        }
    return told


def _definition(audience: Audience, shape: Shape) -> dict[str, str] | None:
    query = definition_of(audience)
    if query is None:
        return None
    return {"query": query} if shape is Shape.EXACT else {"query": query, "type": USERS}


def _status(audience: Audience, status: AudienceStatus | None, locked: bool) -> str:
    if not audience.is_kept:
        return "Disabled"
    if status is None:
        return "Computing"
    if status.failed_at is not None:
        return "Failed"
    if locked:
        return "Locked"
    waits = status.version == 0 or not status.meaning or status.requested_at is not None
    return "Computing" if waits else "Live"


def _options(audience: Audience, shape: Shape) -> dict[str, Any]:
    given = audience.metadata.get(OPTIONS)
    kept = given if isinstance(given, dict) else {}
    if shape is Shape.EXACT:
        kept = {name: value for name, value in kept.items() if name in _EXACT_OPTIONS}
    return {"filterByExternalIds": [], "includeHistoricalData": True, **kept}


def moment(at: datetime.datetime) -> str:
    """As JavaScript writes it: ``2006-01-02T15:04:05.000Z``."""
    text = at.astimezone(datetime.UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


_DONE = {Action.CREATED: "Created", Action.CHANGED: "Modified", Action.DELETED: "Deleted"}
_RUN = {"asked for": "Run Forced", "complete": "Run Complete", "failed": "Run Failed"}


def event_shown(event: AuditEvent) -> dict[str, str]:
    """An audit event: “Audience Modified”, by whom, to what."""
    kind = event.object_type.removesuffix("s").replace("-", " ")
    run = event.changes.get("run")
    done = _RUN[run["after"]] if run else _DONE[Action(event.action)]
    return {
        "id": str(event.id),
        "timestamp": moment(event.happened_at),
        "type": f"{kind.title().replace('Api', 'API')} {done}",
        "actor": event.actor_id or event.actor_name,
        "resourceId": event.object_id,
        "resourceType": kind,
        "resourceName": event.object_name,
    }
