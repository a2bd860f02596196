"""Whom a definition would mean. It is worked out at once, and kept to be asked for."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from audience_platform.facades.segment.errors import missing, too_many_previews
from audience_platform.facades.segment.quota import count_preview
from audience_platform.facades.segment.received import read_previewed, translated
from audience_platform.facades.segment.shapes import USERS
from audience_platform.facades.segment.views.base import SegmentView
from audience_platform.models import KeptPreview
from audience_platform.throttling import Rate
from audiences.services.draft import preview_draft
from segments.models import Membership

_KEPT = datetime.timedelta(days=1)


class Previews(SegmentView):
    rate_limits: ClassVar[dict[str, int]] = {"post": 5}

    @transaction.atomic
    def post(self, request: Request, **kwargs: Any) -> Response:
        query, space, now = read_previewed(self.body), self.space, timezone.now()
        self._count(count_preview(space, at=now))
        with translated(self.access):
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

    def _count(self, month: Rate | None) -> None:
        """Let the answer tell how the space stands to the month's limit, where that is the nearer.

        :raises Refused: it has been reached.
        """
        minute: Rate | None = getattr(self.request._request, "rate", None)
        if month and (month.exceeded or minute is None or month.remaining < minute.remaining):
            self.request._request.rate = month  # type: ignore[attr-defined]
        if month and month.exceeded:
            raise too_many_previews(month)


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
