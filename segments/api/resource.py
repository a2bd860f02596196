"""The routes of a resource: everything happens within the space of the request.

A viewset translates what comes into one call of a service, and what that gives into a document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from segments.api.document import Document, Selection, plan
from segments.api.errors import Problem, Refused, bad_parameter, shown
from segments.api.filters import ResourceFilters
from segments.api.operations import CsvRenderer, Operation
from segments.api.parameters import check_parameters, here
from segments.api.received import Resource, malformed, read_resource
from segments.api.refusals import changed_meanwhile, in_use, translated, translated_linkage
from segments.api.relations import as_uuid
from segments.api.relationships import Relationship
from segments.api.serializer import ResourceSerializer
from segments.api.space import Access, access_of
from segments.api.values import chosen_id, read_values
from segments.models import Space
from segments.services import InUse, delete_row, save_row


class ResourceViewSet(GenericViewSet[Any]):
    """Reading: a list, one, and what is related to it.

    ``within`` narrows a list to what is related to another row. ``keyset``, where there are
    cursors, names the columns that page through the list: each of them is the row's number.
    """

    serializer_class: type[ResourceSerializer]
    relationships: ClassVar[Mapping[str, Relationship]] = {}
    operations: ClassVar[Mapping[str, Operation]] = {}
    filterset_class: type[ResourceFilters] | None = None
    worked_out_filters: ClassVar[Mapping[str, str]] = {}  # those of no filterset, and what for
    ordering_fields: ClassVar[list[str]] = []
    keyset: tuple[str, ...] = ()
    within: QuerySet[Any] | None = None

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {**super().default_response_headers, "Vary": "Accept, Authorization, X-Space"}

    @property
    def access(self) -> Access:
        return access_of(self.request)

    @property
    def space(self) -> Space:
        return self.access.space

    def get_renderers(self) -> list[BaseRenderer]:
        name = self.kwargs.get("operation")
        is_file = name is not None and self.operations[name].is_file
        return [*super().get_renderers(), *([CsvRenderer()] if is_file else [])]

    @property
    def changes_nothing(self) -> bool:
        """Whether the request may come from a key that may only read, whatever its method."""
        name = self.kwargs.get("operation")
        return name is not None and self.operations[name].changes_nothing

    @property
    def type(self) -> str:
        return self.serializer_class.resource_type()

    @classmethod
    def kind(cls) -> str:
        """What people call one of these: “segment membership”."""
        return cls.serializer_class.resource_type().removesuffix("s").replace("-", " ")

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset() if self.within is None else self.within
        return self.access.seen(rows.filter(space=self.space))

    def get_object(self, rows: QuerySet[Any] | None = None) -> Any:
        """The row that the URL names, or 404: also for a row of another space."""
        rows = self.get_queryset() if rows is None else rows
        row = rows.filter(id=as_uuid(self.kwargs["id"])).first()
        if row is None:
            raise self.not_found()
        return row

    def not_found(self) -> Refused:
        detail = f"There is no {self.kind()} with the id {shown(self.kwargs['id'])}."
        return Refused(404, Problem("not_found", detail))

    def selection(self) -> Selection:
        return Selection.of(self.request, self.serializer_class)

    def planned(self, rows: QuerySet[Any], selection: Selection) -> QuerySet[Any]:
        return plan(self.serializer_class, rows, selection)

    def document(self, rows: QuerySet[Any], selection: Selection) -> dict[str, Any]:
        """The document of the one row that is left of the rows.

        :raises Refused: there is none.
        """
        row = self.get_object(self.planned(rows, selection))
        return Document(self.request, selection).of_one(self.serializer_class, row)

    def list(self, request: Request, **kwargs: Any) -> Response:
        check_parameters(request, "filter", "sort", "page", "include", "fields")
        selection = self.selection()
        rows = self.planned(self.filter_queryset(self.get_queryset()), selection)
        page = self.paginate_queryset(rows) or []
        document = Document(request, selection).of(self.serializer_class, page)
        return self.get_paginated_response(document)

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        check_parameters(request, "include", "fields")
        document = self.document(self.get_queryset(), self.selection())
        return Response({"links": {"self": here(request)}, **document})

    def related(self, request: Request, relationship: str, **kwargs: Any) -> Response:
        return self.relationships[relationship].related(self, self.get_object())

    def relationship(self, request: Request, relationship: str, **kwargs: Any) -> Response:
        return self.relationships[relationship].linkage(self, self.get_object())

    def change_relationship(self, request: Request, relationship: str, **kwargs: Any) -> Response:
        check_parameters(request)
        related, row = self.relationships[relationship], self.get_object()
        if not related.writable:
            detail = f"The {relationship} of this {self.kind()} follow from other values."
            raise Refused(403, Problem("read_only_relationship", f"{detail} Change those."))
        with translated_linkage(), transaction.atomic():
            meta = related.change(self, row, request.method or "", request.data)
        return Response({"meta": meta})

    def operate(self, request: Request, operation: str, **kwargs: Any) -> Response:
        return self.operations[operation].answer(self)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(status=204)  # what is allowed stands in the header Allow


class WritableViewSet(ResourceViewSet):
    """Making, changing and deleting, besides. ``make``, ``change`` and ``remove`` call services.

    ``deletes_along`` are relationships whose rows are deleted too where ``include`` names them.
    """

    deletes_along: ClassVar[Sequence[str]] = ()

    def make(self, id: UUID | None, values: dict[str, Any]) -> Any:
        model = self.serializer_class.Meta.model
        return save_row(model(space=self.space, **({"id": id} if id else {})), **values)

    def change(self, row: Any, values: dict[str, Any]) -> None:
        save_row(row, **values)

    def remove(self, row: Any) -> None:
        delete_row(row)

    def serializer(self, row: Any = None, *, partial: bool = False) -> ResourceSerializer:
        return self.serializer_class(row, partial=partial, context=self.get_serializer_context())

    def create(self, request: Request, **kwargs: Any) -> Response:
        check_parameters(request, "include", "fields")
        selection = self.selection()
        received = read_resource(request.data, type=self.type)
        id = chosen_id(received)
        serializer = self.serializer()
        values = read_values(serializer, received)
        with translated(serializer, received), transaction.atomic():
            document = self._written(self.make(id, values), selection)
        link = document["data"]["links"]["self"]
        return Response(
            {"links": {"self": link}, **document}, status=201, headers={"Location": link}
        )

    def update(self, request: Request, **kwargs: Any) -> Response:
        check_parameters(request, "include", "fields")
        selection = self.selection()
        received = read_resource(request.data, type=self.type)
        _check_id(received, self.kwargs["id"])
        with transaction.atomic():
            row = self.get_object(self.get_queryset().select_for_update(of=("self",)))
            serializer = self.serializer(row, partial=True)
            values = read_values(serializer, received)
            try:
                with translated(serializer, received):
                    self.change(row, values)
            except InUse as error:
                raise in_use(error, self.access) from error
            document = self._written(row, selection)
        return Response({"links": {"self": here(request)}, **document})

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        check_parameters(request, *(["include"] if self.deletes_along else []))
        if request.query_params.get("include", "") not in ("", *self.deletes_along):
            detail = f"Along with this can be deleted: {', '.join(self.deletes_along)}. Give that."
            raise bad_parameter("include", detail)
        row = self.get_object()
        try:
            self.remove(row)
        except InUse as error:
            raise in_use(error, self.access) from error
        except IntegrityError as error:
            raise changed_meanwhile() from error
        # With a document, since some clients read one after every success.
        return Response({"meta": {}})

    def _written(self, row: Model, selection: Selection) -> dict[str, Any]:
        """The document of a row as it is now: what the database made of it."""
        rows = self.planned(self.serializer_class.Meta.model.objects.all(), selection)
        document = Document(self.request, selection)
        return document.of_one(self.serializer_class, rows.get(pk=row.pk))


def _check_id(received: Resource, id: str) -> None:
    """That the document is about the resource that the URL names."""
    if received.id is None:
        raise malformed("/data", "“id” is missing. Give the id of the resource that you change.")
    if received.id != id and (as_uuid(received.id) or received.id) != as_uuid(id):
        detail = f"{shown(received.id)} is another id than that in the URL, {id}. Send that one."
        raise Refused(409, Problem("id_mismatch", detail, pointer="/data/id"))
