"""What the list of audiences is narrowed by."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, Func
from django.http import HttpRequest

from audiences.admin.seen import denied_labels
from audiences.models import Audience, Lifecycle
from audiences.types import registry
from segments.admin.spaces import current_space


class TypeFilter(admin.SimpleListFilter):
    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.name, kind.label) for kind in registry.TYPES.values()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(audience_type=self.value()) if self.value() else queryset


class StateFilter(admin.SimpleListFilter):
    """By lifecycle, and those that are off or can't be worked out."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Lifecycle.choices, ("off", "Off"), ("failed", "Failed")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value()
        if chosen == "off":
            return queryset.filter(enabled=False)
        if chosen == "failed":
            kept = queryset.filter(enabled=True, lifecycle=Lifecycle.PUBLISHED)
            return kept.exclude(status__failed_at=None)
        return queryset.filter(lifecycle=chosen) if chosen in Lifecycle else queryset


class LabelFilter(admin.SimpleListFilter):
    title = "label"
    parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        audiences = Audience.objects.filter(space=current_space(request)).order_by()
        labels = audiences.annotate(label=Func(F("labels"), function="unnest"))
        known = set(labels.values_list("label", flat=True).distinct())
        return [(label, label) for label in sorted(known - set(denied_labels(request)))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.with_labels([self.value()]) if self.value() else queryset
