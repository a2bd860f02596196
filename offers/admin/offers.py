"""The pages of offers: what, when, and to which audiences, on one page."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from offers.admin.as_member import AsMemberPanel, as_member_view
from offers.admin.calendar_page import calendar_view
from offers.admin.duplicate_page import duplicate_view
from offers.admin.filters import CategoryFilter, ScheduleFilter, SoonFilter, WhoFilter
from offers.admin.form import OfferForm
from offers.admin.schedule import glance, timeline
from offers.admin.viewers import audience_lines, counts_view, phrases_seen, viewers_view
from offers.admin.withdrawing import discontinue, put_back
from offers.models import Offer, Schedule
from segments.admin import RowAdmin


@admin.register(Offer)
class OfferAdmin(RowAdmin):
    form = OfferForm
    change_form_template = "admin/offers/change_form.html"
    list_before_template = "admin/offers/above_the_list.html"
    list_display = ["name", "state", "time", "who", "viewers", "category"]
    list_filter = [ScheduleFilter, SoonFilter, WhoFilter, CategoryFilter]
    actions = [discontinue, put_back]
    search_fields = ["name", "external_id"]
    search_help_text = "Name or external id"
    ordering = ["-number"]
    fieldsets = [
        (None, {"fields": ["name", "publish_at", "expire_at", "discontinued"]}),
        (
            "More about it",
            {"fields": [("category", "external_id"), "description"], "classes": ["collapse"]},
        ),
        (
            "Data for programs",
            {"fields": ["custom_data"], "classes": ["collapse"]},
        ),
    ]

    # The list

    def prepare_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        prefetch_related_objects(rows, "audiences")
        aimed = [audience for offer in rows for audience in offer.audiences.all()]
        phrases = phrases_seen(request, aimed)
        now = timezone.now()
        for offer in rows:
            offer.glance = glance(offer, now)
            offer.who = capfirst(who(offer, phrases)) or "Everybody"

    @admin.display(description="Schedule")
    def state(self, offer: Any) -> SafeString:
        return render_to_string("admin/offers/state.html", {"glance": offer.glance})

    @admin.display(description="When")
    def time(self, offer: Any) -> SafeString:
        return render_to_string("admin/offers/time.html", {"glance": offer.glance})

    @admin.display(description="Who may see it")
    def who(self, offer: Any) -> str:
        return str(offer.who)

    @admin.display(description="How many may see it")
    def viewers(self, offer: Any) -> SafeString | str:
        if offer.glance.state in (Schedule.LIVE, Schedule.UNPUBLISHED):
            return format_html('<span id="viewers-{}" class="quiet">…</span>', offer.pk)
        return "Nobody"

    # The page of one

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A day of the calendar that was clicked: the offer begins with it."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        asked = initial.pop("publish_at", None)
        if asked is None:
            return initial
        try:
            day = parse_date(asked)
        except ValueError:
            day = None
        if day is None:
            messages.warning(request, f"“{asked}” is not a date: fill in when it begins.")
            return initial
        begin = timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
        return {**initial, "publish_at": begin}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        offer = kwargs.get("obj")
        context["audiences"] = context["adminform"].form.audiences
        context["show_save_and_continue"] = False  # saving stays on the page
        if offer is not None and not context["errors"]:  # then it isn't as it is saved
            now, audiences = timezone.now(), list(offer.audiences.all())
            context["glance"] = glance(offer, now)
            context["timeline"] = timeline(offer, now)
            phrases = phrases_seen(request, audiences)
            context["who"] = who(offer, phrases)
            context["lines"] = audience_lines(request, audiences, phrases)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(
        self, request: HttpRequest, form: OfferForm, formsets: Any, change: bool
    ) -> None:
        form.audiences.save()

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        message: Any = super().construct_change_message(request, form, formsets, add)
        if not add and form.audiences.has_changed():
            message = [*message, {"changed": {"fields": ["audiences"]}}]
        return message

    def response_post_save_add(self, request: HttpRequest, obj: Offer) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:offers_offer_change", args=[obj.pk]))

    def response_post_save_change(self, request: HttpRequest, obj: Offer) -> HttpResponseRedirect:
        return self.response_post_save_add(request, obj)

    def get_urls(self) -> list[Any]:
        views: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            ("calendar/", "calendar", calendar_view),
            ("counts/", "counts", counts_view),
            ("<int:number>/viewers/", "viewers", viewers_view),
            ("<int:number>/as-member/", "as_member", as_member_view),
            ("<int:number>/duplicate/", "duplicate", duplicate_view),
        ]
        own = [
            path(
                route,
                self.admin_site.admin_view(partial(view, admin=self)),
                name=f"offers_offer_{name}",
            )
            for route, name, view in views
        ]
        return [*own, *super().get_urls()]


OfferAdmin.panels.append(AsMemberPanel())


def who(offer: Offer, phrases: dict[int, str]) -> str:
    """Which members may see the offer: “aged 18 to 35, and in Gold tier”. Empty: everybody."""
    return ", and ".join(phrases[audience.pk] for audience in offer.audiences.all())
