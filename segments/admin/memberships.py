"""The pages of memberships: who they are, their facts, the segments they are in."""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone

from segments.admin.choices import PickSeveral, pick_from
from segments.admin.metadata import MetadataField
from segments.admin.paging import KeyPaginator
from segments.admin.placing import place_view
from segments.admin.row import RowAdmin, RowForm
from segments.admin.spaces import current_space, space_of
from segments.models import Membership, Segment, SegmentMembership
from segments.search import numbers_found
from segments.services import add_members, remove_members

MOST_FOUND = 1_000


class MembershipForm(RowForm):
    metadata = MetadataField(
        help_text="What else is known, by its name. To take a fact out, empty its name and value.",
    )
    segments = forms.ModelMultipleChoiceField(
        queryset=Segment.objects.none(),
        required=False,
        widget=PickSeveral,
        help_text="Type a part of a segment's name, then pick it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segments = Segment.objects.without_lists().filter(space=self.of_space)
        pick_from(self.fields["segments"], segments, self.of_space)
        if "metadata" in self.fields:
            self.fields["metadata"].known = frozenset(self.instance.metadata)  # type: ignore[attr-defined]
        self.places: set[int] = set()
        if self.instance.pk:
            places = self.instance.segment_memberships.without_lists()
            self.places = set(places.values_list("segment_id", flat=True))
            self.initial["segments"] = list(self.places)

    def clean_last_order_at(self) -> datetime.datetime | None:
        """To the second, as it is shown; and where it wasn't changed, as exactly as it is."""
        if "last_order_at" not in self.changed_data:
            kept: datetime.datetime | None = self.instance.last_order_at
            return kept
        given: datetime.datetime | None = self.cleaned_data["last_order_at"]
        return given

    def save_places(self) -> None:
        """Give and take away the places in segments that were changed here, and no others."""
        chosen = {segment.pk: segment for segment in self.cleaned_data["segments"]}
        member = [self.instance.pk]
        for number in chosen.keys() - self.places:
            add_members(segment=chosen[number], memberships=member)
        for segment in Segment.objects.filter(pk__in=self.places - chosen.keys()):
            remove_members(segment=segment, memberships=member)


def age(membership: Membership, at: datetime.datetime) -> int | None:
    """In full years, by the clock of the space."""
    born, today = membership.birthday, membership.space.date_at(at)
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@admin.register(Membership)
class MembershipAdmin(RowAdmin):
    form = MembershipForm
    list_display = [
        "full_name",
        "external_id",
        "email",
        "birthday",
        "total_orders",
        "total_order_value",
        "last_order_at",
    ]
    list_display_links = ["full_name", "external_id"]
    ordering = ["number"]
    paginator = KeyPaginator
    sortable_by = ["external_id"]
    search_fields = ["external_id", "email", "phone", "full_name"]  # segments.search says how
    search_help_text = "A part of a name, e-mail, phone or id"
    empty_value_display = "–"
    actions = ["place"]
    change_form_template = "admin/segments/membership.html"
    fieldsets = [
        (
            "Who",
            {"fields": ["external_id", ("full_name", "birthday"), ("email", "phone")]},
        ),
        ("Orders", {"fields": [("total_orders", "total_order_value"), "last_order_at"]}),
        ("Segments", {"fields": ["segments"]}),
        ("Other facts", {"fields": ["metadata"]}),
    ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        membership: Membership | None = kwargs.get("obj")
        if membership is not None and not context["errors"]:  # then it isn't as it is saved
            context["age"] = age(membership, timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="Put into segments, or take out of them")
    def place(self, request: HttpRequest, rows: Any) -> HttpResponse:
        ticked = urlencode([("member", row.pk) for row in rows])
        return HttpResponseRedirect(f"{reverse('admin:segments_membership_place')}?{ticked}")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(place_view)
        place = path("place/", view, {"admin": self}, name="segments_membership_place")
        return [place, *super().get_urls()]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        names, counts, needed, held = super().get_deleted_objects(objs, request)
        places = SegmentMembership.objects.filter(membership__in=objs).count()
        return names, {**counts, "places in segments and lists": places}, needed, held

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """The first thousand: nobody turns more pages."""
        space = space_of(request, request.GET.get("space")) or current_space(request)
        if not search_term or space is None:
            return queryset, False
        found = numbers_found(space=space, words=search_term.strip())
        return queryset.filter(pk__in=list(found[:MOST_FOUND])), False

    def save_related(
        self, request: HttpRequest, form: MembershipForm, formsets: Any, change: bool
    ) -> None:
        form.save_places()
