"""``sources``: where lists come from, which lists they have, and making audiences of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from audiences.api.list_imports import ListImport, read_elsewhere
from audiences.models import Audience, Source
from audiences.services.sources import briefly, change_source, lists_of, make_source
from audiences.sources.registry import VENDORS
from segments.api.filters import EQUALS, ORDERED, TEXT, ResourceFilters, SearchFilter
from segments.api.operations import AnswerSerializer, Operation
from segments.api.relations import RelatedById
from segments.api.relationships import Relationship, ToMany
from segments.api.resource import ResourceViewSet, WritableViewSet
from segments.api.serializer import ObjectField, ResourceSerializer


def _audiences_of(source: Source) -> list[Audience]:
    """Those that hold its lists: fetched ahead."""
    return [held.audience for held in source.synced_lists.all()]


class SourceSerializer(ResourceSerializer):
    included_serializers = {"audiences": "offers.api.audiences.AudienceSerializer"}

    vendor = serializers.CharField(
        max_length=63,
        help_text=" ".join(f"{name}: {vendor.help_text}" for name, vendor in VENDORS.items()),
    )
    key = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        help_text="Encrypted, and never shown again. "
        + " ".join(f"{vendor.label}: {vendor.key_help}" for vendor in VENDORS.values()),
    )
    has_key = serializers.BooleanField(read_only=True)
    settings = ObjectField(
        source="shown_settings",
        required=False,
        help_text="Sent back as they are shown, they stay. "
        + " ".join(
            f"{vendor.label}: {name}. {about}"
            for vendor in VENDORS.values()
            for name, about in vendor.settings.items()
        ),
    )
    audiences = RelatedById(
        many=True,
        read_only=True,
        model=Audience,
        via="synced_lists__audience",
        related=_audiences_of,
    )

    class Meta:
        model = Source
        fields: ClassVar[list[str]] = [
            "vendor",
            "name",
            "key",
            "has_key",
            "key_ending",
            "settings",
            "created_at",
            "updated_at",
            "audiences",
        ]
        read_only_fields = ["key_ending", "created_at", "updated_at"]


class SourceFilters(ResourceFilters):
    searched = ("name",)

    search = SearchFilter(help_text="In the name.")

    class Meta(ResourceFilters.Meta):
        model = Source
        fields = {"name": TEXT, "vendor": EQUALS, "created_at": ORDERED, "updated_at": ORDERED}


class ListSerializer(AnswerSerializer):
    list_id = serializers.CharField(help_text="The vendor's, as a synced audience takes it.")
    kind = serializers.CharField(help_text="list or segment, as the vendor has it.")
    name = serializers.CharField()
    is_synced = serializers.BooleanField(help_text="Whether an audience holds it.")
    audience = RelatedById(read_only=True, model=Audience)

    class Meta:
        resource_name = "source-lists"


class ListsOfASource(Operation):
    """As its vendor has them at this moment: 502, with a ``code`` and a sentence, says why they
    can't be read."""

    summary = "List the lists that a source has"
    gives = ListSerializer
    many = True
    asks_others = True

    def answer(self, view: ResourceViewSet) -> Response:
        self.given(view)
        source = view.get_object()
        with read_elsewhere():
            found = lists_of(source, patience=briefly())
        page = view.paginate_queryset(found) or []
        data = [
            self.resource(
                f"{source.id}:{one.found.kind}:{one.found.id}",
                {
                    "list_id": one.found.id,
                    "kind": one.found.kind,
                    "name": one.found.name,
                    "is_synced": one.audience is not None,
                    "audience": one.audience,
                },
            )
            for one in page
        ]
        return view.get_paginated_response({"data": data})


class SyncedAudiences(ToMany):
    """Those that hold lists of a source."""

    def rows(self, row: Source) -> QuerySet[Audience]:
        return Audience.objects.filter(synced_list__source=row)


class SourceViewSet(WritableViewSet):
    """Where lists come from: an account of a vendor's, or a place on the web."""

    serializer_class = SourceSerializer
    queryset = Source.objects.all()
    filterset_class = SourceFilters
    ordering_fields: ClassVar[list[str]] = ["name", "created_at", "updated_at"]
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "audiences": SyncedAudiences("offers.api.audiences.AudienceViewSet", "audiences")
    }
    operations: ClassVar[Mapping[str, Operation]] = {
        "lists": ListsOfASource(),
        **{f"{name}/import": ListImport(name) for name in VENDORS},
    }

    def make(self, id: UUID | None, values: dict[str, Any]) -> Source:
        return make_source(space=self.space, id=id, **_sent(values))

    def change(self, row: Source, values: dict[str, Any]) -> None:
        vendor = values.pop("vendor", row.vendor)
        if vendor != row.vendor:
            stays = f"A source stays one of {row.vendor}. Make a new one."
            raise ValidationError({"vendor": stays})
        change_source(row, **_sent(values))


def _sent(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as services name them: settings are shown without what may be secret in them."""
    names = {"shown_settings": "settings"}
    return {names.get(name, name): value for name, value in values.items()}
