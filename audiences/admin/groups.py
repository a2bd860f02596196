"""The pages of groups of audiences, and of tiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audiences.admin.audiences import titles
from audiences.admin.group_members import GroupMembersPanel
from audiences.admin.quintiles_page import quintiles_page
from audiences.admin.seen import seen
from audiences.admin.tiers_page import tiers_page
from audiences.models import Audience, AudienceGroup, GroupKind
from audiences.rules import fields
from audiences.services.groups import (
    audiences_of_group,
    change_group,
    delete_group,
    order_group,
    users_of,
)
from segments.admin import RowAdmin, RowForm
from segments.admin.choices import PickSeveral, pick_from
from segments.services import save_row

_KINDS = [
    ("plain", "A group", "Audiences that belong together, in an order of your own."),
    (
        "tiers",
        "Tiers",
        "Bands of a number, an amount or a date: a member is in one of them. You see who would be "
        "in which before you save.",
    ),
    (
        "rfm",
        "Recency, frequency, monetary",
        "Three groups at once, of five tiers of one size each: by the last order, the number of "
        "orders and their value.",
    ),
]


class PickInOrder(PickSeveral):
    """Shows what is chosen in the order in which it is."""

    def optgroups(self, name: str, value: list[Any], attrs: Any = None) -> Any:
        [(label, options, place)] = super().optgroups(name, value, attrs)
        options.sort(key=lambda option: value.index(str(option["value"])))
        return [(label, options, place)]


class AudienceGroupForm(RowForm):
    """A plain group."""

    in_order = forms.ModelMultipleChoiceField(
        label="Audiences",
        queryset=Audience.objects.none(),
        widget=PickInOrder,
        required=False,
        help_text="In this order. To move one to the end, take it out and pick it again.",
        error_messages={"invalid_choice": "Pick audiences that are in no other group."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = Q(place=None)
        if self.instance.pk:
            free |= Q(place__group=self.instance)
            here = audiences_of_group(self.instance)
            self.initial["in_order"] = [audience.pk for audience in here]
        audiences = seen(self.request, Audience.objects.filter(free, space=self.of_space))
        pick_from(self.fields["in_order"], audiences, self.of_space, titles)

    def clean_in_order(self) -> list[Audience]:
        chosen = {str(audience.pk): audience for audience in self.cleaned_data["in_order"]}
        order = self["in_order"].value() or []
        return [chosen[number] for number in dict.fromkeys(map(str, order)) if number in chosen]


@admin.register(AudienceGroup)
class AudienceGroupAdmin(RowAdmin):
    form = AudienceGroupForm
    list_display = ["name", "kind", "attribute_label", "size"]
    search_fields = ["name"]
    search_help_text = "Name or description"
    ordering = ["-number"]

    def prepare_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        counted = AudienceGroup.objects.filter(pk__in=[group.pk for group in rows]).order_by()
        counts = dict(counted.annotate(count=Count("places")).values_list("pk", "count"))
        for group in rows:
            group.size = counts.get(group.pk, 0)

    @admin.display(description="Of")
    def attribute_label(self, group: AudienceGroup) -> str:
        return fields.get(group.attribute).label if group.attribute else ""

    @admin.display(description="Audiences")
    def size(self, group: Any) -> str:
        return str(group.size)

    # One page for each kind

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kind = request.GET.get("kind")
        if not self.has_add_permission(request):
            raise PermissionDenied
        if kind == GroupKind.TIERS:
            return tiers_page(request, self)
        if kind == GroupKind.RFM:
            return quintiles_page(request, self)
        if kind == GroupKind.PLAIN:
            return super().add_view(request, *args, **kwargs)
        context = {
            **self.admin_site.each_context(request),
            "title": "Add group",
            "kinds": _KINDS,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/groups/choose_kind.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        group = self.get_object(request, object_id)
        if group is None or not group.is_tiered:
            return super().change_view(request, object_id, *args, **kwargs)
        if not self.has_change_permission(request, group):
            raise Http404(f"There is no group {object_id} in your spaces.")
        return tiers_page(request, self, group)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["fields"] = ["name", "description"]  # the form itself declares the audiences
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": ["name", "in_order", "description"]})]

    def save_model(self, request: HttpRequest, obj: AudienceGroup, form: Any, change: bool) -> None:
        if change:
            change_group(obj, audiences=form.cleaned_data["in_order"])
        else:
            save_row(obj)
            order_group(group=obj, audiences=form.cleaned_data["in_order"])

    # Deleting

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Tiers go with their group, unless something uses one."""
        named: list[str] = []
        users: dict[models.Model, None] = {}
        for group in objs:
            tiers = audiences_of_group(group) if group.is_tiered else []
            called = f" with its {len(tiers)} tiers" if tiers else ""
            named.append(f"{group}{called}")
            users |= dict.fromkeys(user for each in users_of(tiers).values() for user in each)
        count = {str(self.opts.verbose_name_plural): len(objs)}
        return named, count, set(), self.links(request, users)

    def delete_model(self, request: HttpRequest, obj: AudienceGroup) -> None:
        delete_group(group=obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: Iterable[AudienceGroup]) -> None:
        for group in queryset:
            delete_group(group=group)

    def titles(self, rows: Sequence[Any]) -> Mapping[int, str]:
        return {group.pk: group.name for group in rows}


AudienceGroupAdmin.panels.append(GroupMembersPanel())
