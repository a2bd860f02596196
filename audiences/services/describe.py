"""Audiences in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.utils.text import capfirst

from audiences.models import Audience
from audiences.services.names import Found, find_named, id_of
from segments.models import Segment

Names = dict[UUID, str]
# A definition that was changed in the database, past the services, can be anything.
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)


def summaries(audiences: Iterable[Audience]) -> dict[int, str]:
    """For each audience, by its number, a phrase that says who is in it: “aged 18 to 35”.

    At most two queries name what they refer to, however many audiences there are; and two more for
    each level of audiences without names, which are called by who is in them.
    """
    known = list(audiences)
    names = referred_names(known)
    return {audience.pk: _summary(audience, names.get(audience.space_id, {})) for audience in known}


def titles(audiences: Iterable[Audience]) -> dict[int, str]:
    """What audiences are called, by their numbers: their names, else who is in them."""
    known = list(audiences)
    phrases = summaries([audience for audience in known if not audience.name])
    return {audience.pk: audience.name or capfirst(phrases[audience.pk]) for audience in known}


def _summary(audience: Audience, names: Names) -> str:
    try:
        return audience.type.summary(audience.configuration, names)
    except UNREADABLE:
        return "who is meant can't be read"


def warnings(audiences: Iterable[Audience]) -> dict[int, list[str]]:
    """For each audience, by its number, sentences on what in it means less than it seems to.

    Two queries for each space, where any of its audiences asks for segments by name.
    """
    known = list(audiences)
    named: dict[int, set[str]] = {}
    for audience in known:
        named.setdefault(audience.space_id, set()).update(_named(audience))
    found = {space: find_named(space=space, names=names) for space, names in named.items()}
    return {audience.pk: _warnings(audience, found[audience.space_id]) for audience in known}


def _named(audience: Audience) -> Iterable[str]:
    try:
        return audience.type.asked_by_name(audience.configuration)
    except UNREADABLE:
        return ()


def _warnings(audience: Audience, found: Mapping[str, Found]) -> list[str]:
    kinds = {name: one.kind for name, one in found.items()}
    try:
        return audience.type.warnings(audience.configuration, kinds)
    except UNREADABLE:
        return []  # its status says why it can't be read


def referred_names(audiences: Iterable[Audience]) -> dict[int, Names]:
    """The names of the segments and audiences that audiences refer to, by space and id."""
    segments: set[tuple[int, UUID]] = set()
    others: set[tuple[int, UUID]] = set()
    for audience in audiences:
        space = audience.space_id
        try:
            segments |= {(space, id) for id in audience.type.segments(audience.configuration)}
            others |= {(space, id) for id in audience.type.audiences(audience.configuration)}
            ids = {(space, id) for name in _named(audience) if (id := id_of(name))}
            segments, others = segments | ids, others | ids
        except UNREADABLE:
            continue  # it refers to nothing that could be named
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
        phrases = summaries(audience for audience in found if not audience.name)
        for audience in found:
            called = audience.name or f"“{phrases[audience.pk]}”"
            names.setdefault(audience.space_id, {})[audience.id] = called
    return names
