"""``audiences``, as far as this app knows them: the offers app adds whom they are used by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from rest_framework import serializers

from audiences.models import Audience
from audiences.services import define_audience, redefine_audience, summaries
from audiences.types import ConfigurationError, UnknownAudienceType
from audiences.types.registry import TYPES
from segments.api.errors import Problem, Refused, escaped
from segments.api.filters import EQUALS, ORDERED, TEXT, ResourceFilters, SearchFilter
from segments.api.relations import RelatedById
from segments.api.relationships import Relationship, ToMany
from segments.api.resource import WritableViewSet
from segments.api.serializer import ObjectField, ResourceSerializer
from segments.models import Segment


class AudienceSerializer(ResourceSerializer):
    included_serializers = {"segments": "segments.api.segments.SegmentSerializer"}

    audience_type = serializers.CharField(
        max_length=63,
        help_text=" ".join(f"{name}: {kind.help_text}" for name, kind in TYPES.items()),
    )
    configuration = ObjectField(help_text="What it holds depends on the audience_type.")
    summary = serializers.CharField(
        read_only=True, help_text="Who is meant, in words, such as “aged 18 to 35”."
    )
    segments = RelatedById(many=True, read_only=True, model=Segment)

    class Meta:
        model = Audience
        fields: ClassVar[list[str]] = [
            "name",
            "description",
            "audience_type",
            "configuration",
            "summary",
            "created_at",
            "updated_at",
            "segments",
        ]
        read_only_fields = ["created_at", "updated_at"]

    @classmethod
    def prepare(cls, rows: Sequence[Any], names: Sequence[str]) -> None:
        if "summary" in names:
            phrases = summaries(rows)
            for audience in rows:
                audience.summary = phrases[audience.pk]


class AudienceFilters(ResourceFilters):
    searched = ("name", "description")

    search = SearchFilter(help_text="In the name and description.")
    segment = django_filters.UUIDFilter(
        field_name="segments__id", help_text="Those that ask for the segment of this id."
    )

    class Meta(ResourceFilters.Meta):
        model = Audience
        fields = {
            "name": TEXT,
            "audience_type": EQUALS,
            "created_at": ORDERED,
            "updated_at": ORDERED,
        }


class AudienceViewSet(WritableViewSet):
    """Named descriptions of who: an ``audience_type``, and the ``configuration`` that it takes."""

    serializer_class = AudienceSerializer
    queryset = Audience.objects.all()
    filterset_class = AudienceFilters
    ordering_fields: ClassVar[list[str]] = ["name", "audience_type", "created_at", "updated_at"]
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "segments": ToMany("segments.api.segments.SegmentViewSet", "segments")
    }

    def make(self, id: UUID | None, values: dict[str, Any]) -> Audience:
        with _pointing():
            return define_audience(space=self.space, id=id, **values)

    def change(self, row: Audience, values: dict[str, Any]) -> None:
        with _pointing():
            redefine_audience(row, **values)


@contextmanager
def _pointing() -> Iterator[None]:
    """Point at what is wrong in an audience's type and configuration."""
    try:
        yield
    except ConfigurationError as error:
        problems = [
            Problem(
                "invalid_configuration",
                detail,
                pointer="/".join(
                    ["/data/attributes/configuration", *(escaped(step) for step in path)]
                ),
            )
            for path, detail in error.problems.items()
        ]
        raise Refused(422, *problems) from error
    except UnknownAudienceType as error:
        problem = Problem(
            "unknown_audience_type", str(error), pointer="/data/attributes/audience_type"
        )
        raise Refused(422, problem) from error
