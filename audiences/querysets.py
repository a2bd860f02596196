"""The words of the audiences app, as queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from audiences.models import Audience  # noqa: F401
    from segments.models import Segment


class AudienceQuerySet(models.QuerySet["Audience"]):
    def refers_to_q(self, segment: Segment) -> Q:
        return Q(segments=segment)

    def refers_to(self, segment: Segment) -> Self:
        """Those whose rule asks for the segment."""
        return self.filter(self.refers_to_q(segment))
