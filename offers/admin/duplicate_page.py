"""A page that asks what a copy of an offer is called and when it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from offers.admin.form import tell_the_clock, visible_from, visible_until
from offers.models import Offer
from offers.services import copied_name, duplicate

if TYPE_CHECKING:
    from django.contrib.admin.widgets import AdminTextInputWidget as UnfoldText

    from segments.admin import RowAdmin
else:
    from unfold.widgets import UnfoldAdminTextInputWidget as UnfoldText


class DuplicateForm(forms.Form):
    name = forms.CharField(max_length=255, widget=UnfoldText)
    publish_at = visible_from("Empty: from the beginning.")
    expire_at = visible_until("Empty: it has no end.")

    def __init__(self, offer: Offer, data: Any = None) -> None:
        super().__init__(data, initial={"name": copied_name(offer)})
        tell_the_clock(self, offer.space)


def duplicate_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    offer: Offer | None = admin.get_object(request, str(number))
    if offer is None:
        raise Http404(f"There is no offer {number} in your spaces.")
    form = DuplicateForm(offer, request.POST or None)
    if request.method == "POST" and form.is_valid():
        copy = _made(offer, form)
        if copy is not None:
            _tell(request, copy)
            admin.log_addition(request, copy, f"Copied from {offer}.")
            page = reverse("admin:offers_offer_change", args=[copy.pk])
            return HttpResponseRedirect(page)
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "title": f"Duplicate “{offer}”",
        "opts": admin.opts,
        "original": offer,
        "form": form,
        "audiences": offer.audiences.count(),
    }
    return TemplateResponse(request, "admin/offers/duplicate.html", context)


def _made(offer: Offer, form: DuplicateForm) -> Offer | None:
    try:
        return duplicate(offer=offer, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return None


def _tell(request: HttpRequest, copy: Offer) -> None:
    if copy.discontinued:
        messages.warning(
            request,
            f"“{copy}” is made, for the same audiences. Nobody sees it yet: it is discontinued. "
            "Give it its dates, switch “Discontinued” off, and save.",
        )
    else:
        messages.success(request, f"“{copy}” is made, for the same audiences.")
