"""Filters that several resources share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db import models
from django.db.models import Q, QuerySet
from django_filters.rest_framework import FilterSet

EQUALS = ["exact", "in"]
TEXT = ["exact", "in", "iexact", "icontains", "istartswith"]
ORDERED = ["exact", "gt", "gte", "lt", "lte"]
NULLABLE = ["isnull"]


class UUIDInFilter(django_filters.BaseInFilter, django_filters.UUIDFilter):  # type: ignore[misc]  # the library is untyped
    """Any of several ids, between commas."""


class ResourceFilters(FilterSet):  # type: ignore[misc]
    """Filters by columns, ``filter[name.gte]``, and by the id; ``search`` looks through texts."""

    searched: Sequence[str] = ()

    id = django_filters.UUIDFilter()
    id__in = UUIDInFilter(field_name="id", lookup_expr="in")

    class Meta:
        filter_overrides = {
            models.DateTimeField: {"filter_class": django_filters.IsoDateTimeFilter},
        }

    def search(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        found = Q()
        for field in self.searched:
            found |= Q(**{f"{field}__icontains": text})
        return rows.filter(found)


class SearchFilter(django_filters.CharFilter):  # type: ignore[misc]
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(method="search", **kwargs)
