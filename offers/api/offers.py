"""``offers``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import django_filters

from audiences.models import Audience
from offers.api.duplicates import Duplicate
from offers.api.previews import PreviewOffer
from offers.models import Offer
from offers.services import aim, aim_only, let_go
from segments.api.filters import (
    EQUALS,
    NULLABLE,
    ORDERED,
    TEXT,
    ResourceFilters,
    SearchFilter,
)
from segments.api.operations import Operation
from segments.api.relations import RelatedById
from segments.api.relationships import Meta as Told
from segments.api.relationships import Relationship, ToMany
from segments.api.resource import ResourceViewSet, WritableViewSet
from segments.api.serializer import ObjectField, ResourceSerializer
from segments.services import save_row, with_unseen


class OfferSerializer(ResourceSerializer):
    included_serializers = {"audiences": "offers.api.audiences.AudienceSerializer"}

    custom_data = ObjectField(required=False)
    audiences = RelatedById(many=True, required=False, queryset=Audience.objects.all())

    class Meta:
        model = Offer
        fields: ClassVar[list[str]] = [
            "name",
            "external_id",
            "category",
            "description",
            "publish_at",
            "expire_at",
            "discontinued",
            "custom_data",
            "created_at",
            "updated_at",
            "audiences",
        ]
        read_only_fields = ["created_at", "updated_at"]


class OfferFilters(ResourceFilters):
    searched = ("name", "external_id", "category", "description")

    search = SearchFilter(help_text="In the name, external id, category and description.")
    audience = django_filters.UUIDFilter(
        field_name="audiences__id", help_text="Those aimed at the audience of this id."
    )

    class Meta(ResourceFilters.Meta):
        model = Offer
        fields = {
            "name": TEXT,
            "external_id": [*EQUALS, *NULLABLE],
            "category": EQUALS,
            "publish_at": [*ORDERED, *NULLABLE],
            "expire_at": [*ORDERED, *NULLABLE],
            "discontinued": ["exact"],
            "created_at": ORDERED,
            "updated_at": ORDERED,
        }


class AudiencesOfAnOffer(ToMany):
    def instead(
        self, view: ResourceViewSet, row: Offer, others: Sequence[Audience]
    ) -> Sequence[Audience]:
        return with_unseen(others, there=list(row.audiences.all()), see=view.access.seen)

    def add(self, row: Offer, others: Sequence[Audience]) -> Told:
        aim(offer=row, audiences=others)
        return {}

    def replace(self, row: Offer, others: Sequence[Audience]) -> Told:
        aim_only(offer=row, audiences=others)
        return {}

    def remove(self, row: Offer, others: Sequence[Audience]) -> Told:
        let_go(offer=row, audiences=others)
        return {}


class OfferViewSet(WritableViewSet):
    """What is shown to members, when, and to which audiences: only who is in all of them sees it.

    How it stands for one membership is told by ``membership-offers``."""

    serializer_class = OfferSerializer
    queryset = Offer.objects.all()
    filterset_class = OfferFilters
    ordering_fields: ClassVar[list[str]] = [
        "name",
        "external_id",
        "category",
        "publish_at",
        "expire_at",
        "created_at",
        "updated_at",
    ]
    operations: ClassVar[Mapping[str, Operation]] = {
        "preview": PreviewOffer(),
        "duplicate": Duplicate(),
    }
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "audiences": AudiencesOfAnOffer("offers.api.audiences.AudienceViewSet", "audiences")
    }

    def make(self, id: UUID | None, values: dict[str, Any]) -> Offer:
        audiences = values.pop("audiences", [])
        offer: Offer = super().make(id, values)
        aim(offer=offer, audiences=audiences)
        return offer

    def change(self, row: Offer, values: dict[str, Any]) -> None:
        audiences = values.pop("audiences", None)
        save_row(row, **values)
        if audiences is not None:
            there = list(row.audiences.all())
            kept = with_unseen(audiences, there=there, see=self.access.seen)
            aim_only(offer=row, audiences=kept)
