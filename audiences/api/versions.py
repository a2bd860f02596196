"""``audience-versions``: how many an audience held, over time. To read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from audiences.models import Audience, AudienceVersion
from segments.api.filters import EQUALS, ORDERED, ResourceFilters
from segments.api.relations import RelatedById
from segments.api.relationships import Relationship, ToOne
from segments.api.resource import ResourceViewSet
from segments.api.serializer import ResourceSerializer


class AudienceVersionSerializer(ResourceSerializer):
    took = serializers.FloatField(
        source="seconds",
        read_only=True,
        help_text="How long it took, with the others of its time, in seconds.",
    )
    audience = RelatedById(read_only=True, model=Audience)

    class Meta:
        model = AudienceVersion
        fields = ["version", "cause", "size", "entered", "left", "as_of", "took", "audience"]
        read_only_fields = fields

    @classmethod
    def prepare(cls, rows: Sequence[Any], names: Sequence[str]) -> None:
        if "took" in names:
            for version in rows:
                version.seconds = version.took.total_seconds()


class AudienceVersionFilters(ResourceFilters):
    audience = django_filters.UUIDFilter(
        field_name="audience__id", help_text="Those of the audience of this id."
    )

    class Meta(ResourceFilters.Meta):
        model = AudienceVersion
        fields = {"version": ORDERED, "cause": EQUALS, "as_of": ORDERED}


class AudienceVersionViewSet(ResourceViewSet):
    """One for each working-out that changed who is in an audience, the latest first."""

    serializer_class = AudienceVersionSerializer
    queryset = AudienceVersion.objects.all()
    filterset_class = AudienceVersionFilters
    ordering_fields: ClassVar[list[str]] = ["version", "size", "as_of"]
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "audience": ToOne("offers.api.audiences.AudienceViewSet", "audience")
    }

    def get_queryset(self) -> QuerySet[AudienceVersion]:
        rows = AudienceVersion.objects.all() if self.within is None else self.within
        return self.access.seen(rows.filter(audience__space=self.space))
