"""Who entered an audience and who left it, between two of its versions."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max
from pyroaring import BitMap

from audiences import members
from audiences.models import Audience, AudienceStatus, AudienceVersion


@dataclass(frozen=True)
class Changed:
    """Numbers of memberships, by version ``end`` as against version ``start``. Who came and went
    in between is in neither."""

    start: int
    end: int
    entered: BitMap
    left: BitMap
    size_before: int
    size_after: int


class NoSuchVersion(LookupError):
    """``which`` of the two, start or end, names a version that there is not."""

    def __init__(self, which: str, last: int, nearest: int | None = None) -> None:
        self.which = which
        detail = f"Give a version from 0 to {last}."
        if nearest is not None:  # old ones are thinned
            detail = f"It is not kept any more. The one before that is kept is {nearest}."
        super().__init__(detail)


def changed_between(
    *, audience: Audience, start: int | None = None, end: int | None = None
) -> Changed:
    """What changed from one version to another: unless given, to the one in force, and from the one
    kept before. Version 0 is nobody yet.

    :raises NoSuchVersion: one is not there, or not any more, or they are the wrong way round.
    """
    status = AudienceStatus.objects.filter(pk=audience.pk).first()
    last = status.version if status else 0
    end = last if end is None else end
    if not 0 <= end <= last:
        raise NoSuchVersion("end", last)
    start = _kept_up_to(audience, end - 1) if start is None else start
    if not 0 <= start <= end:
        raise NoSuchVersion("start", end)
    before = members.members_at(status, start) if status else BitMap()
    after = members.members_at(status, end) if status else BitMap()
    for which, version in (("end", end), ("start", start)):  # now: one may just have gone
        nearest = _kept_up_to(audience, version)
        if nearest != version:
            raise NoSuchVersion(which, last, nearest)
    return Changed(start, end, after - before, before - after, len(before), len(after))


def _kept_up_to(audience: Audience, version: int) -> int:
    """The latest version up to that one that is kept; 0 where there is none."""
    kept = AudienceVersion.objects.filter(audience=audience, version__lte=version)
    return kept.aggregate(latest=Max("version"))["latest"] or 0
