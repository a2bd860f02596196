"""On an audience's page: the days and hours at which all members are asked anew, seen and set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.text import get_text_list

from audience_platform.models import RefreshSchedule
from audience_platform.models.refresh_schedule import DAY
from audience_platform.refresh_schedules import keep_schedule
from audiences.models import Audience
from segments.admin.row import page_url, show_part
from segments.services import delete_row

if TYPE_CHECKING:
    from segments.admin import RowAdmin

PAGE = "refresh-times"
_TEMPLATE = "admin/audiences/refresh_times.html"
_DAYS = dict(enumerate(["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]))
_WEEK = [*range(1, 7), 0]  # as calendars here show it


def _ticks(choices: list[tuple[int, str]], missing: str) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        choices=choices,
        coerce=int,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "tick"}),
        error_messages={"required": missing},
    )


class RefreshTimesForm(forms.Form):
    days = _ticks([(day, _DAYS[day]) for day in _WEEK], "Tick one day or more.")
    hours = _ticks([(hour, f"{hour:02}:00") for hour in DAY], "Tick one hour or more.")
    time_zone = forms.CharField(
        widget=forms.TextInput(attrs={"class": "field", "aria-describedby": "time-zone-help"}),
        error_messages={"required": "Give a time zone, e.g. Europe/Amsterdam."},
    )


class RefreshTimesPanel:
    template = _TEMPLATE

    def context(self, request: HttpRequest, row: Audience) -> Mapping[str, Any]:
        return _told(row)


def refresh_times_view(request: HttpRequest, row: Audience, admin: RowAdmin) -> HttpResponse:
    """Keep the times that are sent, or take them away; what is wrong with them is said above."""
    form = None
    if request.method == "POST" and request.POST.get("action") == "remove":
        if (schedule := _schedule(row)) is not None:
            delete_row(schedule)
        messages.success(request, "There are no set times any more.")
        return _back(row)
    if request.method == "POST":
        form = RefreshTimesForm(request.POST)
        if form.is_valid() and _keep(row, form):
            messages.success(request, "The times are kept.")
            return _back(row)
    context = {**_told(row, form), "open": True}
    return show_part(request, admin, row, title="Set times", template=_TEMPLATE, context=context)


def _schedule(row: Audience) -> RefreshSchedule | None:
    return RefreshSchedule.objects.filter(audience=row).first()


def _keep(row: Audience, form: RefreshTimesForm) -> bool:
    kept = _schedule(row) or RefreshSchedule(space=row.space, audience=row)
    try:
        keep_schedule(kept, at=timezone.now(), **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
    return form.is_valid()


def _told(row: Audience, form: RefreshTimesForm | None = None) -> dict[str, Any]:
    schedule = _schedule(row)
    at_first: dict[str, Any] = {"time_zone": row.space.time_zone}
    said = ""
    if schedule is not None:
        at_first = {name: getattr(schedule, name) for name in ("days", "hours", "time_zone")}
        days = [_DAYS[day] for day in _WEEK if day in schedule.days]
        hours = [f"{hour:02}:00" for hour in schedule.hours]
        each = "every day" if len(days) == len(_WEEK) else get_text_list(days, "and")
        at = "every hour" if len(hours) == len(DAY) else f"at {get_text_list(hours, 'and')}"
        said = f"{each}, {at}"
    return {
        "audience": row,
        "schedule": schedule,
        "said": said,
        "times": form or RefreshTimesForm(initial=at_first),
        "url": page_url(row, PAGE),
    }


def _back(row: Audience) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{page_url(row, 'change')}#{PAGE}")
