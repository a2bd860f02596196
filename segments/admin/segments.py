"""The pages of segments, with their members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import path

from segments.admin.row import RowAdmin
from segments.admin.segment_members import MembersPanel, add_members_view, remove_members_view
from segments.models import Segment, SegmentMembership

MOST_COUNTED = 10_000  # in a list; a segment's own page counts to the end


class _Count(Subquery):
    """How many rows a query has that may end early: an aggregate of Django's would count on."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


@admin.register(Segment)
class SegmentAdmin(RowAdmin):
    list_display = ["name", "short_code", "members", "description"]
    search_fields = ["name", "short_code"]
    search_help_text = "Name or short code"
    prepopulated_fields = {"short_code": ["name"]}
    fieldsets = [(None, {"fields": ["name", "short_code", "description"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Segment]:
        return super().get_queryset(request).filter(is_list=False)

    def prepare_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Count the members of each, and stop where the list says “more than”."""
        places = SegmentMembership.objects.filter(segment=OuterRef("pk")).order_by()
        counted = _Count(places.values("membership_id")[: MOST_COUNTED + 1])
        segments = Segment.objects.filter(pk__in=[row.pk for row in rows])
        sizes = dict(segments.order_by().values_list("pk", counted))
        for row in rows:
            row.size = sizes[row.pk]

    @admin.display(description="Members")
    def members(self, segment: Any) -> str:
        if segment.size > MOST_COUNTED:
            return f"more than {MOST_COUNTED:,}"
        return f"{segment.size:,}"

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        names, counts, needed, held = super().get_deleted_objects(objs, request)
        places = SegmentMembership.objects.filter(segment__in=objs).count()
        return names, {**counts, "places of members": places}, needed, held

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:number>/add-members/",
                wrap(add_members_view),
                {"admin": self},
                name="segments_segment_add_members",
            ),
            path(
                "<int:number>/remove-members/",
                wrap(remove_members_view),
                {"admin": self},
                name="segments_segment_remove_members",
            ),
            *super().get_urls(),
        ]


SegmentAdmin.panels.append(MembersPanel())
