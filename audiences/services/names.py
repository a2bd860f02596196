"""What goes by the names in PQL's ``inSegment`` and in definition queries: ids of audiences and
segments, keys of audiences, and short codes of segments."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from audiences.models import Audience
from audiences.rules.tree import InAudience, InSegment, Rule
from audiences.types import Named
from segments.models import Segment


@dataclass(frozen=True)
class Found:
    """A segment or audience that goes by a name."""

    kind: Named
    id: UUID
    number: int

    @property
    def rule(self) -> Rule:
        return InSegment(self.id) if self.kind == "segment" else InAudience(self.id)


def find_named(*, space: int, names: Collection[str]) -> dict[str, Found]:
    """What goes by the names, of those by which something goes. An audience's id comes before a
    segment's, that before a key, and that before a short code. No query without names, else two.
    ``space`` is its number."""
    if not names:
        return {}
    ids = {id for name in names if (id := id_of(name))}
    segments = Segment.objects.filter(
        Q(id__in=ids) | Q(short_code__in=names), space=space
    ).values_list("id", "number", "short_code")
    by_id: dict[UUID, Found] = {}
    by_code: dict[str, Found] = {}
    for id, number, code in segments:
        by_id[id] = by_code[code] = Found("segment", id, number)
    audiences = Audience.objects.filter(Q(id__in=ids) | Q(key__in=names), space=space).values_list(
        "id", "number", "key"
    )
    for id, number, key in audiences:
        by_id[id] = Found("audience", id, number)
        if key:
            by_code[key] = by_id[id]
    return dict(_matched(names, by_id, by_code))


def _matched(
    names: Collection[str], by_id: dict[UUID, Found], by_code: dict[str, Found]
) -> Iterable[tuple[str, Found]]:
    for name in names:
        id = id_of(name)
        found = (id and by_id.get(id)) or by_code.get(name)
        if found:
            yield name, found


def id_of(name: str) -> UUID | None:
    """The id that a name is; None for a short code."""
    try:
        return UUID(name)
    except ValueError:
        return None
