"""Segment's paths: no prefix, and no slash at their ends."""

from django.urls import path, re_path

from audience_platform.facades.segment.views.audiences import (
    Audiences,
    Consumers,
    OneAudience,
    Runs,
)
from audience_platform.facades.segment.views.base import nothing_here
from audience_platform.facades.segment.views.events import AuditEvents
from audience_platform.facades.segment.views.previews import OnePreview, Previews
from audience_platform.facades.segment.views.schedules import OneSchedule, Schedules

_ALL = "spaces/<str:spaceId>/audiences"
_ONE = f"{_ALL}/<str:id>"

urlpatterns = [
    path(_ALL, Audiences.as_view(), name="segment-audiences"),
    # before the audiences, none of which has this for its id
    path(f"{_ALL}/previews", Previews.as_view(), name="segment-previews"),
    path(f"{_ALL}/previews/<str:id>", OnePreview.as_view(), name="segment-preview"),
    path(_ONE, OneAudience.as_view(), name="segment-audience"),
    path(f"{_ONE}/runs", Runs.as_view(), name="segment-runs"),
    path(f"{_ONE}/audience-references", Consumers.as_view(), name="segment-consumers"),
    path(f"{_ONE}/schedules", Schedules.as_view(), name="segment-schedules"),
    path(f"{_ONE}/schedules/<str:scheduleId>", OneSchedule.as_view(), name="segment-schedule"),
    path("audit-events", AuditEvents.as_view(), name="segment-audit-events"),
    re_path(r"^(?:spaces|audit-events)(?:/.*)?$", nothing_here),
]
