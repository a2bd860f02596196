"""What would be otherwise if a membership's facts were: asked as if they were saved, nothing is."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection

from audiences.models import Audience
from audiences.rules.clock import Clock
from audiences.rules.facts import COLUMNS, Facts, loads, read_facts
from audiences.services.explain import held_by
from audiences.services.meaning import kept_meanings
from segments.models import Membership, Segment, Space

SUPPOSABLE = tuple(name for name in COLUMNS if name not in ("id", "created_at", "updated_at"))


@dataclass(frozen=True)
class Supposition:
    """Facts that a membership hasn't, and a moment at which it isn't asked. What is left out is as
    it is.

    ``values`` are columns that people write (``SUPPOSABLE``), as ``save_row`` takes them.
    ``segments`` are all the segments that it would be in, and ``lists`` all the audiences on whose
    own lists it would be.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    segments: Collection[Segment] | None = None
    lists: Collection[Audience] | None = None
    at: datetime.datetime | None = None


@dataclass(frozen=True)
class Supposed:
    """A membership's facts as they are, and as they would be; and the version of the space's
    definitions that both go with."""

    now: Facts
    then: Facts
    version: int


@dataclass(frozen=True)
class WhatIf:
    """The audiences in force that would hold a membership, against those that hold it."""

    enters: list[Audience]
    leaves: list[Audience]
    stays: list[Audience]


def suppose(
    *, space: Space, membership: UUID, supposition: Supposition, now: datetime.datetime
) -> Supposed:
    """The facts that saving the supposition at this moment would leave.

    :raises Membership.DoesNotExist: the space has no membership of that id.
    :raises ValidationError: naming each fact that couldn't be saved.
    """
    facts, version = read_facts(space=space, membership=membership, at=now)
    then = replace(facts, clock=Clock(supposition.at or now, space.zone))
    if supposition.values:
        saved = _as_saved(space, facts, supposition.values)
        then = replace(then, values={**facts.values, **saved, "updated_at": now})
    if supposition.segments is not None or supposition.lists is not None:
        then = _placed(then, supposition, now)
    return Supposed(facts, then, version)


def what_if(*, space: Space, supposed: Supposed) -> WhatIf:
    """Which audiences the membership would enter and leave. A list holds whom it lists, and what
    is defined by a rule follows from the facts, by way of other audiences too."""
    meanings = kept_meanings(space, supposed.version)
    before, after = held_by(meanings, supposed.now), held_by(meanings, supposed.then)
    return WhatIf(
        [audience for number, audience in after.items() if number not in before],
        [audience for number, audience in before.items() if number not in after],
        [audience for number, audience in after.items() if number in before],
    )


def _as_saved(space: Space, facts: Facts, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they would be read again, once saved."""
    row = Membership.objects.get(pk=facts.number)
    row.space = space
    for name, value in values.items():
        setattr(row, name, value)
    row.full_clean()
    saved = {name: getattr(row, name) for name in values}
    if "metadata" in saved:
        with connection.cursor() as cursor:  # what jsonb makes of it
            text = Membership._meta.get_field("metadata").get_db_prep_value(
                saved["metadata"], connection
            )
            cursor.execute("SELECT (%s::jsonb)::text", [text])
            saved["metadata"] = loads(cursor.fetchone()[0])
    return saved


def _placed(facts: Facts, supposition: Supposition, now: datetime.datetime) -> Facts:
    """The facts of one who came at this moment into the segments and lists that are new to it."""
    held = Segment.objects.filter(pk__in=facts.segments).values_list("pk", "is_list")
    segments = {number for number, is_list in held if not is_list}
    lists = set(facts.segments) - segments
    if supposition.segments is not None:
        segments = {segment.pk for segment in supposition.segments}
    if supposition.lists is not None:
        lists = _lists_of(supposition.lists)
    places = segments | lists

    def since() -> dict[int, datetime.datetime]:
        known = facts.since()
        return {number: known.get(number, now) for number in places}

    return replace(facts, segments=places, since=cache(since))


def _lists_of(audiences: Iterable[Audience]) -> set[int]:
    by_audience: dict[int, int] = dict(
        Segment.objects.filter(is_list=True, audiences__in=list(audiences)).values_list(
            "audiences", "pk"
        )
    )
    others = [audience for audience in audiences if audience.pk not in by_audience]
    if others:
        names = ", ".join(f"“{audience}”" for audience in others)
        raise ValidationError(
            {"lists": f"{names} has no list of its own. Name static, external or synced lists."}
        )
    return set(by_audience.values())
