"""``imports``: a file of memberships, or of who is on a list, from the wish to its end."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers

from segments.api.document import Selection
from segments.api.filters import EQUALS, ORDERED, ResourceFilters
from segments.api.import_operations import OPERATIONS, possible_now
from segments.api.operations import Operation
from segments.api.relations import RelatedById
from segments.api.relationships import Relationship, ToOne
from segments.api.resource import WritableViewSet
from segments.api.serializer import ObjectField, ResourceSerializer
from segments.imports.asking import change_import, forget, make_import
from segments.imports.uploads import upload_token
from segments.models import Import, ImportMode, ImportTarget, Segment

INCLUDED = {"segment": "segments.api.segments.SegmentSerializer"}


class ImportSerializer(ResourceSerializer):
    included_serializers = INCLUDED

    mode = serializers.ChoiceField(
        ImportMode.choices,
        required=False,
        help_text="Of memberships: add_and_update unless given, add, update_only. Of a list: add "
        "unless given, replace, remove, update_only.",
    )
    mapping = ObjectField(
        required=False, allow_null=True, help_text=Import._meta.get_field("mapping").help_text
    )
    look = ObjectField(
        read_only=True,
        allow_null=True,
        help_text="What the file seems to be: its encoding, separator, header and first rows.",
    )
    progress = ObjectField(
        read_only=True,
        help_text="How far it is: step, rows_done, rows_total, percent, rate (rows a second).",
    )
    dry_run = ObjectField(
        source="expected",
        read_only=True,
        allow_null=True,
        help_text="What it would do, in numbers, if it were run.",
    )
    result = ObjectField(read_only=True, allow_null=True, help_text="What it did, in numbers.")
    first_problems = serializers.ListField(
        child=serializers.DictField(),
        read_only=True,
        help_text="At most ten; all are at problems and problems.csv.",
    )
    upload_url = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="Where to PUT the file, as text/csv or application/zip, within an hour; without "
        "a key. In the answers to POST and PATCH alone.",
    )
    segment = RelatedById(
        queryset=Segment.objects.without_lists(),
        required=False,
        allow_null=True,
        related=lambda row: row.segment if row.target == ImportTarget.SEGMENT else None,
    )

    class Meta:
        model = Import
        fields: ClassVar[list[str]] = [
            "target",
            "mode",
            "unknown",
            "removable_share",
            "skip_bad_rows",
            "mapping",
            "state",
            "error",
            "file_name",
            "file_size",
            "look",
            "progress",
            "dry_run",
            "result",
            "problem_count",
            "first_problems",
            "made_by",
            "upload_url",
            "created_at",
            "uploaded_at",
            "started_at",
            "ended_at",
            "segment",
        ]
        read_only_fields: ClassVar[list[str]] = [
            "target",
            "state",
            "error",
            "file_name",
            "file_size",
            "problem_count",
            "made_by",
            "created_at",
            "uploaded_at",
            "started_at",
            "ended_at",
        ]

    @classmethod
    def prepare(cls, rows: Sequence[Any], names: Sequence[str]) -> None:
        now = timezone.now()
        for row in rows:
            row.upload_url = None
            if "progress" in names:
                row.progress = progress_of(row, now)


def progress_of(import_: Import, now: datetime.datetime) -> dict[str, Any]:
    """How far an import is; ``rate`` is in rows a second."""
    return {
        "step": import_.step,
        "rows_done": import_.rows_done,
        "rows_total": import_.rows_total,
        "percent": round(import_.percent, 1),
        "rate": import_.rate(now),
    }


class ImportFilters(ResourceFilters):
    segment = django_filters.UUIDFilter(
        field_name="segment__id", help_text="Those for the segment of this id."
    )

    class Meta(ResourceFilters.Meta):
        model = Import
        fields = {"state": EQUALS, "target": EQUALS, "mode": EQUALS, "created_at": ORDERED}


class ImportViewSet(WritableViewSet):
    """Files of memberships, or of who is on a list. POST one, PUT its file to ``upload_url``, look
    at what it seems to be, correct the ``mapping``, ask for a dry run, and run it."""

    serializer_class = ImportSerializer
    queryset = Import.objects.all()
    filterset_class = ImportFilters
    ordering_fields: ClassVar[list[str]] = ["created_at", "ended_at"]
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "segment": ToOne(
            "segments.api.segments.SegmentViewSet",
            "segment",
            related=lambda row: row.segment if row.target == ImportTarget.SEGMENT else None,
        ),
    }
    operations: ClassVar[Mapping[str, Operation]] = OPERATIONS

    def make(self, id: UUID | None, values: dict[str, Any]) -> Import:
        return make_import(space=self.space, id=id, made_by=self.access.name[:255], **values)

    def change(self, row: Import, values: dict[str, Any]) -> None:
        with possible_now():
            change_import(row, **values)

    def remove(self, row: Import) -> None:
        with possible_now():
            forget(row)

    def _written(self, row: Any, selection: Selection) -> dict[str, Any]:
        document = super()._written(row, selection)
        attributes = document["data"].get("attributes", {})
        if "upload_url" in attributes:
            token = upload_token(row, at=timezone.now())
            path = reverse("api-uploads", args=[token])
            attributes["upload_url"] = self.request.build_absolute_uri(path)
        return document
