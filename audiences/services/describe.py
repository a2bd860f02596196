"""Audiences in words."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from audiences.models import Audience
from segments.models import Segment


def summaries(audiences: Iterable[Audience]) -> dict[int, str]:
    """For each audience, by its number, a phrase that says who is in it: “aged 18 to 35”.

    One query names the segments of them all, however many audiences there are.
    """
    known = list(audiences)
    referred = {
        (audience.space_id, id)
        for audience in known
        for id in audience.type.segments(audience.configuration)
    }
    found = Segment.objects.filter(
        space__in={space for space, _ in referred}, id__in={id for _, id in referred}
    ).values_list("space_id", "id", "name")
    names: dict[int, dict[UUID, str]] = {}
    for space, id, name in found:
        names.setdefault(space, {})[id] = name
    return {
        audience.pk: audience.type.summary(audience.configuration, names.get(audience.space_id, {}))
        for audience in known
    }
