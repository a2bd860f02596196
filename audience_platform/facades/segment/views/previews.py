"""Whom a definition would mean. It is worked out at once, and kept to be asked for."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from audience_platform.facades.segment.errors import missing
from audience_platform.facades.segment.received import read_previewed, translated
from audience_platform.facades.segment.shapes import USERS
from audience_platform.facades.segment.views.base import SegmentView
from audience_platform.models import KeptPreview
from audiences.services.draft import preview_draft
from segments.models import Membership

_KEPT = datetime.timedelta(days=1)


class Previews(SegmentView):
    rate_limits: ClassVar[dict[str, int]] = {"post": 5}

    @transaction.atomic
    def post(self, request: Request, **kwargs: Any) -> Response:
        query, space, now = read_previewed(self.body), self.space, timezone.now()
        with translated():
            _, found = preview_draft(
                space=space,
                audience_type="definition_query",
                configuration={"query": query},
                at=now,
            )
        KeptPreview.objects.filter(created_at__lt=now - _KEPT).delete()
        people = Membership.objects.filter(pk__in=found.sample).order_by("pk")
        answer = {
            "results": [{"id": str(one)} for one in people.values_list("id", flat=True)],
            "size": {"type": USERS, "count": found.count},
        }
        kept = KeptPreview.objects.create(
            space=space, asked=dict(self.body), answer=answer, created_at=now
        )
        return self.data(audiencePreview={"id": str(kept.id)})


class OnePreview(SegmentView):
    rate_limits: ClassVar[dict[str, int]] = {"get": 300}

    def get(self, request: Request, **kwargs: Any) -> Response:
        asked: str = self.kwargs["id"]
        kept = KeptPreview.objects.filter(space=self.space, created_at__gte=timezone.now() - _KEPT)
        try:
            found = kept.filter(id=UUID(asked)).first()
        except ValueError:
            found = None
        if found is None:
            raise missing("Audience preview", asked)
        told = {
            "id": str(found.id),
            "audienceType": USERS,
            "definition": {"query": found.asked["definition"]["query"]},
            "options": found.asked.get("options", {}),
            "status": "COMPLETED",
            **found.answer,
        }
        return self.data(audiencePreview=told)
