"""``spaces``: those that the key opens, to read."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet

from segments.api.resource import ResourceViewSet
from segments.api.serializer import ResourceSerializer
from segments.models import Space


class SpaceSerializer(ResourceSerializer):
    class Meta:
        model = Space
        fields = ["slug", "name", "time_zone", "country", "created_at"]
        read_only_fields = fields


class SpaceViewSet(ResourceViewSet):
    """The spaces that your key opens."""

    serializer_class = SpaceSerializer
    queryset = Space.objects.all()
    ordering_fields: ClassVar[list[str]] = ["slug", "name"]

    def get_queryset(self) -> QuerySet[Space]:
        return Space.objects.filter(pk__in=[space.pk for space in self.access.spaces])
