"""A resource's relationships as routes: ``/type/id/name`` and ``/type/id/relationships/name``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import QuerySet
from django.utils.module_loading import import_string
from rest_framework.response import Response

from segments.api.parameters import check_parameters, here
from segments.api.received import malformed, read_identifiers, read_linkage
from segments.api.relations import resolve

if TYPE_CHECKING:
    from segments.api.resource import ResourceViewSet

Meta = dict[str, Any]


class Relationship:
    """``viewset`` is the dotted path of that of the related resource."""

    methods: ClassVar[dict[str, str]]  # of the relationship's own URL, to the viewset's actions

    def __init__(self, viewset: str, source: str) -> None:
        self._path = viewset
        self.source = source

    @cached_property
    def viewset(self) -> type[ResourceViewSet]:
        viewset: type[ResourceViewSet] = import_string(self._path)
        return viewset

    def view(self, view: ResourceViewSet, **attributes: Any) -> ResourceViewSet:
        """The view of the related resource, on the same request."""
        return view_of(self.viewset, view, **attributes)

    def related(self, view: ResourceViewSet, row: Any) -> Response:
        """The related resource or resources, whole."""
        raise NotImplementedError

    def linkage(self, view: ResourceViewSet, row: Any) -> Response:
        """Only what is related: identifiers."""
        raise NotImplementedError

    def change(self, view: ResourceViewSet, row: Any, method: str, document: Any) -> Meta:
        """Carry out a POST, PATCH or DELETE; what the answer says of it."""
        raise NotImplementedError

    @property
    def writable(self) -> bool:
        """Whether it can be changed by itself, rather than following from other values."""
        raise NotImplementedError

    def links(self, view: ResourceViewSet) -> dict[str, str]:
        related = here(view.request, {}).replace("/relationships/", "/")
        return {"self": here(view.request), "related": related}


class ToOne(Relationship):
    methods: ClassVar[dict[str, str]] = {"get": "relationship", "patch": "change_relationship"}

    def __init__(
        self,
        viewset: str,
        source: str,
        *,
        related: Callable[[Any], Any] | None = None,
        assign: Callable[[Any, Any], object] | None = None,
    ) -> None:
        """``assign(row, other)`` is the service that relates the row to another, or to None."""
        super().__init__(viewset, source)
        self._related = related or attrgetter(source)
        self._assign = assign

    def related(self, view: ResourceViewSet, row: Any) -> Response:
        check_parameters(view.request, "include", "fields")
        target = self.view(view, action="retrieve")
        selection = target.selection()
        other = self._related(row)
        if other is None:
            document: dict[str, Any] = {"data": None}
        else:
            target.kwargs = {"id": str(other.id)}
            document = target.document(target.get_queryset(), selection)
        return Response({"links": {"self": here(view.request)}, **document})

    @property
    def writable(self) -> bool:
        return self._assign is not None

    def linkage(self, view: ResourceViewSet, row: Any) -> Response:
        check_parameters(view.request)
        other = self._related(row)
        type = self.viewset.serializer_class.resource_type()
        data = None if other is None else {"type": type, "id": str(other.id)}
        return Response({"links": self.links(view), "data": data})

    def change(self, view: ResourceViewSet, row: Any, method: str, document: Any) -> Meta:
        assert self._assign is not None  # or it is not writable
        linkage = read_linkage(document)
        if isinstance(linkage, list):
            raise malformed(
                "/data", "A to-one relationship takes one resource identifier, or null."
            )
        rows = self.view(view).get_queryset()
        self._assign(row, resolve([linkage], rows=rows)[0] if linkage else None)
        return {}


class ToMany(Relationship):
    methods: ClassVar[dict[str, str]] = {
        "get": "relationship",
        **dict.fromkeys(("post", "patch", "delete"), "change_relationship"),
    }
    keyset: ClassVar[tuple[str, ...]] = ()

    def rows(self, row: Any) -> QuerySet[Any]:
        """The related rows."""
        rows: QuerySet[Any] = attrgetter(self.source)(row).all()
        return rows

    @property
    def writable(self) -> bool:
        return type(self).add is not ToMany.add

    def add(self, row: Any, others: Sequence[Any]) -> Meta:
        raise NotImplementedError

    def replace(self, row: Any, others: Sequence[Any]) -> Meta:
        raise NotImplementedError

    def remove(self, row: Any, others: Sequence[Any]) -> Meta:
        raise NotImplementedError

    def instead(self, view: ResourceViewSet, row: Any, others: Sequence[Any]) -> Sequence[Any]:
        """What is related once these replace those that are: more, where some are not seen."""
        return others

    def related(self, view: ResourceViewSet, row: Any) -> Response:
        return self._listing(view, row).list(view.request)

    def linkage(self, view: ResourceViewSet, row: Any) -> Response:
        check_parameters(view.request, "page")
        listing = self._listing(view, row)
        page = listing.paginate_queryset(listing.get_queryset().only("id")) or []
        type = listing.type
        response = listing.get_paginated_response(
            {"data": [{"type": type, "id": str(other.id)} for other in page]}
        )
        response.data["links"] |= {"related": self.links(view)["related"]}
        return response

    def change(self, view: ResourceViewSet, row: Any, method: str, document: Any) -> Meta:
        rows = self.view(view).get_queryset()
        others: Sequence[Any] = resolve(read_identifiers(document), rows=rows)
        if method == "PATCH":
            others = self.instead(view, row, others)
        change = {"POST": self.add, "PATCH": self.replace, "DELETE": self.remove}[method]
        return change(row, others)

    def _listing(self, view: ResourceViewSet, row: Any) -> ResourceViewSet:
        keyset = self.keyset or self.viewset.keyset
        return self.view(view, action="list", within=self.rows(row), keyset=keyset)


def view_of(
    viewset: type[ResourceViewSet], view: ResourceViewSet, **attributes: Any
) -> ResourceViewSet:
    """A view of another resource, on the same request."""
    other = viewset(**attributes)
    other.request, other.format_kwarg = view.request, None
    other.args, other.kwargs = (), {}
    return other
