"""How many an audience held over time, and how many came and went."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Max, Q, Sum
from django.db.models.functions import TruncDay, TruncHour, TruncMonth

from audiences.models import Audience, AudienceVersion


class Period(StrEnum):
    """A stretch of time up to now, and what it is told by: hours, days or months."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


_TRUNCATED = {Period.DAY: TruncHour, Period.MONTH: TruncDay, Period.YEAR: TruncMonth}
_PARTS = {Period.DAY: 24, Period.MONTH: 30, Period.YEAR: 12}


@dataclass(frozen=True)
class Growth:
    """``size`` is that at the end of the hour, day or month that begins at ``start``.

    Those of the first version didn't enter: they were there. Who came and went again between two
    versions that are kept is in neither count.
    """

    start: datetime.datetime
    size: int
    entered: int
    left: int


def growth(*, audience: Audience, period: Period, at: datetime.datetime) -> list[Growth]:
    """By the clock of the space, the earliest first, up to ``at``; from the first version on,
    nothing before it. Three queries, however many versions there are."""
    zone = audience.space.zone
    starts = list(_starts(period, at.astimezone(zone)))
    versions = AudienceVersion.objects.filter(audience=audience)
    part = _TRUNCATED[period]("as_of", tzinfo=zone)
    told = versions.filter(as_of__gte=starts[0], as_of__lte=at).annotate(part=part)
    sums = (
        told.order_by()
        .values("part")
        .annotate(
            last=Max("version"),
            entered=Sum("entered", filter=Q(version__gt=1), default=0),
            left=Sum("left"),
        )
    )
    by_start = {one["part"]: one for one in sums}
    lasts = versions.filter(version__in=[one["last"] for one in by_start.values()])
    sizes = dict(lasts.values_list("version", "size"))
    before = versions.filter(as_of__lt=starts[0]).order_by("-version").first()
    size = before.size if before else None
    found = []
    for start in starts:
        one = by_start.get(start)
        size = sizes[one["last"]] if one else size
        if size is not None:
            came = (one["entered"], one["left"]) if one else (0, 0)
            found.append(Growth(start, size, *came))
    return found


def _starts(period: Period, at: datetime.datetime) -> Iterator[datetime.datetime]:
    """The beginnings of the hours, days or months up to that of ``at``, by its own clock."""
    for ago in reversed(range(_PARTS[period])):
        if period == Period.DAY:
            hour = at.replace(minute=0, second=0, microsecond=0).astimezone(datetime.UTC)
            yield (hour - datetime.timedelta(hours=ago)).astimezone(at.tzinfo)
        elif period == Period.MONTH:
            yield _midnight(at.date() - datetime.timedelta(days=ago), at)
        else:
            years, month = divmod(at.year * 12 + at.month - 1 - ago, 12)
            yield _midnight(datetime.date(years, month + 1, 1), at)


def _midnight(date: datetime.date, at: datetime.datetime) -> datetime.datetime:
    return datetime.datetime.combine(date, datetime.time.min, at.tzinfo)
