"""The pages of offers: what, when, and to which audiences, on one page."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from audiences.services import summaries
from offers.admin.audiences_in_place import AudiencesInPlace
from offers.admin.schedule import LABELS, glance, scheduled
from offers.models import Offer, Schedule
from offers.visibility import count_viewers
from segments.admin import RowAdmin, RowForm
from segments.admin.spaces import current_space
from segments.models import Membership

if TYPE_CHECKING:
    from django.contrib.admin.widgets import AdminSplitDateTime as UnfoldMoment
else:
    from unfold.widgets import UnfoldAdminSplitDateTimeWidget as UnfoldMoment


class MomentField(forms.SplitDateTimeField):
    """A date and a time; where no time is given, ``time`` it is."""

    def __init__(self, time: datetime.time, **kwargs: Any) -> None:
        self._time = time
        super().__init__(widget=UnfoldMoment(), required=False, **kwargs)

    def compress(self, data_list: Any) -> datetime.datetime | None:
        if data_list and data_list[0] and data_list[1] in self.empty_values:
            data_list = [data_list[0], self._time]
        return super().compress(data_list)


class OfferForm(RowForm):
    publish_at = MomentField(
        datetime.time(0, 0),
        label="Visible from",
        help_text="Empty: at once. A date without a time: from the beginning of that day",
    )
    expire_at = MomentField(
        datetime.time(23, 59, 59),
        label="Visible until",
        help_text="Empty: for ever. A date without a time: to the end of that day",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for moment in ("publish_at", "expire_at"):
            self.fields[moment].help_text += f", by the clock of {self.of_space.time_zone}."
        data: Any = self.data if self.is_bound else None
        self.audiences = AudiencesInPlace(self.request, self.instance, data)

    @property
    def media(self) -> Any:
        return super().media + self.audiences.media

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        if not self.audiences.is_valid():
            look = "One of its audiences is not right yet: look there."
            self.add_error(None, self.audiences.problems or [look])
        return self.cleaned_data


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


class CategoryFilter(admin.SimpleListFilter):
    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        offers = Offer.objects.filter(space=current_space(request)).exclude(category="")
        names = offers.order_by("category").values_list("category", flat=True).distinct()
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(category=self.value()) if self.value() else queryset


@admin.register(Offer)
class OfferAdmin(RowAdmin):
    form = OfferForm
    change_form_template = "admin/offers/change_form.html"
    list_display = ["name", "state", "time", "who", "category"]
    list_filter = [ScheduleFilter, CategoryFilter]
    search_fields = ["name", "external_id"]
    search_help_text = "Name or external id"
    ordering = ["-number"]
    fieldsets = [
        (None, {"fields": ["name", "publish_at", "expire_at"]}),
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
        phrases = summaries_of(rows)
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

    # The page of one

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        first, *others = super().get_fieldsets(request, obj)
        if obj is not None:
            first = (first[0], {"fields": [*first[1]["fields"], "discontinued"]})
        return [first, *others]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        offer = kwargs.get("obj")
        context["audiences"] = context["adminform"].form.audiences
        context["show_save_and_continue"] = False  # saving stays on the page
        if offer is not None and not context["errors"]:  # then it isn't as it is saved
            audiences = list(offer.audiences.all())
            context["glance"] = glance(offer, timezone.now())
            context["who"] = who(offer, summaries(audiences))
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

    # How many may see it

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.viewers_view)
        return [
            path("<int:number>/viewers/", view, name="offers_offer_viewers"),
            *super().get_urls(),
        ]

    def viewers_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Counted on its own, after the page is there: it reads every membership's facts."""
        offer: Offer | None = self.get_object(request, str(number))
        if offer is None:
            raise Http404(f"There is no offer {number} in your spaces.")
        now = timezone.now()
        state = offer.schedule(now)
        at = offer.publish_at if state == Schedule.UNPUBLISHED and offer.publish_at else now
        context = {
            "offer": offer,
            "state": state,
            "viewers": count_viewers(offer=offer, at=at),
            "everybody": Membership.objects.filter(space=offer.space_id).count(),
            "counted_at": now,
        }
        return TemplateResponse(request, "admin/offers/viewers.html", context)


def summaries_of(offers: Sequence[Offer]) -> dict[int, str]:
    """For the audiences of all the offers, prefetched, what ``summaries`` says."""
    aimed = {each.pk: each for offer in offers for each in offer.audiences.all()}
    return summaries(aimed.values())


def who(offer: Offer, phrases: dict[int, str]) -> str:
    """Which members may see the offer: “aged 18 to 35, and in Gold tier”. Empty: everybody."""
    return ", and ".join(phrases[audience.pk] for audience in offer.audiences.all())
