"""The audit trail, as Segment tells it."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from audience_platform.facades.segment.errors import invalid
from audience_platform.facades.segment.parameters import read_page
from audience_platform.facades.segment.shapes import event_shown
from audience_platform.facades.segment.views.base import LONGEST, SegmentView, one_page
from audience_platform.models import AuditEvent


class AuditEvents(SegmentView):
    """Those of all the key's spaces, the latest first."""

    def get(self, request: Request, **kwargs: Any) -> Response:
        page = read_page(request)
        found, told = one_page(self._events(), page, newest_first=True)
        return self.data(events=[event_shown(event) for event in found], pagination=told)

    def _events(self) -> QuerySet[AuditEvent]:
        events = self.access.seen(AuditEvent.objects.filter(space__in=self.access.spaces))
        if (start := self._moment("startTime")) is not None:
            events = events.filter(happened_at__gte=start)
        if (end := self._moment("endTime")) is not None:
            events = events.filter(happened_at__lt=end)
        if id := self._text("resourceId"):
            events = events.filter(object_id=id)
        if kind := self._text("resourceType"):
            named = kind.lower().replace(" ", "-").removesuffix("s")
            events = events.filter(object_type=f"{named}s")
        return events

    def _moment(self, name: str) -> datetime.datetime | None:
        text = self._text(name)
        try:
            found = datetime.datetime.fromisoformat(text) if text else None
        except ValueError:
            raise invalid(name, f'"{name}" must be a moment of ISO 8601') from None
        if found is not None and found.tzinfo is None:
            return found.replace(tzinfo=datetime.UTC)
        return found

    def _text(self, name: str) -> str:
        text = self.request.query_params.get(name, "")
        if len(text) > LONGEST or "\0" in text:
            raise invalid(name, f'"{name}" must be a string of at most {LONGEST} letters')
        return text
