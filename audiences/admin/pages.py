"""The pages about one audience: their addresses, and which audience a request is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest
from django.urls import reverse

from audiences.models import Audience

if TYPE_CHECKING:
    from segments.admin import RowAdmin


def audience_of(request: HttpRequest, number: int, admin: RowAdmin) -> Audience:
    """The audience that the URL names, or 404: also for one of a space that isn't theirs."""
    audience: Audience | None = admin.get_object(request, str(number))
    if audience is None:
        raise Http404(f"There is no audience {number} in your spaces.")
    return audience


def page_of(audience: Audience, name: str = "change") -> str:
    """The address of the audience's page, or of another about it."""
    return reverse(f"admin:audiences_audience_{name}", args=[audience.pk])
