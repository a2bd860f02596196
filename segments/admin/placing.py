"""Ticked memberships, put into several segments at once, or taken out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from segments.admin.choices import PickSeveral, pick_from
from segments.admin.segment_members import counted_members
from segments.admin.spaces import current_space
from segments.models import Membership, Segment, Space
from segments.services import add_members, remove_members

if TYPE_CHECKING:
    from django.forms import RadioSelect as UnfoldRadio

    from segments.admin.row import RowAdmin
else:
    from unfold.widgets import UnfoldAdminRadioSelectWidget as UnfoldRadio

_WAYS = [("in", "Put them into these segments"), ("out", "Take them out of these segments")]


class PlacingForm(forms.Form):
    segments = forms.ModelMultipleChoiceField(
        queryset=Segment.objects.none(),
        widget=PickSeveral,
        help_text="Type a part of a segment's name, then pick it.",
        error_messages={"required": "Pick one segment or more."},
    )
    way = forms.ChoiceField(choices=_WAYS, initial="in", widget=UnfoldRadio, label="What to do")

    def __init__(self, space: Space, *args: Any) -> None:
        super().__init__(*args)
        pick_from(
            self.fields["segments"], Segment.objects.without_lists().filter(space=space), space
        )


def place_view(request: HttpRequest, admin: RowAdmin) -> HttpResponse:
    space = current_space(request)
    sent = request.POST if request.method == "POST" else None
    numbers = [int(each) for each in (sent or request.GET).getlist("member") if each.isdecimal()]
    members = list(Membership.objects.filter(space=space, pk__in=numbers)) if space else []
    back = reverse("admin:segments_membership_changelist")
    if space is None or not members:
        messages.warning(request, "Nobody is ticked: tick some members first.")
        return HttpResponseRedirect(back)
    form = PlacingForm(space, sent)
    if form.is_valid():
        messages.success(request, _place(members, **form.cleaned_data))
        return HttpResponseRedirect(back)
    context = {
        **admin.admin_site.each_context(request),
        "title": "Segments of several members",
        "opts": admin.opts,
        "form": form,
        "members": members,
        "back": back,
    }
    return TemplateResponse(request, "admin/segments/place.html", context)


@transaction.atomic
def _place(members: list[Membership], *, segments: Any, way: str) -> str:
    """Change the places, and say how many changed."""
    numbers = sorted(member.pk for member in members)
    change = add_members if way == "in" else remove_members
    changed = sum(
        sum(change(segment=segment, memberships=numbers)) for segment in segments.order_by("pk")
    )
    names = ", ".join(f"“{segment}”" for segment in segments)
    done = "put into" if way == "in" else "taken out of"
    as_they_were = len(numbers) * len(segments) - changed
    kept = f" {as_they_were:,} had been so already." if as_they_were else ""
    return f"{counted_members(len(numbers))} {done} {names}.{kept}"
