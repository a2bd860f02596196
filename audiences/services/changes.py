"""Who entered an audience and who left it, between two of its versions."""

from __future__ import annotations

from dataclasses import dataclass

from pyroaring import BitMap

from audiences import members
from audiences.models import Audience, AudienceStatus


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

    def __init__(self, which: str, known: range) -> None:
        self.which = which
        super().__init__(f"Give a version from {known.start} to {known.stop - 1}.")


def changed_between(
    *, audience: Audience, start: int | None = None, end: int | None = None
) -> Changed:
    """What changed from one version to another: unless given, to the one in force, and from the one
    before. Version 0 is nobody yet.

    :raises NoSuchVersion: one of them is not there, or they are the wrong way round.
    """
    status = AudienceStatus.objects.filter(pk=audience.pk).first()
    last = status.version if status else 0
    end = last if end is None else end
    if not 0 <= end <= last:
        raise NoSuchVersion("end", range(last + 1))
    start = max(end - 1, 0) if start is None else start
    if not 0 <= start <= end:
        raise NoSuchVersion("start", range(end + 1))
    before = members.members_at(status, start) if status else BitMap()
    after = members.members_at(status, end) if status else BitMap()
    return Changed(start, end, after - before, before - after, len(before), len(after))
