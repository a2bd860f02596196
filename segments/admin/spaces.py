"""Where a member of staff works: the spaces they are given, and the one they are in."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from segments.models import Space

_SESSION_KEY = "space"


def spaces_of(request: HttpRequest) -> list[Space]:
    """The spaces that whoever asks may see and change; asked once per request."""
    spaces: list[Space] | None = getattr(request, "_spaces", None)
    if spaces is None:
        spaces = list(Space.objects.for_staff(request.user).order_by("name"))
        request._spaces = spaces  # type: ignore[attr-defined]
    return spaces


def space_of(request: HttpRequest, number: Any) -> Space | None:
    """The space of that number, when it is one of theirs."""
    return next((space for space in spaces_of(request) if str(space.pk) == str(number)), None)


def current_space(request: HttpRequest) -> Space | None:
    """The space that lists and new rows belong to: the one entered last, else the first."""
    spaces = spaces_of(request)
    return space_of(request, request.session.get(_SESSION_KEY)) or (spaces[0] if spaces else None)


def sent_space(request: HttpRequest) -> Space:
    """The space that came with a form, else the current one; and entered.

    :raises PermissionDenied: it is none of theirs, or they have none.
    """
    sent = request.POST.get("space")
    space = current_space(request) if sent is None else space_of(request, sent)
    if space is None:
        raise PermissionDenied
    enter_space(request, space)
    return space


def enter_space(request: HttpRequest, space: Space) -> None:
    """Make it the current one. Dates and times are read and shown by its clock from here on."""
    if request.session.get(_SESSION_KEY) != space.pk:
        request.session[_SESSION_KEY] = space.pk
    timezone.activate(space.zone)
