"""Filtering and sorting of lists, as the query says; a slip is refused, never passed over."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters.constants import EMPTY_VALUES
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from segments.api.errors import Problem, Refused, shown, unknown_parameter
from segments.api.parameters import filters, read_sort


class Filters(BaseFilterBackend):
    """``filter[name]`` and ``filter[name.gte]``, by the view's ``filterset_class``."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        given = filters(request)
        known = view.filterset_class.base_filters if view.filterset_class else {}
        for name in given:
            if name.replace(".", "__") not in known or "__" in name:
                raise _unknown(name, [filter.replace("__", ".") for filter in known])
        if not given:
            return queryset
        values = {name.replace(".", "__"): value for name, value in given.items()}
        filterset = view.filterset_class(data=values, queryset=queryset, request=request)
        _check(filterset, given)
        rows: QuerySet[Any] = filterset.qs
        return rows


def _unknown(name: str, known: list[str]) -> Refused:
    """Says which filters there are; of a known field, which ways to compare."""
    field = name.partition(".")[0]
    near = [other for other in known if other.partition(".")[0] == field]
    names = near or list(dict.fromkeys(other.partition(".")[0] for other in known)) or ["none"]
    detail = f"There is no filter “{name}” here. There are {', '.join(names)}."
    return unknown_parameter(f"filter[{name}]", detail)


def _check(filterset: Any, given: dict[str, str]) -> None:
    """Refuse values that a filter can't read: also those that it would overlook."""
    problems = []
    for name, value in given.items():
        key = name.replace(".", "__")
        messages = filterset.form.errors.get(key, [])
        if messages or filterset.form.cleaned_data.get(key) in EMPTY_VALUES:
            why = " ".join(messages) or "Give true or false."
            detail = f"{shown(value)} is not possible in filter[{name}]: {why}"
            problems.append(Problem("invalid_parameter", detail, parameter=f"filter[{name}]"))
    if problems:
        raise Refused(400, *problems)


class Sorting(BaseFilterBackend):
    """``sort=-created_at,name``. Rows alike in that stay in their order: pages don't overlap."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        wanted = read_sort(request, view.ordering_fields)
        if not wanted:
            return queryset
        order = [f"-{name}" if descending else name for name, descending in wanted]
        return queryset.order_by(*order, "number")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = [sign + name for name in view.ordering_fields for sign in ("", "-")]
        schema = {"type": "array", "items": {"type": "string", "enum": names}}
        described = {
            "name": "sort",
            "in": "query",
            "required": False,
            "explode": False,
            "description": "What to sort by, the most important first; “-” from high to low.",
            "schema": schema,
        }
        return [described] if names else []
