"""Audiences in words."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from audiences.models import Audience
from segments.models import Segment

Names = dict[UUID, str]


def summaries(audiences: Iterable[Audience]) -> dict[int, str]:
    """For each audience, by its number, a phrase that says who is in it: “aged 18 to 35”.

    At most two queries name what they refer to, however many audiences there are.
    """
    known = list(audiences)
    names = referred_names(known)
    return {
        audience.pk: audience.type.summary(audience.configuration, names.get(audience.space_id, {}))
        for audience in known
    }


def referred_names(audiences: Iterable[Audience]) -> dict[int, Names]:
    """The names of the segments and audiences that audiences refer to, by space and id."""
    segments: set[tuple[int, UUID]] = set()
    others: set[tuple[int, UUID]] = set()
    for audience in audiences:
        kind, space = audience.type, audience.space_id
        segments |= {(space, id) for id in kind.segments(audience.configuration)}
        others |= {(space, id) for id in kind.audiences(audience.configuration)}
    names: dict[int, Names] = {}
    if segments:
        rows = Segment.objects.filter(
            space__in={space for space, _ in segments}, id__in={id for _, id in segments}
        ).values_list("space_id", "id", "name")
        for space, id, name in rows:
            names.setdefault(space, {})[id] = name
    if others:
        found = Audience.objects.filter(
            space__in={space for space, _ in others}, id__in={id for _, id in others}
        )
        for audience in found:
            names.setdefault(audience.space_id, {})[audience.id] = str(audience)
    return names
