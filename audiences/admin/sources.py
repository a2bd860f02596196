"""The pages of sources: a form for each vendor, and the lists that a source has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from audiences.admin.forms.synced import interval_field, leaving_field, unknown_field
from audiences.admin.seen import denied_labels, may_see, seen
from audiences.admin.sync_state import said
from audiences.jobs import start_syncs
from audiences.models import Audience, Source, Sync
from audiences.services.first_sync import FirstSync, first_syncs
from audiences.services.sources import (
    ListOfSource,
    NoSuchLists,
    briefly,
    check_source,
    import_lists,
    lists_of,
    set_values,
)
from audiences.sources import registry
from audiences.sources.base import Kind, SourceError, Vendor, VendorList
from segments.admin import RowAdmin, RowForm
from segments.admin.steps import steps

if TYPE_CHECKING:
    from django.forms import PasswordInput as UnfoldPasswordInput
    from django.forms import TextInput as UnfoldTextInput
else:
    from unfold.widgets import UnfoldAdminPasswordWidget as UnfoldPasswordInput
    from unfold.widgets import UnfoldAdminTextInputWidget as UnfoldTextInput


_MOST_LOOKED_AT = 5  # lists: each is asked for while somebody waits
_MOST_HELD = 100  # lists that the page of a source shows
# Why a source can't be asked, that may be otherwise in a while.
_MAY_PASS = {"slow_down", "unreachable", "too_slow", "broken_off", "not_ready"}
STEPS = ["Where from", "Access", "Lists", "First sync", "Synced"]


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
                initial=self.instance.shown_settings.get(name, ""),
            )
        self.may_go_unchecked = False  # whether it may be saved though nobody knows if it opens

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
                self.add_error(self._field_at(name), problems)
        else:
            if {"key", *self.vendor.settings} & {*self.changed_data} or not self.instance.pk:
                self._check()
        return self.cleaned_data

    def _field_at(self, name: str) -> str | None:
        return next(iter(self.vendor.settings), None) if name == "settings" else name

    def _check(self) -> None:
        """Ask at once whether it opens: what is wrong is said at the key or the setting. One that
        doesn't answer now may be saved all the same."""
        if "unchecked" in self.data:
            return
        try:
            check_source(self.instance, patience=briefly())
        except SourceError as error:
            self.may_go_unchecked = error.code in _MAY_PASS
            at_key = error.code in ("key_refused", "not_allowed") or not self.vendor.settings
            self.add_error("key" if at_key else self._field_at("settings"), str(error))


class ListsPanel:
    template = "admin/sources/panel.html"

    def context(self, request: HttpRequest, row: Source) -> Mapping[str, Any]:
        return lists_context(request, row)


def lists_context(request: HttpRequest, source: Source) -> dict[str, Any]:
    """The audiences that hold the source's lists, and how the last sync of each went."""
    audiences = seen(request, Audience.objects.filter(synced_list__source=source))
    last = Sync.objects.filter(audience=OuterRef("pk")).order_by("-number").values("number")[:1]
    held: list[Any] = list(audiences.annotate(last=Subquery(last)).order_by("name")[:_MOST_HELD])
    syncs = Sync.objects.in_bulk([one.last for one in held if one.last])
    rows = [
        (one, sync, said(sync) if sync else "") for one in held for sync in [syncs.get(one.last)]
    ]
    return {
        "source": source,
        "rows": rows,
        "steps": steps(STEPS, len(STEPS) - 1),
        "is_at_work": any(sync is not None and sync.is_open for _, sync, _ in rows),
        "more": len(held) == _MOST_HELD,
    }


@admin.register(Source)
class SourceAdmin(RowAdmin):
    list_display = ["name", "vendor_label", "key", "audiences"]
    search_fields = ["name"]
    search_help_text = "Name"
    ordering = ["name"]
    add_form_template = "admin/sources/add.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        hidden = Q(synced_lists__audience__labels__overlap=denied_labels(request))
        counted = Count("synced_lists", filter=~hidden)
        return super().get_queryset(request).annotate(audiences=counted)

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
        chosen = request.GET.get("vendor") in registry.VENDORS
        at_step = {"steps": steps(STEPS, 1 if chosen else 0), "title": "Add source"}
        if chosen:
            kwargs["extra_context"] = at_step
            return super().add_view(request, *args, **kwargs)
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            **at_step,
            "vendors": registry.VENDORS.values(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/sources/choose_vendor.html", context)

    def response_add(self, request: HttpRequest, obj: Source, *args: Any) -> HttpResponse:
        """What it has is what one wants to see next."""
        return HttpResponseRedirect(reverse("admin:audiences_source_lists", args=[obj.pk]))

    # Its lists

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:number>/lists/", wrap(self.lists_view), name="audiences_source_lists"),
            path("<int:number>/state/", wrap(self.state_view), name="audiences_source_state"),
            *super().get_urls(),
        ]

    def _source(self, request: HttpRequest, number: int) -> Source:
        source: Source | None = self.get_object(request, str(number))
        if source is None:
            raise Http404(f"There is no source {number} in your spaces.")
        return source

    def state_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """The part of its page that tells how the syncs go."""
        context = lists_context(request, self._source(request, number))
        return render(request, "admin/sources/panel.html", context)

    def lists_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """The lists that the source has at this moment, to make audiences of; with ``look``, what a
        first sync of those that are ticked would do."""
        source = self._source(request, number)
        options = ListOptionsForm(
            None if "look" in request.POST else request.POST or None, label_suffix=""
        )
        ticked = _ticked(request, source)
        looks: list[Any] = []
        try:
            if request.method == "POST" and ticked and options.is_valid():
                return self._import(request, source, ticked, options.options())
            lists, problem = lists_of(source, patience=briefly()), ""
            if ticked:
                looks = _look(source, ticked, lists)
        except (SourceError, NoSuchLists) as error:
            lists, problem = [], str(error)
        if request.method == "POST" and not ticked:
            messages.warning(request, "Nothing was made: tick lists that no audience holds yet.")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Lists of {source}",
            "opts": self.opts,
            "original": source,
            "steps": steps(STEPS, 3 if looks else 2),
            "lists": [(one, one.audience and may_see(request, one.audience)) for one in lists],
            "looks": looks,
            "several_kinds": len(source.kind.kinds) > 1,
            "problem": problem,
            "options": options,
        }
        page = "admin/sources/first_sync.html" if looks else "admin/sources/lists.html"
        return TemplateResponse(request, page, context)

    @transaction.atomic
    def _import(
        self,
        request: HttpRequest,
        source: Source,
        ticked: Sequence[tuple[Kind, str]],
        options: Mapping[str, Any],
    ) -> HttpResponse:
        """All of them, of whatever kinds, or none."""
        made: list[Audience] = []
        for kind in source.kind.kinds:
            if ids := [id for of, id in ticked if of == kind]:
                done = import_lists(
                    source=source,
                    ids=ids,
                    kind=kind,
                    options=options,
                    patience=briefly(),
                    afterwards=partial(start_syncs, at=timezone.now()),
                )
                made += done.made.values()
        if not made:
            messages.warning(request, "Nothing was made: tick lists that no audience holds yet.")
            return HttpResponseRedirect(request.path)
        told = "1 audience is" if len(made) == 1 else f"{len(made)} audiences are"
        messages.success(request, f"{told} made, and being synced.")
        page = reverse("admin:audiences_source_change", args=[source.pk])
        return HttpResponseRedirect(f"{page}#lists")

    def titles(self, rows: Sequence[Any]) -> Mapping[int, str]:
        return {row.pk: row.name for row in rows}


def _ticked(request: HttpRequest, source: Source) -> list[tuple[Kind, str]]:
    """Of each list that is ticked, what it is called there and its id."""
    values = [value.partition(":") for value in request.POST.getlist("list")]
    return [(Kind(kind), id) for kind, _, id in values if kind in source.kind.kinds and id]


def _look(
    source: Source, ticked: Sequence[tuple[Kind, str]], lists: Sequence[ListOfSource]
) -> list[tuple[VendorList, FirstSync | None]]:
    """What a first sync would do, of the first few of those ticked; of the others, nothing."""
    found = {(one.found.kind, one.found.id): one.found for one in lists if not one.audience}
    asked = [key for key in ticked if key in found]
    told = first_syncs(source=source, lists=asked[:_MOST_LOOKED_AT], patience=briefly())
    return [
        (found[key], told[place] if place < len(told) else None) for place, key in enumerate(asked)
    ]


class ListOptionsForm(forms.Form):
    """How the lists that are ticked are synced; ``options`` are those of a synced audience."""

    interval = interval_field()
    unknown = unknown_field()
    removable_share = leaving_field()

    def options(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        return {**chosen, "removable_share": chosen["removable_share"] / 100}


SourceAdmin.panels.append(ListsPanel())
