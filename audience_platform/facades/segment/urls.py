"""Segment's paths: no prefix, and no slash at their ends."""

from django.urls import path, re_path

from audience_platform.facades.segment.views import Audiences, OneAudience, nothing_here

_SPACE = "spaces/<str:spaceId>/audiences"

urlpatterns = [
    path(_SPACE, Audiences.as_view(), name="segment-audiences"),
    path(f"{_SPACE}/<str:id>", OneAudience.as_view(), name="segment-audience"),
    re_path(r"^(?:spaces|audit-events)(?:/.*)?$", nothing_here),
]
