"""Routes of a resource besides reading, writing and relating: what is worked out when asked.

``/type/name``, or ``/type/id/name`` for those on one row. What is answered has a type of its own,
and is no row: it can be read only here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID, uuid4

from django.utils.module_loading import import_string
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from segments.api.document import shape
from segments.api.parameters import check_parameters, filters, here
from segments.api.received import read_resource
from segments.api.relationships import view_of
from segments.api.serializer import ResourceSerializer
from segments.api.values import chosen_id, read_values

if TYPE_CHECKING:
    from segments.api.resource import ResourceViewSet


class AnswerSerializer(ResourceSerializer):
    """Describes what is worked out: the declared fields, of no model."""

    def get_fields(self) -> dict[str, Any]:
        return deepcopy(self._declared_fields)

    @classmethod
    def resource_type(cls) -> str:
        type: str = cls.Meta.resource_name
        return type


class CsvRenderer(BaseRenderer):
    """Says that CSV may be accepted. Files are streamed, and errors are documents."""

    media_type = "text/csv"
    format = "csv"


class Operation:
    """``answer`` translates the request into one call of a service, and that into a document."""

    summary: ClassVar[str]
    gives: ClassVar[type[AnswerSerializer]]
    is_file: ClassVar[bool] = False  # CSV, and no document
    takes: ClassVar[type[AnswerSerializer] | None] = None  # the document of a POST
    needs_body: ClassVar[bool] = True  # whether that document must be sent
    method: ClassVar[str] = "get"
    status: ClassVar[int] = 200
    on_one: ClassVar[bool] = True
    many: ClassVar[bool] = False  # whether it answers by pages
    asks_others: ClassVar[bool] = False  # servers that may not answer: then with 502
    changes_nothing: ClassVar[bool] = True  # so that a key that may only read may ask it
    filters: ClassVar[Mapping[str, str]] = {}  # the filters it takes, and what for

    def answer(self, view: ResourceViewSet) -> Response:
        raise NotImplementedError

    def given(self, view: ResourceViewSet) -> dict[str, str]:
        """The filters of the request.

        :raises Refused: it has parameters that this doesn't take.
        """
        families = [*(["filter"] if self.filters else []), *(["page"] if self.many else [])]
        check_parameters(view.request, *families)
        return filters(view.request, known=self.filters)

    def received(self, view: ResourceViewSet) -> tuple[UUID, dict[str, Any]]:
        """The id that the answer has, and the values that were sent.

        :raises Refused: pointing at what can't be used.
        """
        assert self.takes is not None
        check_parameters(view.request)
        resource = read_resource(view.request.data, type=self.takes.resource_type())
        serializer = self.takes(context=view.get_serializer_context())
        return chosen_id(resource) or uuid4(), read_values(serializer, resource)

    def document(self, view: ResourceViewSet, id: object, values: Mapping[str, Any]) -> Response:
        """The answer: attributes, and related rows, by their names."""
        links = {"self": here(view.request)}
        return Response({"links": links, "data": self.resource(id, values)}, status=self.status)

    def resource(self, id: object, values: Mapping[str, Any]) -> dict[str, Any]:
        described = shape(self.gives)
        resource: dict[str, Any] = {
            "type": described.type,
            "id": str(id),
            "attributes": {name: values[name] for name in described.attributes},
        }
        if described.relations:
            resource["relationships"] = {
                name: {"data": _linkage(relation.type, values[name])}
                for name, relation in described.relations.items()
            }
        return resource


class Listing(Operation):
    """Answers with rows of a resource, page by page. ``viewset`` is a dotted path."""

    many: ClassVar[bool] = True

    def __init__(self, viewset: str) -> None:
        self._path = viewset

    @property
    def viewset(self) -> type[ResourceViewSet]:
        viewset: type[ResourceViewSet] = import_string(self._path)
        return viewset

    def narrowed(self, view: ResourceViewSet) -> dict[str, Any]:
        """What the view of the rows is told of which they are."""
        raise NotImplementedError

    def answer(self, view: ResourceViewSet) -> Response:
        return view_of(self.viewset, view, action="list", **self.narrowed(view)).list(view.request)


class Doing(Operation):
    """Does something with a row, and answers with the row as it is then."""

    method: ClassVar[str] = "post"
    changes_nothing: ClassVar[bool] = False

    def do(self, view: ResourceViewSet, row: Any) -> None:
        raise NotImplementedError

    def answer(self, view: ResourceViewSet) -> Response:
        check_parameters(view.request, "include", "fields")
        selection = view.selection()
        self.do(view, view.get_object())
        document = view.document(view.get_queryset(), selection)
        return Response({"links": {"self": here(view.request)}, **document}, status=self.status)


def _linkage(type: str, related: Any) -> Any:
    if isinstance(related, Sequence):
        return [{"type": type, "id": str(one.id)} for one in related]
    return related and {"type": type, "id": str(related.id)}
