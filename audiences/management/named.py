"""What commands are told by name: a space, and an audience of it."""

from __future__ import annotations

from uuid import UUID

from django.core.management.base import CommandError

from audiences.models import Audience
from segments.models import Space


def named_space(slug: str) -> Space:
    """:raises CommandError: there is no such space; naming those there are."""
    try:
        return Space.objects.get(slug=slug)
    except Space.DoesNotExist:
        known = ", ".join(Space.objects.values_list("slug", flat=True)[:20]) or "none yet"
        raise CommandError(f"There is no space “{slug}”. The spaces are: {known}.") from None


def named_audience(space: Space, key: str) -> Audience:
    """The audience of that id, or that name in full.

    :raises CommandError: the space has none, or several of that name; naming their ids.
    """
    audiences = Audience.objects.filter(space=space)
    try:
        found = list(audiences.filter(id=UUID(key)))
    except ValueError:
        found = list(audiences.filter(name=key)[:20])
    if not found:
        raise CommandError(
            f"There is no audience “{key}” in {space}. Give its id, or its name in full."
        )
    if len(found) > 1:
        ids = ", ".join(str(audience.id) for audience in found)
        raise CommandError(f"Several audiences are called “{key}”. Give the id of one: {ids}.")
    return found[0]
