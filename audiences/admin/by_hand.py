"""On an audience's page: who is put into it, or kept out of it, by hand, whatever its rule says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from audiences.admin.list_members import AddMembersForm
from audiences.admin.pages import audience_of, page_of
from audiences.models import Audience, Listed
from audiences.services.by_hand import listed_memberships, put_on_list, take_off_list
from audiences.services.tier_stays import tier_group
from segments.admin.paging import read_after
from segments.admin.segment_members import PAGE, counted_members, ticked_members

if TYPE_CHECKING:
    from segments.admin import RowAdmin

_TITLES = {Listed.INCLUDED: "Put in by hand", Listed.EXCLUDED: "Kept out by hand"}
_HELP = {
    Listed.INCLUDED: "They are in, whatever the rule says, through every change of it. Being put "
    "in, nobody is kept out any more.",
    Listed.EXCLUDED: "They are not in, whatever the rule says, through every change of it. Being "
    "kept out, nobody is put in any more.",
}


class ByHandPanel:
    """How many there are, leading to who they are. Of a tier nothing: who is in it follows from its
    bounds alone."""

    template = "admin/audiences/by_hand.html"

    def context(self, request: HttpRequest, row: Audience) -> Mapping[str, Any]:
        if tier_group(row):
            return {}
        rows = row.listed_memberships.values_list("listed")
        counts = dict(rows.annotate(count=Count("number")).order_by())
        return {
            "audience": row,
            "lists": [(_TITLES[one], counts.get(one, 0), _page(row, one)) for one in Listed],
        }


def _page(audience: Audience, listed: Listed) -> str:
    return reverse("admin:audiences_audience_by_hand", args=[audience.pk, listed.value])


def by_hand_view(request: HttpRequest, number: int, listed: str, admin: RowAdmin) -> HttpResponse:
    """Who is on one of the two lists: put on it by pasting, taken off by ticking."""
    audience = audience_of(request, number, admin)
    if tier_group(audience) or listed not in list(Listed):
        raise Http404("There is no such list. A tier has none; others have included and excluded.")
    which = Listed(listed)
    pasted = request.method == "POST" and "people" in request.POST
    form = AddMembersForm(audience, request.POST if pasted else None)
    form.fields["people"].widget.attrs = {**form.fields["people"].widget.attrs, "rows": 5}
    if pasted and form.is_valid():
        added = put_on_list(audience=audience, memberships=form.numbers, listed=which).added
        messages.success(request, f"{_TITLES[which]}: {counted_members(added)} more.")
        return HttpResponseRedirect(_page(audience, which))
    if request.method == "POST" and not pasted:
        _take_off(request, audience, which)
        return HttpResponseRedirect(_page(audience, which))
    after = read_after(request)
    rows = listed_memberships(audience=audience, listed=which).order_by("number")
    page = list(rows.filter(number__gt=after)[: PAGE + 1])
    context = {
        **admin.admin_site.each_context(request),
        "title": _TITLES[which],
        "help": _HELP[which],
        "opts": admin.opts,
        "original": audience,
        "form": form,
        "back": page_of(audience),
        "page": _page(audience, which),
        "members": page[:PAGE],
        "size": rows.count(),
        "next": page[PAGE - 1].number if len(page) > PAGE else None,
        "beginning": not after,
    }
    return TemplateResponse(request, "admin/audiences/by_hand_list.html", context)


def _take_off(request: HttpRequest, audience: Audience, listed: Listed) -> None:
    ticked = ticked_members(request)
    if not ticked:
        messages.warning(request, "Nobody was changed: tick those to leave to the rule first.")
        return
    removed = take_off_list(audience=audience, memberships=ticked, listed=listed).removed
    messages.success(request, f"{counted_members(removed)} left to the rule again.")


def by_hand_urls(admin: RowAdmin) -> list[Any]:
    """The page of a list by hand, for the admin of audiences."""
    view = admin.admin_site.admin_view(partial(by_hand_view, admin=admin))
    return [
        path("<int:number>/by-hand/<slug:listed>/", view, name="audiences_audience_by_hand"),
    ]
