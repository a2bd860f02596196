"""A segment's members: found and paged, added by pasting external ids, removed by ticking.

The pages of audiences show lists with the same parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from segments.admin.paging import read_after
from segments.models import Membership, Segment, SegmentMembership
from segments.numbers import numbers_of
from segments.search import numbers_found
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
        pages = {
            name: reverse(f"admin:segments_segment_{name}", args=[row.pk])
            for name in ("change", "add_members", "remove_members")
        }
        members = members_context(request, row)
        return {**members, **pages, "import_file": import_page_of(row), "thing": "segment"}


def import_page_of(segment: Segment) -> str:
    """Where a file of its members is imported."""
    return f"{reverse('admin:segments_import_add')}?segment={segment.pk}"


def members_context(request: HttpRequest, segment: Segment) -> dict[str, Any]:
    """A page of the segment's members: found by what was typed, after the one that was last."""
    words = request.GET.get("q", "").strip()
    last = read_after(request)
    places = SegmentMembership.objects.filter(segment=segment)
    if words:
        found = numbers_found(space=segment.space, words=words) & numbers_of(places, "membership")
        first = found.rank(last)
        members = Membership.objects.filter(pk__in=list(found[first : first + PAGE + 1]))
    else:
        members = Membership.objects.filter(
            segment_memberships__segment=segment, segment_memberships__membership_id__gt=last
        )
    page = list(members.order_by("number")[: PAGE + 1])
    return {
        "words": words,
        "members": page[:PAGE],
        "beginning": not last,
        "next": page[PAGE - 1].number if len(page) > PAGE else None,
        "size": places.count(),
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
        ids = pasted(self.cleaned_data["external_ids"])
        found = memberships_by_external_id(space=self.segment.space, external_ids=ids)
        unknown = [each for each in ids if each not in found]
        if unknown:
            raise forms.ValidationError(
                f"{len(unknown):,} of {len(ids):,} are no external id of a membership of this "
                f"space: {first_of(unknown)}. Correct them or take them out; nobody was added."
            )
        self.numbers = list(found.values())
        return ids


def pasted(text: str) -> list[str]:
    """What was pasted, each once: a column of a spreadsheet, lines, or with commas between."""
    return list(dict.fromkeys(filter(None, map(str.strip, re.split(r"[\n\r\t,;]+", text)))))


def first_of(names: Sequence[str]) -> str:
    """The names, or the first of very many."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def add_members_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """A page to paste external ids into."""
    segment = _segment(request, number, admin)
    form = AddMembersForm(segment, request.POST or None)
    if request.method == "POST" and form.is_valid():
        added = add_members(segment=segment, memberships=form.numbers).added
        already = len(form.numbers) - added
        known = f" {already:,} had been in it already." if already else ""
        messages.success(request, f"{counted_members(added)} added to “{segment}”.{known}")
        return _back(segment)
    context = {
        **admin.admin_site.each_context(request),
        "title": "Add members",
        "opts": admin.opts,
        "original": segment,
        "form": form,
        "back": reverse("admin:segments_segment_change", args=[segment.pk]),
        "thing": "segment",
    }
    return TemplateResponse(request, "admin/segments/add_members.html", context)


@require_POST
def remove_members_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """Take those ticked out of the segment."""
    segment = _segment(request, number, admin)
    if ticked := ticked_members(request):
        removed = remove_members(segment=segment, memberships=ticked).removed
        messages.success(request, f"{counted_members(removed)} removed from “{segment}”.")
    else:
        messages.warning(request, "Nobody was removed: tick those to remove first.")
    return _back(segment)


def ticked_members(request: HttpRequest) -> list[int]:
    """The numbers of those whose boxes are ticked."""
    return [int(each) for each in request.POST.getlist("member") if each.isdecimal()]


def _segment(request: HttpRequest, number: int, admin: RowAdmin) -> Segment:
    segment: Segment | None = admin.get_object(request, str(number))
    if segment is None:
        raise Http404(f"There is no segment {number} in your spaces.")
    return segment


def counted_members(count: int) -> str:
    return "1 member" if count == 1 else f"{count:,} members"


def _back(segment: Segment) -> HttpResponseRedirect:
    page = reverse("admin:segments_segment_change", args=[segment.pk])
    return HttpResponseRedirect(f"{page}#members")
