"""What is seen by who is denied some labels: neither the audiences that carry one, nor what tells
of these."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from audience_platform.models import AuditEvent, RefreshSchedule
from audiences.models import Audience, AudienceVersion, Sync
from segments.models import Import, Segment


def seen(rows: QuerySet[Any], denied: Collection[str]) -> QuerySet[Any]:
    """Those of the rows, whatever they are, that are seen by who is denied the labels."""
    if not denied:
        return rows
    hidden = Audience.objects.with_labels(denied)
    if rows.model is Audience:
        return rows.exclude(pk__in=hidden)
    if rows.model in (AudienceVersion, RefreshSchedule, Sync):
        return rows.exclude(audience__in=hidden)
    if rows.model is Import:
        return rows.exclude(segment__in=Segment.objects.filter(is_list=True, audiences__in=hidden))
    if rows.model is AuditEvent:
        lists = Segment.objects.filter(is_list=True, audiences__in=hidden)  # of the same names
        return rows.exclude(object_type="audiences", object_id__in=_ids(hidden)).exclude(
            object_type="segments", object_id__in=_ids(lists)
        )
    return rows


def _ids(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.values(text=Cast("id", TextField()))
