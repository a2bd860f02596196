"""Rows of a set. A place in it is found as fast at its end as at its beginning, so every page costs
the same."""

from __future__ import annotations

from django.db.models import QuerySet
from pyroaring import BitMap

from segments.models import Membership

_HIGHEST = (1 << 32) - 1


class SetRows:
    """The memberships of a set, in the order of their numbers: as much of a queryset as pages need.

    ``rows`` are memberships among which those of the set are looked up.
    """

    def __init__(self, rows: QuerySet[Membership], held: BitMap, *, descending: bool) -> None:
        self._rows = rows
        self._held = held
        self._descending = descending
        self._first, self._end = 0, len(held)  # places in the set

    def count(self) -> int:
        return max(self._end - self._first, 0)

    def filter(self, **bounds: int) -> SetRows:
        """Narrow to the numbers beyond a cursor: ``number__gt`` or ``number__lt``."""
        for bound, number in bounds.items():
            if bound.endswith("__gt"):
                self._first = self._held.rank(min(number, _HIGHEST))
            else:
                self._end = self._held.rank(min(max(number - 1, 0), _HIGHEST))
        return self

    def order_by(self, column: str) -> SetRows:
        self._descending = column.startswith("-")
        return self

    def __getitem__(self, page: slice) -> list[Membership]:
        start, stop = page.start or 0, min(page.stop, self.count())
        if self._descending:
            numbers = list(self._held[self._end - stop : self._end - start])[::-1]
        else:
            numbers = list(self._held[self._first + start : self._first + stop])
        found = {row.pk: row for row in self._rows.filter(pk__in=numbers)}
        return [found[number] for number in numbers if number in found]  # one may just be deleted
