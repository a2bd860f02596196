"""On a membership's page: the segments it is in, since when, and by whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import HttpRequest

from audience_platform.models import AuditEvent
from segments.admin import MembershipAdmin
from segments.models import Import, Membership, SegmentMembership


class SegmentsPanel:
    template = "admin/segments/places.html"

    def context(self, request: HttpRequest, row: Membership) -> Mapping[str, Any]:
        places = list(
            SegmentMembership.objects.without_lists()
            .filter(membership=row)
            .select_related("segment")
            .order_by("segment__name", "pk")
        )
        return {"places": list(_told(row, places))}


def _told(row: Membership, places: Sequence[SegmentMembership]) -> Iterator[tuple[Any, Any, Any]]:
    """Each place, with the event and the import that made it, where they are known: an event is of
    the moment of the statement that it tells of, and an import gives its places that of its own
    beginning. Two queries."""
    moments = [place.created_at for place in places]
    events = AuditEvent.objects.filter(
        space=row.space_id,
        object_type="segments",
        object_id__in=[str(place.segment.id) for place in places],
        happened_at__in=moments,
    )
    files = Import.objects.filter(
        space=row.space_id,
        segment__in=[place.segment_id for place in places],
        started_at__in=moments,
    )
    by_event = {(event.object_id, event.happened_at): event for event in events}
    by_file = {(file.segment_id, file.started_at): file for file in files}
    for place in places:
        event = by_event.get((str(place.segment.id), place.created_at))
        yield place, event, by_file.get((place.segment_id, place.created_at))


MembershipAdmin.panels.insert(0, SegmentsPanel())
