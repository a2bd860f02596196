"""``/audiences`` and ``/audiences/ID``, its ``/count``, ``/status`` and ``/sync``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from audience_platform.facades.fanfare.errors import Failure, Invalid, Issue, in_use, invalid
from audience_platform.facades.fanfare.pages import ASKED, Keys, page
from audience_platform.facades.fanfare.received import Received
from audience_platform.facades.fanfare.rules import read_rules, tree_of
from audience_platform.facades.fanfare.shapes import (
    OWN,
    last_syncs,
    own,
    sync_status,
    told,
    type_of,
)
from audience_platform.facades.fanfare.views.base import View
from audiences.jobs import start_sync
from audiences.models import Audience, Lifecycle
from audiences.services import define_audience, redefine_audience
from audiences.services.standing import sizes, standing
from audiences.services.sync import NotSynced, SyncInProgress
from audiences.types import ConfigurationError
from segments.services import InUse

_TYPES = {
    "STATIC": "static",
    "STATIC_LIST": "static",
    "DYNAMIC": "rules",
    "SYNCED_LIST": "static",  # until it has a source: then the Klaviyo import makes it
}
_NAMES = {"refresh_interval": "refreshIntervalSeconds", "audience_type": "type"}
_SORTED_BY = {"createdAt": (), "name": ("name",)}


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what a service finds wrong into Fanfare's words."""
    try:
        yield
    except ValidationError as error:
        raise invalid(error, _NAMES) from error
    except ConfigurationError as error:
        raise Invalid(
            *(Issue(("rules",), message) for message in error.problems.values())
        ) from error


class Audiences(View):
    def get(self, request: Request) -> Response:
        """All of them as an array; where a page is asked for, that page."""
        include, asked = self.included(), self.asked
        listed = self.audiences.exclude(lifecycle=Lifecycle.ARCHIVED)
        if not any(name in asked for name in ASKED):
            return Response(told(list(listed.order_by("-number")), include))
        sort, down = _sorting(asked)
        keys = Keys(list(listed.values_list(*sort, "number")))
        shown = page(asked, keys, width=len(sort) + 1, down=down)
        rows = listed.in_bulk(shown.numbers)
        data = told([rows[number] for number in shown.numbers], include)
        return Response({"data": data, "pageInfo": shown.info})

    def post(self, request: Request) -> Response:
        received = Received(request.data)
        kind = received.take("type", "string", needed=True)
        kept = {"type": _type(received, kind)}
        values = _values(received)
        name = received.take("name", "string", needed=True)
        interval = _interval(received)
        received.check()
        id = uuid4()
        configuration: dict[str, Any] = {}
        if kept["type"] == "DYNAMIC":
            kept["rules"] = read_rules(received.sent.get("rules") or [], group=str(id))
            configuration = {"rule": tree_of(kept["rules"])}
        elif received.sent.get("rules"):
            raise Invalid(Issue(("rules",), "Only a DYNAMIC audience has rules."))
        with refusing():
            audience = define_audience(
                space=self.space,
                id=id,
                audience_type=_TYPES[kept["type"]],
                configuration=configuration,
                name=name,
                description=values.get("description") or "",
                metadata={**(values.get("metadata") or {}), OWN: {**kept, **_icon(values)}},
                refresh_interval=interval,
            )
        return Response(self.told(audience, ("rules",)), status=201)


def _type(received: Received, kind: Any) -> Any:
    said = str(kind).upper()
    if kind is not None and said not in _TYPES:
        received.wrong(f"Give one of {', '.join(_TYPES)}.", "type")
    return said


def _values(received: Received) -> dict[str, Any]:
    """What both a new audience and a changed one say; only what was sent."""
    kinds = {"description": "string", "iconName": "string", "metadata": "object"}
    values = {name: received.take(name, kind) for name, kind in kinds.items() if name in received}
    if OWN in (values.get("metadata") or {}):
        received.wrong(f"“{OWN}” is taken. Give this another name.", "metadata", OWN)
    return values


def _interval(received: Received) -> int | None:
    interval: int | None = received.take("refreshIntervalSeconds", "number")
    if interval is not None and not (isinstance(interval, int) and 60 <= interval < 1 << 31):
        received.wrong("Give whole seconds, 60 or more.", "refreshIntervalSeconds")
    return interval


def _icon(values: dict[str, Any]) -> dict[str, Any]:
    return {"iconName": values["iconName"]} if values.get("iconName") else {}


def _sorting(asked: Any) -> tuple[tuple[str, ...], bool]:
    """The columns to sort by, before the number; and whether from the highest on."""
    by, way = asked.get("sortBy", "createdAt"), asked.get("sortDir", "desc").lower()
    if by not in _SORTED_BY:
        raise Invalid(Issue(("sortBy",), f"Give one of {', '.join(_SORTED_BY)}.", by))
    if way not in ("asc", "desc"):
        raise Invalid(Issue(("sortDir",), "Give asc or desc.", way))
    return _SORTED_BY[by], way == "desc"


class OneAudience(View):
    def get(self, request: Request, id: str) -> Response:
        return Response(self.told(self.audience(id), self.included("rules,imports")))

    @transaction.atomic
    def put(self, request: Request, id: str) -> Response:
        """Change what is sent. A null clears; when it was refreshed is ours to say."""
        audience = self.audience_to_change(id)
        received = Received(request.data)
        kind = received.take("type", "string")
        if kind is not None and _family(_type(received, kind)) != _family(type_of(audience)):
            received.wrong("The type of an audience can't be changed.", "type")
        sent = _values(received)
        changes: dict[str, Any] = {}
        if "name" in received:
            changes["name"] = received.take("name", "string", needed=True)
        if "description" in sent:
            changes["description"] = sent["description"] or ""
        if "refreshIntervalSeconds" in received:
            changes["refresh_interval"] = _interval(received)
        received.check()
        if {"metadata", "iconName"} & set(sent):
            changes["metadata"] = _changed_metadata(audience, sent)
        with refusing():
            redefine_audience(audience, **changes)
        return Response(self.told(audience, self.included("rules,imports")))

    @transaction.atomic
    def delete(self, request: Request, id: str) -> Response:
        """Archive it, unless something uses it."""
        audience = self.audience_to_change(id)
        try:
            with refusing():
                redefine_audience(audience, lifecycle=Lifecycle.ARCHIVED)
        except InUse as error:
            raise in_use("Audience", error, self.access.seen) from error
        return Response(self.told(audience, ("rules", "imports")))


def _family(type: str) -> str:
    return "STATIC" if type == "STATIC_LIST" else type


def _changed_metadata(audience: Audience, sent: dict[str, Any]) -> dict[str, Any]:
    kept = own(audience)
    if "iconName" in sent:
        kept = {**kept, "iconName": sent["iconName"]}
    metadata = sent["metadata"] or {} if "metadata" in sent else audience.metadata
    if not kept:
        return {name: value for name, value in metadata.items() if name != OWN}
    return {**metadata, OWN: kept}


class Count(View):
    def get(self, request: Request, id: str) -> Response:
        audience = self.audience(id)
        size = sizes([audience])[audience.pk]
        source = "unknown" if not size.version else "db_list"
        if size.version and audience.audience_type == "synced":
            source = "sync_source"
        return Response({"audienceId": str(audience.id), "count": size.size, "source": source})


class Status(View):
    def get(self, request: Request, id: str) -> Response:
        audience = self.audience(id)
        now = standing(audience=audience, at=timezone.now())
        sync = last_syncs([audience]).get(audience.pk)
        return Response(
            {
                "audienceId": str(audience.id),
                "version": now.size.version,
                "syncStatus": sync_status(sync),
                "lastSyncedAt": sync.ended_at if sync else None,
                "lastRefreshedAt": now.size.as_of,
                "refreshIntervalSeconds": audience.refresh_interval,
                "stale": now.stale,
                "inProgress": now.in_progress or bool(sync and sync.is_open),
                "pendingShards": None if now.stale else 0,
                "error": now.status.last_error or (sync.error if sync else "") or None,
            }
        )


class Resync(View):
    def post(self, request: Request, id: str) -> Response:
        audience = self.audience(id)
        if type_of(audience) != "SYNCED_LIST":
            raise Failure(400, "Audience is not a synced list")
        try:
            sync = start_sync(audience, at=timezone.now())
        except NotSynced as error:
            raise Failure(400, "Audience has no sync source", message=str(error)) from error
        except SyncInProgress as error:
            raise Failure(409, "Sync already in progress", message=str(error)) from error
        told = {"success": True, "syncSourceId": str(audience.id), "status": sync_status(sync)}
        return Response(told)
