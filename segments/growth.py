"""How a space's members have become as many as they are."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db import connection

from segments.models import Membership, Space

# One reading of all memberships: where people joined in the order of their numbers no index would
# help, and elsewhere neither, but for a b-tree that each update of a row would write to. What is
# selected first is made of text once, and not once for each row.
_JOINED = """
WITH spans AS MATERIALIZED (SELECT %(begins)s::timestamptz[] AS begins)
SELECT width_bucket(created_at, (SELECT begins FROM spans)), count(*) FROM segments_membership
WHERE space_number = %(space)s AND created_at >= (SELECT begins[1] FROM spans) GROUP BY 1
"""


@dataclass(frozen=True)
class Span:
    """``joined``: those who are members now and joined in the days from ``begins`` until the next
    span; ``total``: those who had joined by its end."""

    begins: datetime.date
    joined: int
    total: int


def growth(*, space: Space, at: datetime.datetime, days: int, spans: int) -> list[Span]:
    """The last spans of so many days each, the last of them being that of today, by the clock of
    the space. Who has left since is not counted."""
    today = space.date_at(at)
    first = today - datetime.timedelta(days=days * spans - 1)
    begins = [first + datetime.timedelta(days=days * place) for place in range(spans)]
    joined = _joined(space, begins)
    total = Membership.objects.filter(space=space).count()
    found: list[Span] = []
    for begin in reversed(begins):
        found.append(Span(begin, joined.get(begin, 0), total))
        total -= joined.get(begin, 0)
    return found[::-1]


def _joined(space: Space, begins: list[datetime.date]) -> dict[datetime.date, int]:
    midnights = [
        datetime.datetime.combine(day, datetime.time.min, tzinfo=space.zone) for day in begins
    ]
    with connection.cursor() as cursor:
        cursor.execute(_JOINED, {"begins": midnights, "space": space.pk})
        return {begins[place - 1]: count for place, count in cursor.fetchall()}
