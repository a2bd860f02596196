"""``syncs``: when an audience's list was fetched from its source, and what came of it. To read, and
to cancel.

``/audiences/ID/sync`` makes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import django_filters
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from audiences.jobs import start_sync
from audiences.models import Audience, Sync
from audiences.services.sync import NotRunning, NotSynced, SyncInProgress, cancel_sync
from segments.api.document import Document, Selection
from segments.api.errors import Problem, Refused
from segments.api.filters import EQUALS, ORDERED, ResourceFilters
from segments.api.operations import AnswerSerializer, Doing, Operation
from segments.api.parameters import here
from segments.api.relations import RelatedById
from segments.api.relationships import Relationship, ToOne
from segments.api.resource import ResourceViewSet
from segments.api.serializer import ResourceSerializer


class SyncSerializer(ResourceSerializer):
    included_serializers = {"audience": "offers.api.audiences.AudienceSerializer"}

    needs_confirmation = serializers.BooleanField(
        read_only=True,
        help_text="It would have removed more than the set share: look, then sync with confirm.",
    )
    audience = RelatedById(read_only=True, model=Audience)

    class Meta:
        model = Sync
        fields = [
            "status",
            "step",
            "error_code",
            "error",
            "needs_confirmation",
            "confirmed",
            "pulled",
            "added",
            "already_in",
            "left",
            "created",
            "unknown",
            "unusable",
            "requested_at",
            "started_at",
            "ended_at",
            "audience",
        ]
        read_only_fields = fields


class SyncFilters(ResourceFilters):
    audience = django_filters.UUIDFilter(
        field_name="audience__id", help_text="Those of the audience of this id."
    )

    class Meta(ResourceFilters.Meta):
        model = Sync
        fields = {"status": EQUALS, "error_code": EQUALS, "requested_at": ORDERED}


class CancelSync(Doing):
    """Nothing has changed then. Who fetches the list finds out at its next page."""

    summary = "Cancel a sync"

    def do(self, view: ResourceViewSet, row: Sync) -> None:
        try:
            cancel_sync(sync=row, at=timezone.now())
        except NotRunning as error:
            raise Refused(409, Problem("wrong_state", str(error))) from error


class SyncViewSet(ResourceViewSet):
    """Each time that an audience's list was fetched from its source; the newest first."""

    serializer_class = SyncSerializer
    queryset = Sync.objects.all()
    filterset_class = SyncFilters
    ordering_fields: ClassVar[list[str]] = ["requested_at"]
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "audience": ToOne("offers.api.audiences.AudienceViewSet", "audience")
    }
    operations: ClassVar[Mapping[str, Operation]] = {"cancel": CancelSync()}


class WantedSyncSerializer(AnswerSerializer):
    confirm = serializers.BooleanField(
        required=False, help_text="Though it takes more than the set share off the list."
    )

    class Meta:
        resource_name = "audience-syncs"


class SyncAudience(Operation):
    """It is done in the background, all of it or nothing: read the sync until its ``status`` is
    ``SUCCESS``, or ``FAILED`` with an ``error``."""

    summary = "Fetch an audience's list from its source"
    gives = SyncSerializer
    takes = WantedSyncSerializer
    needs_body = False
    method = "post"
    status = 202
    changes_nothing = False

    def answer(self, view: ResourceViewSet) -> Response:
        sent: dict[str, Any] = self.received(view)[1] if view.request.data else {}
        self.given(view)
        audience = view.get_object()
        confirmed = sent.get("confirm", False)
        try:
            sync = start_sync(audience, at=timezone.now(), confirmed=confirmed)
        except NotSynced as error:
            raise Refused(409, Problem("not_synced", str(error))) from error
        except SyncInProgress as error:
            meta = {"sync": str(error.sync.id)}
            raise Refused(409, Problem("sync_in_progress", str(error), meta=meta)) from error
        document = Document(view.request, Selection({}, {}, view.access.seen)).of_one(
            SyncSerializer, sync
        )
        place = view.request.build_absolute_uri(reverse("syncs-detail", args=[sync.id]))
        links = {"self": here(view.request)}
        headers = {"Content-Location": place}
        return Response({"links": links, **document}, status=self.status, headers=headers)
