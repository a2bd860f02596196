"""``audit-events``: who did what to which object. To read, and to take back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework import serializers

from audience_platform.audit.undo import CannotUndo, undo
from audience_platform.models import AuditEvent
from audiences.api.pointing import pointing
from segments.api.errors import Problem, Refused
from segments.api.filters import EQUALS, ORDERED, ResourceFilters
from segments.api.operations import Doing, Operation
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


class Undo(Doing):
    """The object gets again the values that the event took from it; others stay as they are now.
    That is an event of its own. Only changes of an audience's or an offer's own values can be."""

    summary = "Take a change of an audience or an offer back"

    def do(self, view: ResourceViewSet, row: Any) -> None:
        try:
            with pointing():
                undo(row, denied=view.access.denied_labels)
        except CannotUndo as error:
            raise Refused(409, Problem("cannot_undo", str(error))) from error
        except ValidationError as error:
            raise Refused(422, *(Problem("invalid", one) for one in error.messages)) from error


class AuditEventViewSet(ResourceViewSet):
    """Every change of this space, in their order: by whom, from where, and what it changed."""

    serializer_class = AuditEventSerializer
    queryset = AuditEvent.objects.all()
    filterset_class = AuditEventFilters
    ordering_fields: ClassVar[list[str]] = ["happened_at"]
    keyset = ("number",)
    operations: ClassVar[Mapping[str, Operation]] = {"undo": Undo()}

    def get_queryset(self) -> QuerySet[AuditEvent]:
        return self.access.seen(AuditEvent.objects.filter(space=self.space))
