"""One membership, as rules see it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from audiences.rules.clock import Clock
from segments.models import Membership, SegmentMembership, Space

Json = Any  # what json.loads gives, numbers as Decimal

COLUMNS = (
    "id",
    "external_id",
    "email",
    "phone",
    "full_name",
    "birthday",
    "total_orders",
    "total_order_value",
    "last_order_at",
    "created_at",
    "updated_at",
    "metadata",
)


@dataclass(frozen=True)
class Facts:
    """One membership: its columns by name, and where it stands."""

    values: Mapping[str, Any]  # metadata as ``loads`` reads it
    segments: Collection[int]  # the numbers of the segments that it is in
    clock: Clock
    number: int = 0
    included: Collection[int] = ()  # the numbers of the audiences that list it by hand
    excluded: Collection[int] = ()  # … and of those that keep it out
    since: Callable[[], Mapping[int, datetime.datetime]] = dict  # when it came into its segments

    @property
    def id(self) -> UUID:
        found: UUID = self.values["id"]
        return found


_READ = f"""
    SELECT m.number, s.definitions_version, {", ".join(f"m.{name}" for name in COLUMNS[:-1])},
        m.metadata::text, ARRAY(
            SELECT segment_number FROM segments_segmentmembership
            WHERE membership_number = m.number), ARRAY(
            SELECT CASE listed WHEN 'included' THEN audience_number ELSE -audience_number END
            FROM audiences_listedmembership WHERE membership_number = m.number)
    FROM segments_membership m JOIN segments_space s ON s.number = m.space_number
    WHERE m.space_number = %s AND m.id = %s
"""


def read_facts(*, space: Space, membership: UUID, at: datetime.datetime) -> tuple[Facts, int]:
    """The membership as it is now, to be asked as of a moment; and the version of the space's
    definitions that it goes with. One query.

    :raises Membership.DoesNotExist: the space has no membership of that id.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ, [space.pk, membership])
        row = cursor.fetchone()
    if row is None:
        raise Membership.DoesNotExist(f"There is no membership {membership} in {space}.")
    number, version, *values, metadata, segments, listed = row
    facts = Facts(
        values=dict(zip(COLUMNS, (*values, loads(metadata)), strict=True)),
        segments=segments,
        clock=Clock(at, space.zone),
        number=number,
        included=[audience for audience in listed if audience > 0],
        excluded=[-audience for audience in listed if audience < 0],
        since=cache(lambda: _since(number)),
    )
    return facts, version


def _since(number: int) -> dict[int, datetime.datetime]:
    """One more query, which few rules need."""
    rows = SegmentMembership.objects.filter(membership=number)
    return dict(rows.values_list("segment_id", "created_at"))


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal)


def loads(text: str) -> Json:
    """JSON with its numbers exact. Whole ones, which are the most, need no parser."""
    return Decimal(text) if text.isdecimal() else _DECODER.decode(text)


def look_up(document: Json, path: tuple[str, ...]) -> Json:
    """What stands at a path of a JSON document, as PostgreSQL finds it; None where nothing does.

    A step into an array is a place in it, as for ``#>``. Where that finds nothing, arrays are
    stepped over, as for the lax paths of ``jsonb_path_query_array``: the answer is then the list
    of what their elements have.
    """
    try:
        return _exactly(document, path)
    except LookupError:
        return _through_arrays(document, path) or None


def _exactly(document: Json, path: tuple[str, ...]) -> Json:
    for step in path:
        if isinstance(document, dict):
            document = document[step]
        elif isinstance(document, list) and (place := _place(step)) is not None:
            document = document[place]
        else:
            raise LookupError(step)
    return document


def _place(step: str) -> int | None:
    try:
        return int(step) if step.isascii() and "_" not in step and step == step.rstrip() else None
    except ValueError:
        return None


def _through_arrays(document: Json, path: tuple[str, ...]) -> list[Json]:
    items = [document]
    for step in path:
        elements = [
            element for item in items for element in (item if isinstance(item, list) else [item])
        ]
        items = [
            element[step] for element in elements if isinstance(element, dict) and step in element
        ]
    return items
