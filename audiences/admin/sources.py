"""The pages of sources: a form for each vendor, and the lists that a source has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from audiences.admin.forms.synced import interval_field, unknown_field
from audiences.jobs import start_syncs
from audiences.models import Audience, Source
from audiences.services.sources import (
    NoSuchLists,
    briefly,
    import_lists,
    lists_of,
    set_values,
)
from audiences.sources import registry
from audiences.sources.base import SourceError, Vendor
from segments.admin import RowAdmin, RowForm

if TYPE_CHECKING:
    from django.forms import PasswordInput as UnfoldPasswordInput
    from django.forms import TextInput as UnfoldTextInput
else:
    from unfold.widgets import UnfoldAdminPasswordWidget as UnfoldPasswordInput
    from unfold.widgets import UnfoldAdminTextInputWidget as UnfoldTextInput


class SourceForm(RowForm):
    """A source of one vendor: its name, its key, and the vendor's settings as fields."""

    vendor: ClassVar[Vendor]

    key = forms.CharField(
        required=False,
        widget=UnfoldPasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=1000,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.vendor = self.vendor.name
        key = self.fields["key"]
        key.help_text = self.vendor.key_help
        if self.instance.has_key:
            ending = f", which ends in “{self.instance.key_ending}”" * bool(
                self.instance.key_ending
            )
            key.help_text += f" Left empty, the key that there is{ending}, stays."
        for name, about in self.vendor.settings.items():
            self.fields[name] = forms.CharField(
                label=name.capitalize().replace("Url", "URL"),
                widget=UnfoldTextInput,
                help_text=about,
                initial=self.instance.settings.get(name, ""),
            )

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        if self.errors:
            return self.cleaned_data
        settings = {name: self.cleaned_data[name] for name in self.vendor.settings}
        key = self.cleaned_data["key"]
        keeps = not key and self.instance.has_key
        try:
            set_values(self.instance, settings=settings, key=None if keeps else key)
        except ValidationError as error:
            for name, problems in error.message_dict.items():
                at = next(iter(self.vendor.settings), None) if name == "settings" else name
                self.add_error(at, problems)
        return self.cleaned_data


class ListsPanel:
    template = "admin/sources/panel.html"

    def context(self, request: HttpRequest, row: Source) -> Mapping[str, Any]:
        audiences = Audience.objects.filter(synced_list__source=row)
        return {"source": row, "audiences": audiences.order_by("name")}


@admin.register(Source)
class SourceAdmin(RowAdmin):
    list_display = ["name", "vendor_label", "key", "audiences"]
    search_fields = ["name"]
    search_help_text = "Name"
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(audiences=Count("synced_lists"))

    @admin.display(description="From")
    def vendor_label(self, source: Source) -> str:
        return source.kind.label

    @admin.display(description="Key")
    def key(self, source: Source) -> str:
        if not source.has_key:
            return "none"
        return f"…{source.key_ending}" if source.key_ending else "given"

    @admin.display(description="Audiences")
    def audiences(self, source: Any) -> int:
        return int(source.audiences)

    # The form of a vendor

    def _vendor(self, request: HttpRequest, source: Source | None) -> Vendor:
        return source.kind if source else registry.get(request.GET.get("vendor", ""))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs |= {"form": SourceForm, "fields": ["name"]}
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"vendor": self._vendor(request, obj)})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        vendor = self._vendor(request, obj)
        fields = ["name", *vendor.settings, "key"]
        return [(vendor.label, {"fields": fields, "description": vendor.help_text})]

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("vendor") in registry.VENDORS:
            return super().add_view(request, *args, **kwargs)
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Add source",
            "vendors": registry.VENDORS.values(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/sources/choose_vendor.html", context)

    # Its lists

    def get_urls(self) -> list[Any]:
        lists = self.admin_site.admin_view(self.lists_view)
        name = "audiences_source_lists"
        return [path("<int:number>/lists/", lists, name=name), *super().get_urls()]

    def lists_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """The lists that the source has at this moment, to make audiences of."""
        source: Source | None = self.get_object(request, str(number))
        if source is None:
            raise Http404(f"There is no source {number} in your spaces.")
        options = ListOptionsForm(request.POST or None, label_suffix="")
        try:
            if request.method == "POST" and options.is_valid():
                return self._import(request, source, options.cleaned_data)
            lists, problem = lists_of(source, sleep=briefly()), ""
        except (SourceError, NoSuchLists) as error:
            lists, problem = [], str(error)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Lists of {source}",
            "opts": self.opts,
            "original": source,
            "lists": lists,
            "several_kinds": len(source.kind.kinds) > 1,
            "problem": problem,
            "options": options,
        }
        return TemplateResponse(request, "admin/sources/lists.html", context)

    def _import(
        self, request: HttpRequest, source: Source, options: Mapping[str, Any]
    ) -> HttpResponse:
        ticked = [value.partition(":") for value in request.POST.getlist("list")]
        made: list[Audience] = []
        for kind in source.kind.kinds:
            if ids := [id for of, _, id in ticked if of == kind]:
                done = import_lists(
                    source=source,
                    ids=ids,
                    kind=kind,
                    options=options,
                    sleep=briefly(),
                    afterwards=partial(start_syncs, at=timezone.now()),
                )
                made += done.made.values()
        if not made:
            messages.warning(request, "Nothing was made: tick lists that no audience holds yet.")
            return HttpResponseRedirect(request.path)
        said = "1 audience is" if len(made) == 1 else f"{len(made)} audiences are"
        messages.success(request, f"{said} made, and being synced.")
        return HttpResponseRedirect(f"{reverse('admin:audiences_audience_changelist')}?type=synced")

    def titles(self, rows: Sequence[Any]) -> Mapping[int, str]:
        return {row.pk: row.name for row in rows}


class ListOptionsForm(forms.Form):
    interval = interval_field()
    unknown = unknown_field()


SourceAdmin.panels.append(ListsPanel())
