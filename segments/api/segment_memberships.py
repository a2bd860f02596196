"""``segment-memberships``: one membership's place in one segment, as a resource of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import django_filters

from segments.api.filters import ORDERED, ResourceFilters
from segments.api.relations import RelatedById
from segments.api.relationships import Relationship, ToOne
from segments.api.resource import WritableViewSet
from segments.api.serializer import ResourceSerializer
from segments.models import Membership, Segment, SegmentMembership
from segments.services import save_row


class SegmentMembershipSerializer(ResourceSerializer):
    included_serializers = {
        "segment": "segments.api.segments.SegmentSerializer",
        "membership": "segments.api.memberships.MembershipSerializer",
    }

    segment = RelatedById(queryset=Segment.objects.without_lists())
    membership = RelatedById(queryset=Membership.objects.all())

    class Meta:
        model = SegmentMembership
        fields = ["created_at", "segment", "membership"]
        read_only_fields = ["created_at"]


class SegmentMembershipFilters(ResourceFilters):
    segment = django_filters.UUIDFilter(field_name="segment__id")
    segment__short_code = django_filters.CharFilter(field_name="segment__short_code")
    membership = django_filters.UUIDFilter(field_name="membership__id")
    membership__external_id = django_filters.CharFilter(field_name="membership__external_id")

    class Meta(ResourceFilters.Meta):
        model = SegmentMembership
        fields = {"created_at": ORDERED}


class SegmentMembershipViewSet(WritableViewSet):
    """Places of memberships in segments, one by one. For many at once, change the relationship
    ``memberships`` of a segment."""

    serializer_class = SegmentMembershipSerializer
    queryset = SegmentMembership.objects.without_lists()
    filterset_class = SegmentMembershipFilters
    keyset = ("number",)
    ordering_fields: ClassVar[list[str]] = ["created_at"]
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "segment": ToOne(
            "segments.api.segments.SegmentViewSet",
            "segment",
            assign=lambda place, segment: save_row(place, segment=segment),
        ),
        "membership": ToOne(
            "segments.api.memberships.MembershipViewSet",
            "membership",
            assign=lambda place, membership: save_row(place, membership=membership),
        ),
    }
