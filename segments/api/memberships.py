"""``memberships``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import django_filters
from django.db.models import QuerySet

from segments.api.filters import EQUALS, NULLABLE, ORDERED, TEXT, ResourceFilters, SearchFilter
from segments.api.relations import RelatedById
from segments.api.relationships import Meta as Told
from segments.api.relationships import Relationship, ToMany
from segments.api.resource import WritableViewSet
from segments.api.serializer import ObjectField, ResourceSerializer
from segments.models import Membership, Segment
from segments.services import add_members, remove_members


class MembershipSerializer(ResourceSerializer):
    aliases = {"birthdate": "birthday"}
    included_serializers = {"segments": "segments.api.segments.SegmentSerializer"}

    metadata = ObjectField(required=False)
    segments = RelatedById(
        many=True,
        read_only=True,
        model=Segment,
        linkage=False,
        source="segment_memberships",
        via="segment_memberships__segment",
        related=lambda membership: [
            place.segment
            for place in membership.segment_memberships.all()
            if not place.segment.is_list
        ],
    )

    class Meta:
        model = Membership
        fields = [
            "external_id",
            "email",
            "phone",
            "full_name",
            "birthday",
            "total_orders",
            "total_order_value",
            "last_order_at",
            "metadata",
            "created_at",
            "updated_at",
            "segments",
        ]
        read_only_fields = ["created_at", "updated_at"]


class MembershipFilters(ResourceFilters):
    searched = ("external_id", "email", "phone", "full_name")

    search = SearchFilter(help_text="In the external id, e-mail, phone and name.")
    segment = django_filters.UUIDFilter(
        field_name="segment_memberships__segment__id", help_text="In the segment of this id."
    )
    segment__short_code = django_filters.CharFilter(
        field_name="segment_memberships__segment__short_code",
        help_text="In the segment of this short code.",
    )

    class Meta(ResourceFilters.Meta):
        model = Membership
        fields = {
            "external_id": EQUALS,
            "email": [*TEXT, *NULLABLE],
            "phone": [*EQUALS, *NULLABLE],
            "full_name": [*TEXT, *NULLABLE],
            "birthday": [*ORDERED, *NULLABLE],
            "total_orders": ORDERED,
            "total_order_value": ORDERED,
            "last_order_at": [*ORDERED, *NULLABLE],
            "created_at": ORDERED,
            "updated_at": ORDERED,
        }


class SegmentsOfAMembership(ToMany):
    def rows(self, row: Membership) -> QuerySet[Segment]:
        return Segment.objects.without_lists().filter(segment_memberships__membership=row)

    def add(self, row: Membership, others: Sequence[Segment]) -> Told:
        changes = [add_members(segment=segment, memberships=[row.pk]) for segment in others]
        return {"added": sum(change.added for change in changes)}

    def remove(self, row: Membership, others: Sequence[Segment]) -> Told:
        changes = [remove_members(segment=segment, memberships=[row.pk]) for segment in others]
        return {"removed": sum(change.removed for change in changes)}

    def replace(self, row: Membership, others: Sequence[Segment]) -> Told:
        left = self.rows(row).exclude(pk__in=[segment.pk for segment in others])
        return self.remove(row, list(left)) | self.add(row, others)


class MembershipViewSet(WritableViewSet):
    """People in the space: who they are, and the facts that audiences ask about."""

    serializer_class = MembershipSerializer
    queryset = Membership.objects.all()
    filterset_class = MembershipFilters
    keyset = ("number",)
    ordering_fields: ClassVar[list[str]] = [
        "external_id",
        "full_name",
        "email",
        "birthday",
        "total_orders",
        "total_order_value",
        "last_order_at",
        "created_at",
        "updated_at",
    ]
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "segments": SegmentsOfAMembership("segments.api.segments.SegmentViewSet", "segments")
    }
