"""``segments``, and their members: by the thousands in one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from django.db.models import F, QuerySet

from segments.api.filters import EQUALS, ORDERED, TEXT, ResourceFilters, SearchFilter
from segments.api.relations import RelatedById
from segments.api.relationships import Meta as Told
from segments.api.relationships import Relationship, ToMany
from segments.api.resource import WritableViewSet
from segments.api.serializer import ResourceSerializer
from segments.models import Membership, Segment
from segments.services import Change, add_members, remove_members, replace_members


class SegmentSerializer(ResourceSerializer):
    # Of any size, so never included, and listed only by its own URL, page by page.
    memberships = RelatedById(many=True, read_only=True, model=Membership, linkage=False)

    class Meta:
        model = Segment
        fields = ["short_code", "name", "description", "created_at", "updated_at", "memberships"]
        read_only_fields = ["created_at", "updated_at"]


class SegmentFilters(ResourceFilters):
    searched = ("short_code", "name", "description")

    search = SearchFilter(help_text="In the short code, name and description.")

    class Meta(ResourceFilters.Meta):
        model = Segment
        fields = {
            "short_code": EQUALS,
            "name": TEXT,
            "created_at": ORDERED,
            "updated_at": ORDERED,
        }


class MembersOfASegment(ToMany):
    keyset = ("place", "number")

    def rows(self, row: Segment) -> QuerySet[Membership]:
        # By the segment's own index. PostgreSQL doesn't conclude from one end of the join that the
        # other is past the cursor too: the keyset tells it of both.
        place = F("segment_memberships__membership_id")
        return Membership.objects.in_segment(row).annotate(place=place)

    def add(self, row: Segment, others: Sequence[Membership]) -> Told:
        return _told(add_members(segment=row, memberships=_numbers(others)))

    def replace(self, row: Segment, others: Sequence[Membership]) -> Told:
        return _told(replace_members(segment=row, memberships=_numbers(others)))

    def remove(self, row: Segment, others: Sequence[Membership]) -> Told:
        return _told(remove_members(segment=row, memberships=_numbers(others)))


def _numbers(memberships: Sequence[Membership]) -> list[int]:
    # In one order, so that two requests at one moment wait for each other, and no longer.
    return sorted(membership.pk for membership in memberships)


def _told(change: Change) -> Told:
    return dict(change._asdict())


class SegmentViewSet(WritableViewSet):
    """Named lists of memberships, assigned from outside or by hand."""

    serializer_class = SegmentSerializer
    queryset = Segment.objects.without_lists()
    filterset_class = SegmentFilters
    ordering_fields: ClassVar[list[str]] = ["short_code", "name", "created_at", "updated_at"]
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "memberships": MembersOfASegment(
            "segments.api.memberships.MembershipViewSet", "memberships"
        )
    }
