"""Which audiences grew or shrank unusually: more in a day than on any day of the month before."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db import connection

from audiences.models import Audience
from segments.models import Space

LEAST = 10  # members: what is less is not worth a look
SHARE = 0.05  # of the size before: likewise
BEFORE = 30  # days, with which the last is compared

# A day is 24 hours, counted back from now. The first version is no growth; and who was not there a
# day ago can't be compared.
_UNUSUAL = """
WITH days AS (
    SELECT v.audience_number, floor(extract(epoch FROM %(at)s - v.as_of) / 86400)::int AS ago,
        sum(v.entered::int - v.left::int) AS change, bool_or(v.cause = 'definition') AS redefined
    FROM audiences_audienceversion v JOIN audiences_audience a ON a.number = v.audience_number
    WHERE a.space_number = %(space)s AND a.enabled AND a.lifecycle = 'published'
    AND v.version > 1 AND v.as_of > %(at)s - make_interval(days => %(before)s + 1)
    AND v.as_of <= %(at)s
    GROUP BY 1, 2
), audiences AS (
    SELECT audience_number, coalesce(sum(change) FILTER (WHERE ago = 0), 0) AS change,
        coalesce(max(abs(change)) FILTER (WHERE ago > 0), 0) AS most,
        coalesce(bool_or(redefined) FILTER (WHERE ago = 0), false) AS redefined
    FROM days GROUP BY 1
)
SELECT n.audience_number, s.size, n.change, n.most, n.redefined
FROM audiences n JOIN audiences_audiencestatus s USING (audience_number)
WHERE abs(n.change) >= greatest(%(least)s, %(share)s * (s.size - n.change), n.most + 1)
AND EXISTS (
    SELECT FROM audiences_audienceversion v WHERE v.audience_number = n.audience_number
    AND v.version = 1 AND v.as_of <= %(at)s - interval '1 day')
ORDER BY abs(n.change) / greatest(s.size - n.change, 1) DESC, n.audience_number
"""


@dataclass(frozen=True)
class Unusual:
    """``change``: members in the last 24 hours, more or (negative) fewer; ``most``: by how many it
    changed on the day of the 30 before on which it changed most."""

    audience: Audience
    size: int
    change: int
    most: int
    redefined: bool  # its definition was changed meanwhile

    @property
    def share(self) -> float | None:
        """The change, of what it was before, of 1; None where that was nobody."""
        before = self.size - self.change
        return self.change / before if before else None


def unusual(*, space: Space, at: datetime.datetime) -> list[Unusual]:
    """Those in force that changed by 10 members, by a twentieth, and by more than on any day of the
    30 before; those that changed most first. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            _UNUSUAL,
            {"space": space.pk, "at": at, "before": BEFORE, "least": LEAST, "share": SHARE},
        )
        found = cursor.fetchall()
    audiences = Audience.objects.in_bulk([number for number, *_ in found])
    return [
        Unusual(audiences[number], size, int(change), int(most), redefined)
        for number, size, change, most, redefined in found
        if number in audiences
    ]
