"""The query parameters and headers of a route, described."""

from __future__ import annotations

from typing import Any

import django_filters

from audience_platform.api.filters import Sorting
from audience_platform.api.pagination import Pages
from segments.api.document import reachable, shape
from segments.api.operations import Listing, Operation
from segments.api.resource import ResourceViewSet
from segments.api.serializer import ResourceSerializer

Schema = dict[str, Any]

ID: Schema = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
SPACE: Schema = {
    "name": "X-Space",
    "in": "header",
    "description": "The slug of the space that this is about, for a key that opens several.",
    "schema": {"type": "string"},
}
IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Any text of your own: the same request with it, within 24 hours, is carried "
    "out once and answered alike.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}

# What a filter takes, by its class; the first that fits. Any other takes text.
_TAKES: list[tuple[type[Any], Schema]] = [
    (django_filters.BooleanFilter, {"type": "boolean"}),
    (django_filters.UUIDFilter, {"type": "string", "format": "uuid"}),
    (django_filters.NumberFilter, {"type": "number"}),
    (django_filters.DateFilter, {"type": "string", "format": "date"}),
    (django_filters.IsoDateTimeFilter, {"type": "string", "format": "date-time"}),
]


def list_parameters(viewset: type[ResourceViewSet]) -> list[Schema]:
    """Filters, sort and pages."""
    return [
        *_filters(viewset),
        *Sorting().get_schema_operation_parameters(viewset),
        *page_parameters(viewset),
    ]


def operation_parameters(operation: Operation) -> list[Schema]:
    if isinstance(operation, Listing):
        viewset = operation.viewset
        return [*list_parameters(viewset), *selection_parameters(viewset.serializer_class)]
    return [
        *(
            _query(f"filter[{name}]", {"type": "string"}, about)
            for name, about in operation.filters.items()
        ),
        *(page_parameters(ResourceViewSet) if operation.many else []),
    ]


def page_parameters(viewset: type[ResourceViewSet]) -> list[Schema]:
    return Pages().get_schema_operation_parameters(viewset)


def selection_parameters(serializer: type[ResourceSerializer]) -> list[Schema]:
    """``include`` and ``fields``."""
    relations = shape(serializer).relations
    names = [name for name, relation in relations.items() if relation.serializer]
    parameters = [
        _several(f"fields[{type}]", [*described.attributes, *described.relations], "Only these.")
        for type, described in reachable(serializer).items()
    ]
    if names:
        about = f"Related resources to send along, between commas: {', '.join(names)}, or a path "
        about += "through several relationships, with dots."
        schema = {"type": "array", "items": {"type": "string"}}
        parameters.append(_query("include", schema, about) | {"explode": False})
    return parameters


def deletion_parameters(viewset: type[Any]) -> list[Schema]:
    """``include``, where related rows can be deleted along."""
    if not viewset.deletes_along:
        return []
    schema = {"type": "string", "enum": list(viewset.deletes_along)}
    return [_query("include", schema, "What shall be deleted along with it.")]


def _filters(viewset: type[ResourceViewSet]) -> list[Schema]:
    filters = viewset.filterset_class.base_filters if viewset.filterset_class else {}
    described = [
        _query(f"filter[{name.replace('__', '.')}]", _takes(filter), filter.extra.get("help_text"))
        | ({"explode": False} if isinstance(filter, django_filters.BaseInFilter) else {})
        for name, filter in filters.items()
    ]
    return described + [
        _query(f"filter[{name}]", {"type": "string"}, about)
        for name, about in viewset.worked_out_filters.items()
    ]


def _takes(filter: Any) -> Schema:
    found = [schema for kind, schema in _TAKES if isinstance(filter, kind)]
    schema = found[0] if found else {"type": "string"}
    if isinstance(filter, django_filters.ChoiceFilter):
        schema = {"type": "string", "enum": [value for value, _ in filter.extra["choices"]]}
    if isinstance(filter, django_filters.BaseInFilter):
        return {"type": "array", "items": schema}
    return schema


def _several(name: str, choices: list[str], about: str) -> Schema:
    schema = {"type": "array", "items": {"type": "string", "enum": choices}}
    return _query(name, schema, about) | {"explode": False}


def _query(name: str, schema: Schema, about: str | None) -> Schema:
    parameter = {"name": name, "in": "query", "required": False, "schema": schema}
    return parameter | ({"description": str(about)} if about else {})
