"""Pages of memberships from a member set.

A place in a set is found as fast at its end as at its beginning, so every page costs the same. The
set is narrowed to those whom a search finds, by its index; any other filter reads the space's
memberships once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from pyroaring import BitMap

from audiences.api.enrolments import not_by_hand
from audiences.models import Audience
from audiences.services.enrol import NotByHand, check_by_hand, enrol, enrol_only, withdraw
from audiences.services.members import members_of, numbers_of
from segments.api.memberships import MembershipFilters, MembershipViewSet
from segments.api.parameters import in_brackets, read_sort
from segments.api.relationships import Meta as Told
from segments.api.relationships import ToMany
from segments.api.resource import ResourceViewSet
from segments.models import Membership
from segments.search import numbers_found
from segments.services import Change

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
    chosen_by_set: ClassVar[frozenset[str]] = frozenset()  # filters that ``held`` answers to

    def paginate_queryset(self, queryset: Any) -> Any:
        held = self.held
        filters = in_brackets(self.request, "filter") if self.filter_backends else {}
        words = filters.pop("search", "").strip()
        if words and held:
            held = held & numbers_found(space=self.space, words=words)
        if filters.keys() - self.chosen_by_set and held:
            held = held & numbers_of(queryset)
        descending = ("number", True) in read_sort(self.request, self.ordering_fields)
        rows: Any = SetRows(queryset, held, descending=descending)
        return super().paginate_queryset(rows)


class MembersOfAnAudience(ToMany):
    """Who is in an audience now. Those of a static list can be changed here; who is in any other
    follows from its rule or file, and is only read."""

    def change(self, view: ResourceViewSet, row: Any, method: str, document: Any) -> Told:
        try:
            check_by_hand(row)
        except NotByHand as error:
            raise not_by_hand(error) from error
        return super().change(view, row, method, document)

    def add(self, row: Audience, others: Sequence[Membership]) -> Told:
        return _told(enrol, row, others)

    def replace(self, row: Audience, others: Sequence[Membership]) -> Told:
        return _told(enrol_only, row, others)

    def remove(self, row: Audience, others: Sequence[Membership]) -> Told:
        return _told(withdraw, row, others)

    def _listing(self, view: ResourceViewSet, row: Audience) -> ResourceViewSet:
        return self.view(view, action="list", held=members_of(row))


def _told(change: Callable[..., Change], audience: Audience, others: Sequence[Membership]) -> Told:
    memberships = [membership.pk for membership in others]
    return dict(change(audience=audience, memberships=memberships)._asdict())
