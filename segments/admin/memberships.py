"""The pages of memberships: who they are, their facts, the segments they are in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from segments.admin.choices import PickSeveral, pick_from
from segments.admin.paging import KeyPaginator
from segments.admin.row import RowAdmin, RowForm
from segments.admin.spaces import current_space, space_of
from segments.models import Membership, Segment
from segments.search import numbers_found
from segments.services import add_members, remove_members

MOST_FOUND = 1_000


class MembershipForm(RowForm):
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
        self.places: set[int] = set()
        if self.instance.pk:
            places = self.instance.segment_memberships.without_lists()
            self.places = set(places.values_list("segment_id", flat=True))
            self.initial["segments"] = list(self.places)

    def save_places(self) -> None:
        """Give and take away the places in segments that were changed here, and no others."""
        chosen = {segment.pk: segment for segment in self.cleaned_data["segments"]}
        member = [self.instance.pk]
        for number in chosen.keys() - self.places:
            add_members(segment=chosen[number], memberships=member)
        for segment in Segment.objects.filter(pk__in=self.places - chosen.keys()):
            remove_members(segment=segment, memberships=member)


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
    search_help_text = "A part of an external id, e-mail address, phone or name"
    empty_value_display = "–"
    fieldsets = [
        (
            None,
            {"fields": ["external_id", ("full_name", "birthday"), ("email", "phone")]},
        ),
        ("Orders", {"fields": [("total_orders", "total_order_value"), "last_order_at"]}),
        ("Segments", {"fields": ["segments"]}),
        ("Other facts", {"fields": ["facts"]}),
        ("Change the other facts, as JSON", {"fields": ["metadata"], "classes": ["collapse"]}),
    ]
    readonly_fields = ["facts"]

    @admin.display(description="As they came in")
    def facts(self, membership: Membership) -> SafeString:
        facts = sorted(membership.metadata.items())
        return format_html_join("", "<div>{}: <b>{}</b></div>", facts) or mark_safe("None.")

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
