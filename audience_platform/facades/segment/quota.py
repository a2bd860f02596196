"""How many previews may be asked for in a space in a month: ``SEGMENT_PREVIEWS_A_MONTH``."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db import connection

from audience_platform.throttling import Rate
from segments.models import Space

_COUNT = """
INSERT INTO audience_platform_previewcount AS kept (space_number, month, count) VALUES (%s, %s, 1)
ON CONFLICT (space_number) DO UPDATE SET month = EXCLUDED.month,
    count = CASE WHEN kept.month = EXCLUDED.month THEN kept.count + 1 ELSE 1 END
RETURNING count
"""


def count_preview(space: Space, *, at: datetime.datetime) -> Rate | None:
    """How the space stands to its limit with this preview; None, where it has none.

    Counted in the transaction of the preview: what comes to nothing doesn't count. Another of the
    space waits meanwhile.
    """
    limit = settings.SEGMENT_PREVIEWS_A_MONTH
    if not limit:
        return None
    month = at.astimezone(datetime.UTC).date().replace(day=1)
    following = (month + datetime.timedelta(days=31)).replace(day=1)
    ends = datetime.datetime.combine(following, datetime.time(), datetime.UTC)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [space.pk, month])
        return Rate(limit, cursor.fetchone()[0], int(ends.timestamp()))
