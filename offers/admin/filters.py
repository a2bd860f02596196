"""What the list of offers is narrowed by."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from offers.admin.schedule import LABELS, scheduled
from offers.models import Offer, Schedule
from segments.admin.spaces import current_space
from segments.models import Space

_SOON = datetime.timedelta(days=7)


def categories(space: Space | None) -> list[str]:
    """Those that the space's offers have."""
    offers = Offer.objects.filter(space=space).exclude(category="")
    return list(offers.order_by("category").values_list("category", flat=True).distinct())


class ScheduleFilter(admin.SimpleListFilter):
    title = "schedule"
    parameter_name = "schedule"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(state), label) for state, label in LABELS.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value()
        if chosen not in list(Schedule):
            return queryset
        return queryset.filter(scheduled(Schedule(chosen), timezone.now()))


class SoonFilter(admin.SimpleListFilter):
    title = "what is next"
    parameter_name = "soon"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("starts", "Starts within 7 days"), ("ends", "Ends within 7 days")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        moment = {"starts": "publish_at", "ends": "expire_at"}.get(self.value() or "")
        if moment is None:
            return queryset
        soon = {f"{moment}__gt": now, f"{moment}__lte": now + _SOON}
        return queryset.filter(discontinued=False, **soon)


class WhoFilter(admin.SimpleListFilter):
    title = "who may see it"
    parameter_name = "for"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("everybody", "Everybody"), ("audiences", "Members of audiences")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        aimed = queryset.filter(audiences__isnull=False).values("pk")
        if self.value() == "everybody":
            return queryset.exclude(pk__in=aimed)
        return queryset.filter(pk__in=aimed) if self.value() == "audiences" else queryset


class CategoryFilter(admin.SimpleListFilter):
    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in categories(current_space(request))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(category=self.value()) if self.value() else queryset
