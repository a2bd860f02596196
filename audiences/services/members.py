"""Who is in an audience, as a set."""

from __future__ import annotations

from collections.abc import Collection

from pyroaring import BitMap

from audiences import members
from audiences.models import Audience, AudienceStatus, Lifecycle
from segments.models import Space


def members_of(audience: Audience) -> BitMap:
    """The numbers of those in the audience by the version in force; nobody before the first."""
    status = AudienceStatus.objects.filter(pk=audience.pk).first()
    return members.load(status) if status else BitMap()


def in_which(*, space: Space, numbers: Collection[int]) -> dict[int, list[Audience]]:
    """For each membership the audiences in force that hold it by their versions. Two queries."""
    kept = Audience.objects.filter(space=space, enabled=True, lifecycle=Lifecycle.PUBLISHED)
    statuses = AudienceStatus.objects.filter(audience__in=kept).select_related("audience")
    rows = {status.pk: status for status in statuses.order_by("pk")}
    sets = members.load_many(list(rows.values()))
    return {
        number: [status.audience for pk, status in rows.items() if number in sets[pk]]
        for number in numbers
    }
