"""When an audience is worked out from all members: its ``refresh_interval``, as one schedule."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from audience_platform.facades.segment.errors import conflict, missing
from audience_platform.facades.segment.received import read_schedule, translated
from audience_platform.facades.segment.shapes import schedules_of
from audience_platform.facades.segment.views.base import SegmentView
from audiences.models import Audience, AudienceStatus
from audiences.services import redefine_audience


class ScheduleView(SegmentView):
    def schedules(self, audience: Audience) -> list[dict[str, Any]]:
        return schedules_of(audience, AudienceStatus.objects.filter(pk=audience.pk).first())

    def changed(self, audience: Audience, refresh_interval: int | None) -> Audience:
        with translated():
            return redefine_audience(audience, refresh_interval=refresh_interval)


class Schedules(ScheduleView):
    rate_limits: ClassVar[dict[str, int]] = {"post": 50}

    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.data(audienceSchedules=self.schedules(self.audience()))

    @transaction.atomic
    def post(self, request: Request, **kwargs: Any) -> Response:
        audience = self.audience(self.audiences().select_for_update(of=("self",)))
        interval = read_schedule(self.body)
        if audience.refresh_interval is not None:
            raise conflict(f"“{audience}” has a schedule. Change that one, or delete it first.")
        return self.data(audienceSchedule=self.schedules(self.changed(audience, interval))[0])


class OneSchedule(ScheduleView):
    rate_limits: ClassVar[dict[str, int]] = {"patch": 50, "delete": 50}

    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.data(audienceSchedule=self.schedule(self.audience()))

    @transaction.atomic
    def patch(self, request: Request, **kwargs: Any) -> Response:
        audience = self.audience(self.audiences().select_for_update(of=("self",)))
        self.schedule(audience)
        changed = self.changed(audience, read_schedule(self.body))
        return self.data(audienceSchedule=self.schedule(changed))

    @transaction.atomic
    def delete(self, request: Request, **kwargs: Any) -> Response:
        audience = self.audience(self.audiences().select_for_update(of=("self",)))
        self.schedule(audience)
        self.changed(audience, None)
        return self.data(status="SUCCESS")

    def schedule(self, audience: Audience) -> dict[str, Any]:
        """The one of the path. :raises Refused: the audience has no such."""
        asked: str = self.kwargs["scheduleId"]
        for schedule in self.schedules(audience):
            if schedule["id"] == asked:
                return schedule
        raise missing("Audience schedule", asked)
