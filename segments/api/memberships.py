"""``memberships``: those of the space, or of a set.

Whom a search finds its index tells. What else they are filtered by is asked of those alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from pyroaring import BitMap

from segments.api.filters import EQUALS, NULLABLE, ORDERED, TEXT, ResourceFilters
from segments.api.parameters import in_brackets, read_sort
from segments.api.relations import RelatedById
from segments.api.relationships import Meta as Told
from segments.api.relationships import Relationship, ToMany
from segments.api.resource import WritableViewSet
from segments.api.serializer import ObjectField, ResourceSerializer
from segments.api.set_rows import SetRows
from segments.models import Membership, Segment
from segments.numbers import numbers_of
from segments.search import FEW, numbers_found
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
    search = django_filters.CharFilter(
        method="by_set", help_text="In the external id, e-mail, phone and name."
    )
    segment = django_filters.UUIDFilter(
        field_name="segment_memberships__segment__id", help_text="In the segment of this id."
    )
    segment__short_code = django_filters.CharFilter(
        field_name="segment_memberships__segment__short_code",
        help_text="In the segment of this short code.",
    )

    def by_set(self, rows: QuerySet[Membership], name: str, value: Any) -> QuerySet[Membership]:
        """As they are: the view chooses these by a set."""
        return rows

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

    held: BitMap | None = None  # the set that they are in, if in any
    chosen_by_set: ClassVar[frozenset[str]] = frozenset()  # filters that ``held`` answers to
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

    def paginate_queryset(self, queryset: Any) -> Any:
        held = self.held
        filters = in_brackets(self.request, "filter") if self.filter_backends else {}
        if words := filters.pop("search", "").strip():
            found = numbers_found(space=self.space, words=words)
            held = found if held is None else held & found
        if held is None:
            return super().paginate_queryset(queryset)
        sort = read_sort(self.request, self.ordering_fields)
        is_few = len(held) <= FEW
        if any(name != "number" for name, _ in sort):
            rows = queryset.among(held) if is_few else queryset.with_text(words)
            return super().paginate_queryset(rows)
        if filters.keys() - self.chosen_by_set or self.within is not None:
            held = numbers_of(queryset.among(held)) if is_few else held & numbers_of(queryset)
        in_set: Any = SetRows(queryset, held, descending=("number", True) in sort)
        return super().paginate_queryset(in_set)
