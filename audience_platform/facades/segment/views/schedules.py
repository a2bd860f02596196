"""When an audience is worked out from all members, as one schedule: by its ``refresh_interval``, or
on the days of a refresh schedule."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from audience_platform.facades.segment.errors import conflict, missing
from audience_platform.facades.segment.received import read_schedule, translated
from audience_platform.facades.segment.shapes import schedules_of
from audience_platform.facades.segment.views.base import SegmentView
from audience_platform.models import RefreshSchedule
from audience_platform.refresh_schedules import refresh_every, refresh_on
from audiences.models import Audience, AudienceStatus


class ScheduleView(SegmentView):
    def schedules(self, audience: Audience) -> list[dict[str, Any]]:
        status = AudienceStatus.objects.filter(pk=audience.pk).first()
        days = RefreshSchedule.objects.filter(audience=audience).first()
        return schedules_of(audience, status, days)

    def audience_to_change(self) -> Audience:
        return self.audience(self.audiences().select_for_update(of=("self",)))

    def change(self, audience: Audience, asked: dict[str, Any]) -> None:
        with translated(self.access):
            if "seconds" in asked:
                refresh_every(audience, **asked)
            else:
                refresh_on(audience, at=timezone.now(), **asked)


class Schedules(ScheduleView):
    rate_limits: ClassVar[dict[str, int]] = {"post": 50}

    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.data(audienceSchedules=self.schedules(self.audience()))

    @transaction.atomic
    def post(self, request: Request, **kwargs: Any) -> Response:
        audience = self.audience_to_change()
        asked = read_schedule(self.body)
        if self.schedules(audience):
            raise conflict(f"“{audience}” has a schedule. Change that one, or delete it first.")
        self.change(audience, asked)
        return self.data(audienceSchedule=self.schedules(audience)[0])


class OneSchedule(ScheduleView):
    rate_limits: ClassVar[dict[str, int]] = {"patch": 50, "delete": 50}

    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.data(audienceSchedule=self.schedule(self.audience()))

    @transaction.atomic
    def patch(self, request: Request, **kwargs: Any) -> Response:
        audience = self.audience_to_change()
        self.schedule(audience)
        self.change(audience, read_schedule(self.body))
        return self.data(audienceSchedule=self.schedule(audience))

    @transaction.atomic
    def delete(self, request: Request, **kwargs: Any) -> Response:
        audience = self.audience_to_change()
        self.schedule(audience)
        self.change(audience, {"seconds": None})
        return self.data(status="SUCCESS")

    def schedule(self, audience: Audience) -> dict[str, Any]:
        """The one of the path. :raises Refused: the audience has no such."""
        asked: str = self.kwargs["scheduleId"]
        for schedule in self.schedules(audience):
            if schedule["id"] == asked:
                return schedule
        raise missing("Audience schedule", asked)
