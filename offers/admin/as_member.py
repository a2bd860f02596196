"""An offer with one member's eyes: whether they see it, and why not, at any moment."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from audiences.admin.seen import denied_labels
from offers.admin.panels import in_words, read_moment
from offers.answers import VISIBLE
from offers.models import Offer
from offers.visibility import membership_offers
from segments.admin.choices import PickOne, pick_from
from segments.models import Membership

if TYPE_CHECKING:
    from segments.admin import RowAdmin


class AsMemberForm(forms.Form):
    member = forms.ModelChoiceField(
        queryset=Membership.objects.none(),
        widget=PickOne,
        error_messages={
            "required": "Pick a member first.",
            "invalid_choice": "There is no such member in this space. Pick another.",
        },
    )
    at = forms.CharField(label="As of", required=False)

    def __init__(self, offer: Offer, data: Any = None) -> None:
        super().__init__(data)
        members = Membership.objects.filter(space=offer.space_id)
        pick_from(self.fields["member"], members, offer.space)

    def clean_at(self) -> datetime.datetime | None:
        asked = self.cleaned_data["at"]
        moment = read_moment(asked)
        if asked and moment is None:
            wanted = "give one such as 2026-12-24T18:00."
            raise forms.ValidationError(f"“{asked}” is not a date and time; {wanted}")
        return moment


class AsMemberPanel:
    template = "admin/offers/as_member.html"

    def context(self, request: HttpRequest, row: Offer) -> Mapping[str, Any]:
        asked = "member" in request.GET
        form = AsMemberForm(row, request.GET if asked else None)
        return {"offer": row, "form": form, **(_answer(request, row, form) if asked else {})}


def as_member_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """The answer alone, for the page to put in its place."""
    offer: Offer | None = admin.get_object(request, str(number))
    if offer is None:
        raise Http404(f"There is no offer {number} in your spaces.")
    context = _answer(request, offer, AsMemberForm(offer, request.GET))
    return TemplateResponse(request, "admin/offers/as_member_answer.html", context)


def _answer(request: HttpRequest, offer: Offer, form: AsMemberForm) -> dict[str, Any]:
    if not form.is_valid():
        return {"problems": [said for errors in form.errors.values() for said in errors]}
    member: Membership = form.cleaned_data["member"]
    asked: datetime.datetime | None = form.cleaned_data["at"]
    answers = membership_offers(
        space=offer.space,
        membership=member.id,
        at=asked or timezone.now(),
        denied=denied_labels(request),
    )
    answer = next((each for each in answers if each.offer.pk == offer.pk), None)
    if answer is None:
        return {"problems": ["The offer was deleted meanwhile."]}
    return {
        "member": member,
        "asked_at": asked,
        "sees": answer.visible_status == VISIBLE,
        "answer": in_words(answer),
    }
