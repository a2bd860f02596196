"""``imports``, with the audience that one is for: a static or external list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.core.exceptions import ValidationError

from audiences.models import Audience
from audiences.services.own_list import list_of
from segments.api import imports as base
from segments.api.relations import RelatedById
from segments.api.relationships import Relationship, ToOne
from segments.models import Import, ImportTarget


def _audience_of(import_: Import) -> Audience | None:
    """The audience whose own list it is for: fetched ahead."""
    if import_.target != ImportTarget.AUDIENCE or import_.segment is None:
        return None
    return next(iter(import_.segment.audiences.all()), None)


class ImportSerializer(base.ImportSerializer):
    included_serializers = {
        **base.INCLUDED,
        "audience": "offers.api.audiences.AudienceSerializer",
    }

    audience = RelatedById(
        queryset=Audience.objects.all(),
        required=False,
        allow_null=True,
        via="segment__audiences",
        related=_audience_of,
    )

    class Meta(base.ImportSerializer.Meta):
        fields: ClassVar[list[str]] = [*base.ImportSerializer.Meta.fields, "audience"]


class ImportFilters(base.ImportFilters):
    audience = django_filters.UUIDFilter(
        method="for_audience", help_text="Those for the audience of this id."
    )

    def for_audience(self, rows: Any, name: str, id: UUID) -> Any:
        return rows.filter(target=ImportTarget.AUDIENCE, segment__audiences__id=id)


def _aimed(values: dict[str, Any]) -> dict[str, Any]:
    """The values, with an audience's own list in the place of the audience.

    :raises ValidationError: it has none that takes files, or a segment is named too.
    """
    if "audience" not in values:
        return values
    audience = values.pop("audience")
    if audience is None:
        return values
    if values.get("segment"):
        raise ValidationError({"audience": "A segment is named too. Give the one or the other."})
    if not audience.type.takes_imports:
        raise ValidationError(
            {
                "audience": f"Who is in “{audience}” follows {audience.type.follows}. Give a "
                "static or external audience, or a segment."
            }
        )
    return {**values, "segment": list_of(audience)}


class ImportViewSet(base.ImportViewSet):
    __doc__ = base.ImportViewSet.__doc__

    serializer_class = ImportSerializer
    filterset_class = ImportFilters
    relationships: ClassVar[Mapping[str, Relationship]] = {
        **base.ImportViewSet.relationships,
        "audience": ToOne("offers.api.audiences.AudienceViewSet", "audience", related=_audience_of),
    }

    def make(self, id: UUID | None, values: dict[str, Any]) -> Import:
        return super().make(id, _aimed(values))

    def change(self, row: Import, values: dict[str, Any]) -> None:
        if row.target == ImportTarget.AUDIENCE and values.get("segment", row) is None:
            del values["segment"]  # as it is told
        super().change(row, _aimed(values))
