"""The pages of audiences: a form for each type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from audiences.admin.forms import FORMS, AudienceForm
from audiences.admin.list_members import ListMembersPanel, list_urls
from audiences.admin.rule_builder import rule_builder_urls
from audiences.admin.seen import seen
from audiences.admin.sync_state import SyncPanel, sync_urls
from audiences.models import Audience
from audiences.services import summaries, warnings
from audiences.services.convert import Unsayable, in_pql
from audiences.types import registry
from segments.admin import RowAdmin


def titles(audiences: Sequence[Audience]) -> dict[int, str]:
    """What audiences are called, by their numbers: their names, else who is in them."""
    phrases = summaries([audience for audience in audiences if not audience.name])
    return {audience.pk: audience.name or capfirst(phrases[audience.pk]) for audience in audiences}


class TypeFilter(admin.SimpleListFilter):
    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.name, kind.label) for kind in registry.TYPES.values()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(audience_type=self.value()) if self.value() else queryset


class SummaryPanel:
    template = "admin/audiences/summary.html"

    def context(self, request: HttpRequest, row: Audience) -> Mapping[str, Any]:
        said = {"summary": summaries([row])[row.pk], "warnings": warnings([row])[row.pk]}
        return {**said, **_said_in_pql(row)}


def _said_in_pql(audience: Audience) -> dict[str, Any]:
    try:
        return {"pql": in_pql(audience)}
    except Unsayable as unsayable:
        return {"unsayable": unsayable.reasons}


@admin.register(Audience)
class AudienceAdmin(RowAdmin):
    list_display = ["title", "type_label", "summary"]
    list_display_links = ["title"]
    list_filter = [TypeFilter]
    search_fields = ["name", "description"]
    search_help_text = "Name, or the name of a segment in it"
    ordering = ["-number"]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return seen(request, rows)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if request.GET.get("only") == "lists":  # of a picker
            kinds = [name for name, kind in registry.TYPES.items() if kind.is_list]
            queryset = queryset.filter(audience_type__in=kinds)
        return super().get_search_results(request, queryset, search_term)

    def prepare_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        phrases = summaries(rows)
        for audience in rows:
            audience.summary = capfirst(phrases[audience.pk])

    @admin.display(description="Name")
    def title(self, audience: Any) -> str:
        return str(audience.name or audience.summary)

    @admin.display(description="Type")
    def type_label(self, audience: Audience) -> str:
        return audience.type.label

    @admin.display(description="Who is in it")
    def summary(self, audience: Any) -> str:
        return str(audience.summary) if audience.name else ""  # else it is called that

    def titles(self, rows: Sequence[Any]) -> Mapping[int, str]:
        return titles(rows)

    # The form of a type

    def form_class(self, request: HttpRequest, audience: Audience | None) -> type[AudienceForm]:
        name = audience.audience_type if audience else request.GET.get("type", "")
        return FORMS[name]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = self.form_class(request, obj)
        kwargs["fields"] = kwargs["form"].kept  # those of the type, the form itself declares
        return super().get_form(request, obj, change, **kwargs)

    def form_of_type(self, request: HttpRequest, name: str) -> type[AudienceForm]:
        """The form of a type for another page than its own: without a description."""
        form: type[AudienceForm] = super().get_form(request, fields=["name"], form=FORMS[name])
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        form = self.form_class(request, obj)
        kind = registry.get(form.audience_type)
        others = [name for name in ("name", "description") if name not in form.configured]
        return [
            (kind.label, {"fields": form.configured, "description": kind.help_text}),
            *([(None, {"fields": others})] if others else []),
        ]

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("type") in FORMS:
            return super().add_view(request, *args, **kwargs)
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Add audience",
            "types": [kind for name, kind in registry.TYPES.items() if name in FORMS],
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/audiences/choose_type.html", context)

    def get_urls(self) -> list[Any]:
        own = [*list_urls(self), *sync_urls(self), *rule_builder_urls(self)]
        return [*own, *super().get_urls()]

    def save_model(
        self, request: HttpRequest, obj: Audience, form: AudienceForm, change: bool
    ) -> None:
        form.define()


AudienceAdmin.panels += [SummaryPanel(), SyncPanel(), ListMembersPanel()]
