"""On the page of a list: who is on it; put on a static one by pasting, taken off by ticking; and
when an external one runs out, to be extended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from audiences.admin.pages import audience_of, page_of
from audiences.models import Audience
from audiences.services.enrol import NotByHand, check_by_hand, enrol, withdraw
from audiences.services.own_list import NeverRunsOut, extend, list_of
from segments.admin.segment_members import (
    counted_members,
    first_of,
    import_page_of,
    members_context,
    pasted,
    ticked_members,
)
from segments.people import By, Named, find_people

if TYPE_CHECKING:
    from django.forms import Textarea as UnfoldTextarea

    from segments.admin import RowAdmin
else:
    from unfold.widgets import UnfoldAdminTextareaWidget as UnfoldTextarea

_CHANGES = ("add_members", "remove_members")


class ListMembersPanel:
    """Of an audience that is no list, nothing."""

    template = "admin/audiences/list_members.html"

    def context(self, request: HttpRequest, row: Audience) -> Mapping[str, Any]:
        if not row.type.is_list:
            return {}
        pages = () if row.type.follows else _CHANGES
        return {
            **members_context(request, list_of(row)),
            **{name: page_of(row, name) for name in ("change", "extend", *pages)},
            "import_file": import_page_of(list_of(row)) if row.type.takes_imports else None,
            "export": page_of(row, "members_file"),
            "thing": "list",
            "audience": row,
            "has_run_out": row.expires_at is not None and row.expires_at <= timezone.now(),
        }


class AddMembersForm(forms.Form):
    people = forms.CharField(
        widget=UnfoldTextarea(attrs={"rows": 12, "autofocus": True}),
        help_text="External ids, e-mail addresses, or phones that begin with +. One on each line, "
        "or with commas between. Paste a column of a spreadsheet.",
    )

    def __init__(self, audience: Audience, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.audience = audience
        self.numbers: set[int] = set()

    def clean_people(self) -> list[str]:
        given = pasted(self.cleaned_data["people"])
        found = find_people(space=self.audience.space, names=map(_named, given))
        wrong = [
            f"{len(names):,} of {len(given):,} {what}: {first_of([one.name for one in names])}."
            for names, what in (
                (found.unknown, "are nobody of this space"),
                (found.ambiguous, "may be several"),
            )
            if names
        ]
        if wrong:
            right = "Correct them, give external ids, or take them out; nobody was added."
            raise forms.ValidationError(" ".join([*wrong, right]))
        self.numbers = found.numbers
        return given


def _named(text: str) -> Named:
    if "@" in text:
        return Named(By.EMAIL, text)
    return Named(By.PHONE if text.startswith("+") else By.EXTERNAL_ID, text)


def _static_list(request: HttpRequest, number: int, admin: RowAdmin) -> Audience:
    audience = audience_of(request, number, admin)
    try:
        check_by_hand(audience)
    except NotByHand as error:
        raise Http404(str(error)) from error
    return audience


def add_members_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """A page to paste people into."""
    audience = _static_list(request, number, admin)
    form = AddMembersForm(audience, request.POST or None)
    if request.method == "POST" and form.is_valid():
        added = enrol(audience=audience, memberships=form.numbers).added
        already = len(form.numbers) - added
        known = f" {already:,} had been on it already." if already else ""
        messages.success(request, f"{counted_members(added)} put on “{audience}”.{known}")
        return _back(audience)
    context = {
        **admin.admin_site.each_context(request),
        "title": "Add members",
        "opts": admin.opts,
        "original": audience,
        "form": form,
        "back": page_of(audience),
        "thing": "list",
    }
    return TemplateResponse(request, "admin/segments/add_members.html", context)


@require_POST
def remove_members_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """Take those ticked off the list."""
    audience = _static_list(request, number, admin)
    if ticked := ticked_members(request):
        removed = withdraw(audience=audience, memberships=ticked).removed
        messages.success(request, f"{counted_members(removed)} taken off “{audience}”.")
    else:
        messages.warning(request, "Nobody was taken off: tick those to take off first.")
    return _back(audience)


@require_POST
def extend_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """Let an external list live for its days from now on."""
    audience = audience_of(request, number, admin)
    try:
        extend(audience=audience, at=timezone.now())
    except NeverRunsOut as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"“{audience}” now lives for {audience.ttl_days} days from now.")
    return _back(audience)


def _back(audience: Audience) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{page_of(audience)}#members")


def list_urls(admin: RowAdmin) -> list[Any]:
    """The pages of lists, for the admin of audiences."""
    views = {
        "add_members": add_members_view,
        "remove_members": remove_members_view,
        "extend": extend_view,
    }
    return [
        path(
            f"<int:number>/{name.replace('_', '-')}/",
            admin.admin_site.admin_view(view),
            {"admin": admin},
            name=f"audiences_audience_{name}",
        )
        for name, view in views.items()
    ]
