"""Among what a file may hold: who is on the list of a static or external audience."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from audiences.admin.seen import seen
from audiences.models import Audience, Lifecycle
from audiences.types import registry
from segments.admin.import_forms import FileOf
from segments.models import Segment, Space


def _lists(request: HttpRequest, space: Space) -> QuerySet[Segment]:
    kinds = [kind.name for kind in registry.TYPES.values() if kind.takes_imports]
    audiences = Audience.objects.filter(space=space, audience_type__in=kinds)
    open_ones = seen(request, audiences.exclude(lifecycle=Lifecycle.ARCHIVED))
    return Segment.objects.filter(is_list=True, audiences__in=open_ones)


def _page(list_: Segment) -> str:
    audience = Audience.objects.get(segments=list_)
    return reverse("admin:audiences_audience_change", args=[audience.pk])


LIST_FILE = FileOf(
    "list",
    "Who is on a list",
    "The members of an audience that is a static or external list, made elsewhere.",
    "groups",
    _lists,
    _page,
    "List",
)
