"""``audit-events``: who did what to which object. To read."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers

from audience_platform.models import AuditEvent
from segments.api.filters import EQUALS, ORDERED, ResourceFilters
from segments.api.resource import ResourceViewSet
from segments.api.serializer import ObjectField, ResourceSerializer


class AuditEventSerializer(ResourceSerializer):
    changes = ObjectField(
        read_only=True,
        help_text="By field: its values “before” and “after”; or, for what the object is joined "
        "with (members, audiences), how many were “added” or “removed”, and the “first” ids.",
    )
    sealed = serializers.BooleanField(
        source="is_sealed",
        read_only=True,
        help_text="Whether the chain of hashes covers it: within seconds.",
    )

    class Meta:
        model = AuditEvent
        fields = [
            "happened_at",
            "action",
            "object_type",
            "object_id",
            "object_name",
            "count",
            "changes",
            "door",
            "actor_type",
            "actor_id",
            "actor_name",
            "address",
            "request_id",
            "sealed",
        ]
        read_only_fields = fields


class AuditEventFilters(ResourceFilters):
    class Meta(ResourceFilters.Meta):
        model = AuditEvent
        fields: ClassVar[dict[str, Any]] = {
            "happened_at": ORDERED,
            "action": EQUALS,
            "object_type": EQUALS,
            "object_id": EQUALS,
            "door": EQUALS,
            "actor_type": EQUALS,
            "actor_id": EQUALS,
            "actor_name": EQUALS,
            "request_id": EQUALS,
        }


class AuditEventViewSet(ResourceViewSet):
    """Every change of this space, in their order: by whom, from where, and what it changed."""

    serializer_class = AuditEventSerializer
    queryset = AuditEvent.objects.all()
    filterset_class = AuditEventFilters
    ordering_fields: ClassVar[list[str]] = ["happened_at"]
    keyset = ("number",)

    def get_queryset(self) -> QuerySet[AuditEvent]:
        return self.access.seen(AuditEvent.objects.filter(space=self.space))
