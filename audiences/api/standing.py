"""``/audiences/ID/count``, ``/status`` and ``/refresh``."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from audiences.jobs import defer_refresh
from audiences.models import Audience
from audiences.services.lock import is_locked
from audiences.services.standing import NotInForce, request_refresh, sizes, standing
from segments.api.errors import Problem, Refused
from segments.api.operations import AnswerSerializer, Operation
from segments.api.resource import ResourceViewSet
from segments.api.serializer import MomentField

AS_OF = "The moment whose facts this answers to. Null: it has not been worked out yet."


class CountSerializer(AnswerSerializer):
    count = serializers.IntegerField()
    as_of = MomentField(allow_null=True, help_text=AS_OF)
    exact = serializers.BooleanField(help_text="Always true: members are counted, not estimated.")

    class Meta:
        resource_name = "audience-counts"


class Count(Operation):
    summary = "Count the members of an audience"
    gives = CountSerializer

    def answer(self, view: ResourceViewSet) -> Response:
        self.given(view)
        audience = view.get_object()
        found = sizes([audience])[audience.pk]
        values = {"count": found.size, "as_of": found.as_of, "exact": True}
        return self.document(view, audience.id, values)


class StatusSerializer(AnswerSerializer):
    version = serializers.IntegerField(help_text="In force; 0 before the first.")
    size = serializers.IntegerField()
    as_of = MomentField(allow_null=True, help_text=AS_OF)
    in_force = serializers.BooleanField(
        help_text="Published and enabled: kept up to date, and members may see offers by it."
    )
    stale = serializers.BooleanField(
        help_text="Whether the facts or the definition may have moved on since."
    )
    locked = serializers.BooleanField(
        help_text="Whether it was changed and is being worked out: until then it takes no change."
    )
    in_progress = serializers.BooleanField(help_text="Whether the space is being refreshed now.")
    pending_changes = serializers.IntegerField(
        help_text="Changes of memberships in the space that wait for the next refresh."
    )
    requested_at = MomentField(allow_null=True, help_text="When a rebuild was asked for.")
    changes_at = MomentField(
        allow_null=True, help_text="When the clock will change it next, whatever the facts."
    )
    last_refreshed_at = MomentField(allow_null=True, help_text="When it was last worked out whole.")
    took = serializers.FloatField(
        allow_null=True, help_text="How long that took, with the others of its time, in seconds."
    )
    last_error = serializers.CharField(
        allow_null=True, help_text="Why it can't be worked out. The last version stays in force."
    )
    failed_at = MomentField(allow_null=True)

    class Meta:
        resource_name = "audience-statuses"


class Status(Operation):
    summary = "Tell how things stand with an audience"
    gives = StatusSerializer

    def answer(self, view: ResourceViewSet) -> Response:
        self.given(view)
        return self._told(view, view.get_object())

    def _told(self, view: ResourceViewSet, audience: Audience) -> Response:
        found = standing(audience=audience, at=timezone.now())
        status = found.status
        values: dict[str, Any] = {
            "version": found.size.version,
            "size": found.size.size,
            "as_of": found.size.as_of,
            "in_force": found.in_force,
            "stale": found.stale,
            "locked": is_locked(audience, at=timezone.now()),
            "in_progress": found.in_progress,
            "pending_changes": found.pending_changes,
            "requested_at": status.requested_at,
            "changes_at": status.changes_at,
            "last_refreshed_at": status.as_of,
            "took": None if status.took is None else status.took.total_seconds(),
            "last_error": status.last_error or None,
            "failed_at": status.failed_at,
        }
        return self.document(view, audience.id, values)


class Refresh(Status):
    """The work is done in the background; the status says when it is."""

    summary = "Ask that an audience be worked out anew from all members"
    method = "post"
    status = 202
    changes_nothing = False

    def answer(self, view: ResourceViewSet) -> Response:
        self.given(view)
        audience = view.get_object()
        try:
            request_refresh(audience=audience, at=timezone.now())
        except NotInForce as error:
            raise Refused(409, Problem("not_in_force", str(error))) from error
        defer_refresh(audience.space_id)
        return self._told(view, audience)
