"""``refresh-schedules``: on which days audiences are worked out from all members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.utils import timezone

from audience_platform.models import RefreshSchedule
from audience_platform.refresh_schedules import keep_schedule
from audiences.models import Audience
from segments.api.filters import ORDERED, ResourceFilters
from segments.api.relations import RelatedById
from segments.api.relationships import Relationship, ToOne
from segments.api.resource import WritableViewSet
from segments.api.serializer import ResourceSerializer


class RefreshScheduleSerializer(ResourceSerializer):
    included_serializers = {"audience": "offers.api.audiences.AudienceSerializer"}

    audience = RelatedById(queryset=Audience.objects.all())

    class Meta:
        model = RefreshSchedule
        fields = ["days", "hours", "time_zone", "next_at", "audience"]
        read_only_fields = ["next_at"]


class RefreshScheduleFilters(ResourceFilters):
    audience = django_filters.UUIDFilter(
        field_name="audience__id", help_text="That of the audience of this id."
    )

    class Meta(ResourceFilters.Meta):
        model = RefreshSchedule
        fields: ClassVar[dict[str, Any]] = {"next_at": ORDERED}


class RefreshScheduleViewSet(WritableViewSet):
    """An audience's days and hours at which it is worked out from all members, besides its
    ``refresh_interval``."""

    serializer_class = RefreshScheduleSerializer
    queryset = RefreshSchedule.objects.all()
    filterset_class = RefreshScheduleFilters
    ordering_fields: ClassVar[list[str]] = ["next_at"]
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "audience": ToOne("offers.api.audiences.AudienceViewSet", "audience")
    }

    def make(self, id: UUID | None, values: dict[str, Any]) -> RefreshSchedule:
        schedule = RefreshSchedule(space=self.space, **({"id": id} if id else {}))
        return keep_schedule(schedule, at=timezone.now(), **values)

    def change(self, row: RefreshSchedule, values: dict[str, Any]) -> None:
        keep_schedule(row, at=timezone.now(), **values)
