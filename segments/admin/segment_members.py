"""A segment's members: found and paged, added by pasting external ids, removed by ticking."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from segments.models import Membership, Segment, SegmentMembership
from segments.services import add_members, memberships_by_external_id, remove_members

if TYPE_CHECKING:
    from django.forms import Textarea as UnfoldTextarea

    from segments.admin.row import RowAdmin
else:
    from unfold.widgets import UnfoldAdminTextareaWidget as UnfoldTextarea

PAGE = 50
NAMED = 20  # of the ids that a message can't place


class MembersPanel:
    """Pages follow the memberships' numbers, so that a page deep in a million is as fast."""

    template = "admin/segments/members.html"

    def context(self, request: HttpRequest, row: Segment) -> Mapping[str, Any]:
        words = request.GET.get("q", "").strip()
        after = request.GET.get("after", "")
        members = Membership.objects.filter(
            segment_memberships__segment=row,
            segment_memberships__membership_id__gt=int(after) if after.isdecimal() else 0,
        ).order_by("number")
        if words:  # ordered as in FoundPaginator: not row after row along the index
            members = members.found_by(words).order_by(F("number") + 0)
        page = list(members[: PAGE + 1])
        return {
            "segment": row,
            "words": words,
            "members": page[:PAGE],
            "beginning": not after,
            "next": page[PAGE - 1].number if len(page) > PAGE else None,
            "size": SegmentMembership.objects.filter(segment=row).count(),
        }


class AddMembersForm(forms.Form):
    external_ids = forms.CharField(
        label="External ids",
        widget=UnfoldTextarea(attrs={"rows": 12, "autofocus": True}),
        help_text="One on each line, or with commas between. Paste a column of a spreadsheet.",
    )

    def __init__(self, segment: Segment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.segment = segment
        self.numbers: list[int] = []

    def clean_external_ids(self) -> list[str]:
        pasted = re.split(r"[\n\r\t,;]+", self.cleaned_data["external_ids"])
        ids = list(dict.fromkeys(filter(None, map(str.strip, pasted))))
        found = memberships_by_external_id(space=self.segment.space, external_ids=ids)
        unknown = [each for each in ids if each not in found]
        if unknown:
            named = ", ".join(unknown[:NAMED])
            more = f" and {len(unknown) - NAMED:,} more" if len(unknown) > NAMED else ""
            raise forms.ValidationError(
                f"{len(unknown):,} of {len(ids):,} are no external id of a membership of this "
                f"space: {named}{more}. Correct them or take them out; nobody was added."
            )
        self.numbers = list(found.values())
        return ids


def add_members_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """A page to paste external ids into."""
    segment = _segment(request, number, admin)
    form = AddMembersForm(segment, request.POST or None)
    if request.method == "POST" and form.is_valid():
        added = add_members(segment=segment, memberships=form.numbers).added
        already = len(form.numbers) - added
        known = f" {already:,} had been in it already." if already else ""
        messages.success(request, f"{_members(added)} added to “{segment}”.{known}")
        return _back(segment)
    context = {
        **admin.admin_site.each_context(request),
        "title": "Add members",
        "opts": admin.opts,
        "original": segment,
        "form": form,
    }
    return TemplateResponse(request, "admin/segments/add_members.html", context)


@require_POST
def remove_members_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """Take those ticked out of the segment."""
    segment = _segment(request, number, admin)
    ticked = [int(each) for each in request.POST.getlist("member") if each.isdecimal()]
    if ticked:
        removed = remove_members(segment=segment, memberships=ticked).removed
        messages.success(request, f"{_members(removed)} removed from “{segment}”.")
    else:
        messages.warning(request, "Nobody was removed: tick those to remove first.")
    return _back(segment)


def _segment(request: HttpRequest, number: int, admin: RowAdmin) -> Segment:
    segment: Segment | None = admin.get_object(request, str(number))
    if segment is None:
        raise Http404(f"There is no segment {number} in your spaces.")
    return segment


def _members(count: int) -> str:
    return "1 member" if count == 1 else f"{count:,} members"


def _back(segment: Segment) -> HttpResponseRedirect:
    page = reverse("admin:segments_segment_change", args=[segment.pk])
    return HttpResponseRedirect(f"{page}#members")
