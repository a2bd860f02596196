"""Pages of memberships from a member set.

A place in a set is found as fast at its end as at its beginning, so every page costs the same. The
set is narrowed to those whom a search finds, by its index; any other filter reads the space's
memberships once.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from pyroaring import BitMap

from audiences.models import Audience
from audiences.services.members import members_of, numbers_of
from segments.api.memberships import MembershipFilters, MembershipViewSet
from segments.api.parameters import in_brackets, read_sort
from segments.api.relationships import ToMany
from segments.api.resource import ResourceViewSet
from segments.models import Membership
from segments.search import numbers_found

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


class MemberFilters(MembershipFilters):
    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        self.form.cleaned_data.pop("search")  # the set is narrowed instead
        rows: QuerySet[Any] = super().filter_queryset(queryset)
        return rows

    class Meta(MembershipFilters.Meta):
        pass


class MemberViewSet(MembershipViewSet):
    """Memberships that are in the set ``held``."""

    filterset_class = MemberFilters
    ordering_fields: ClassVar[list[str]] = ["number"]
    held: BitMap = BitMap()

    def paginate_queryset(self, queryset: Any) -> Any:
        held = self.held
        filters = in_brackets(self.request, "filter") if self.filter_backends else {}
        words = filters.pop("search", "").strip()
        if words and held:
            held = held & numbers_found(space=self.space, words=words)
        if filters and held:
            held = held & numbers_of(queryset)
        descending = ("number", True) in read_sort(self.request, self.ordering_fields)
        rows: Any = SetRows(queryset, held, descending=descending)
        return super().paginate_queryset(rows)


class MembersOfAnAudience(ToMany):
    """Who is in an audience now. It follows from the rule and the lists, and is only read."""

    def _listing(self, view: ResourceViewSet, row: Audience) -> ResourceViewSet:
        return self.view(view, action="list", held=members_of(row))
