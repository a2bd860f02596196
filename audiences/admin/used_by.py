"""On a segment's page: the audiences that ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from audiences.admin.seen import seen
from audiences.models import Audience
from audiences.services import titles
from segments.models import Segment


class AudiencesPanel:
    template = "admin/audiences/of_a_segment.html"

    def context(self, request: HttpRequest, row: Segment) -> Mapping[str, Any]:
        audiences = list(seen(request, Audience.objects.filter(space=row.space_id).refers_to(row)))
        return {"segment": row, "audiences": titles(audiences)}
