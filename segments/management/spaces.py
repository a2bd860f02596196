"""A space as a command is given it."""

from __future__ import annotations

from django.core.management.base import CommandError

from segments.models import Space


def space_named(slug: str) -> Space:
    """:raises CommandError: there is none; the error names those there are."""
    try:
        return Space.objects.get(slug=slug)
    except Space.DoesNotExist as error:
        known = ", ".join(Space.objects.values_list("slug", flat=True)[:20]) or "none yet"
        raise CommandError(f"There is no space “{slug}”. The spaces are: {known}.") from error
