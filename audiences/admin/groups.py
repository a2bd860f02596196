"""The pages of groups of audiences, and of tiers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Count, Sum
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from audiences.admin.group_members import GroupMembersPanel
from audiences.admin.group_overlap import GroupOverlapPanel
from audiences.admin.quintiles_page import quintiles_page
from audiences.admin.seen import may_see, seen
from audiences.admin.tiers_live import tier_urls
from audiences.admin.tiers_page import tiers_page
from audiences.models import Audience, AudienceGroup, GroupKind, GroupPlace
from audiences.rules import fields
from audiences.services import titles
from audiences.services.groups import (
    audiences_of_group,
    change_group,
    check_free,
    delete_group,
    order_group,
    users_of,
)
from audiences.services.standing import sizes
from segments.admin import RowAdmin, RowForm
from segments.admin.choices import PickSeveral, pick_from
from segments.services import save_row, with_unseen

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


_NAMED = 4  # audiences of a group, in the list of groups
_NONE = mark_safe("<span class='quiet'>none yet</span>")


class PickInOrder(PickSeveral):
    """Shows what is chosen in the order in which it is; a script makes of it a list that can be
    put into another."""

    class Media:
        css = {"all": ["audiences/group_order.css"]}
        js = [Script("audiences/group_order.js", defer=True)]

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
        help_text="Type a part of a name to add one. An audience is in one group at most.",
        error_messages={"invalid_choice": "Pick audiences of this space."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.here = audiences_of_group(self.instance) if self.instance.pk else []
        here = [one for one in self.here if may_see(self.request, one)]
        self.initial["in_order"] = [audience.pk for audience in here]
        audiences = seen(self.request, Audience.objects.filter(space=self.of_space))
        pick_from(self.fields["in_order"], audiences, self.of_space, titles)
        told = {number: known.size for number, known in sizes(here).items()}
        self.fields["in_order"].widget.attrs["data-in-order"] = json.dumps(told)

    def clean_in_order(self) -> list[Audience]:
        chosen = {str(audience.pk): audience for audience in self.cleaned_data["in_order"]}
        order = self["in_order"].value() or []
        audiences = with_unseen(
            [chosen[one] for one in dict.fromkeys(map(str, order)) if one in chosen],
            there=self.here,
            see=partial(seen, self.request),
        )
        try:
            check_free(audiences, group=self.instance)
        except ValidationError as error:  # another put them elsewhere since they were read
            raise ValidationError(error.messages) from error
        return audiences


@admin.register(AudienceGroup)
class AudienceGroupAdmin(RowAdmin):
    form = AudienceGroupForm
    list_display = ["name", "kind", "attribute_label", "audiences_in_order", "size"]
    search_fields = ["name"]
    search_help_text = "Name or description"
    ordering = ["-number"]

    def prepare_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        known = AudienceGroup.objects.filter(pk__in=[group.pk for group in rows]).order_by()
        counted = known.annotate(count=Count("places"), held=Sum("places__audience__status__size"))
        counts = {pk: found for pk, *found in counted.values_list("pk", "count", "held")}
        first = GroupPlace.objects.filter(group__in=counts, position__lt=_NAMED)
        places = [one for one in first.select_related("audience") if may_see(request, one.audience)]
        audiences = [place.audience for place in places]
        names, held = titles(audiences), sizes(audiences)
        shown: dict[int, list[tuple[str, int]]] = {number: [] for number in counts}
        for place in places:
            number = place.audience_id
            shown[place.group_id].append((names[number], held[number].size))
        for group in rows:
            group.count, group.held = counts[group.pk]
            group.first = shown[group.pk]

    @admin.display(description="Of")
    def attribute_label(self, group: AudienceGroup) -> str:
        return capfirst(fields.get(group.attribute).label) if group.attribute else ""

    @admin.display(description="Audiences and their members")
    def audiences_in_order(self, group: Any) -> SafeString:
        named = format_html_join(
            ", ", "{} <span class='quiet'>{}</span>", [(n, intcomma(s)) for n, s in group.first]
        )
        others = group.count - len(group.first)
        if not others:
            return named or _NONE
        return format_html("{}{} more", format_html("{} and ", named) if named else "", others)

    @admin.display(description="Members")
    def size(self, group: Any) -> str:
        """Of tiers: nobody is in two of them."""
        return str(intcomma(group.held or 0)) if group.is_tiered else ""

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

    def get_urls(self) -> list[Any]:
        return [*tier_urls(self), *super().get_urls()]

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


AudienceGroupAdmin.panels += [GroupOverlapPanel(), GroupMembersPanel()]
