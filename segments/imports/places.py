"""Who is put on lists, and who is taken off: from the temporary table ``places``, which has each
pair of ``segment_number`` and ``membership_number`` once."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from segments.imports.columns import quote
from segments.imports.refusals import TooManyRemoved
from segments.imports.staging import new_id
from segments.models import Space

_NAMED = (
    "EXISTS (SELECT FROM places AS c WHERE c.segment_number = p.segment_number"
    " AND c.membership_number = p.membership_number)"
)


class Removal(NamedTuple):
    """What a list loses."""

    name: str
    listed: int  # before
    removed: int


def put_on(cursor: CursorWrapper, space: Space, now: datetime.datetime, *, dry_run: bool) -> int:
    """Add the places that are not there, or count them (``dry_run``). How many."""
    missing = (
        "FROM places AS c WHERE NOT EXISTS (SELECT FROM segments_segmentmembership AS p"
        " WHERE p.segment_number = c.segment_number AND p.membership_number = c.membership_number)"
    )
    if dry_run:
        cursor.execute(f"SELECT count(*) {missing}")
        return int(cursor.fetchone()[0])
    cursor.execute(
        "INSERT INTO segments_segmentmembership"
        " (id, space_number, segment_number, membership_number, created_at)"
        f" SELECT {new_id()}, {space.pk}, segment_number, membership_number, {quote(now)} {missing}"
        " ORDER BY segment_number, membership_number"  # as the index, which then only appends
    )
    return int(cursor.rowcount)


def take_off(cursor: CursorWrapper, *, dry_run: bool) -> int:
    """Take away the places, or count those that would go (``dry_run``). How many."""
    return sum(one.removed for one in _take(cursor, _NAMED, dry_run))


def take_off_others(cursor: CursorWrapper, lists: str, *, dry_run: bool) -> list[Removal]:
    """Take away all other places of the ``lists`` (SQL for their numbers), or count them
    (``dry_run``). What each list loses that loses any.
    """
    return _take(cursor, f"p.segment_number IN ({lists}) AND NOT {_NAMED}", dry_run)


def must_be_confirmed(removals: Sequence[Removal], share: float, *, ask: bool) -> bool:
    """Whether one loses more than this share.

    :raises TooManyRemoved: when one does, and that is to be asked (``ask``): of several, the one
        that loses most.
    """
    most = max(removals, key=lambda one: one.removed / one.listed, default=None)
    if most is None or most.removed <= share * most.listed:
        return False
    if ask:
        raise TooManyRemoved(most.name, listed=most.listed, removed=most.removed, share=share)
    return True


def _take(cursor: CursorWrapper, where: str, dry_run: bool) -> list[Removal]:
    places = f"FROM segments_segmentmembership AS p WHERE {where}"
    verb = "SELECT segment_number" if dry_run else "DELETE"
    returning = "" if dry_run else " RETURNING segment_number"
    cursor.execute(
        f"WITH gone AS MATERIALIZED ({verb} {places}{returning}),"
        " counted AS (SELECT segment_number, count(*) AS removed FROM gone GROUP BY 1)"
        " SELECT name, (SELECT count(*) FROM segments_segmentmembership AS p"  # as before
        " WHERE p.segment_number = counted.segment_number), removed"
        " FROM counted JOIN segments_segment ON number = segment_number ORDER BY number"
    )
    return [Removal(*row) for row in cursor.fetchall()]
