"""On a membership's page: the audiences that hold it, since when, and why or why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import capfirst

from audiences.admin.seen import seen
from audiences.models import Audience, Lifecycle
from audiences.services import audiences_of, explain, summaries, titles
from audiences.services.since import by_hand, enrolments, since
from segments.admin import MembershipAdmin, Page, RowAdmin
from segments.admin.row import LatePanel, page_url, show_part
from segments.models import Membership

PAGE = 25
WHICH = {"in": "In", "out": "Not in", "all": "All in force"}


def audiences_view(request: HttpRequest, row: Membership, admin: RowAdmin) -> HttpResponse:
    """The audiences in force that hold the member, or don't: found by words, page by page."""
    asked = request.GET.get("which", "")
    which = asked if asked in WHICH else "in"
    words = request.GET.get("words", "").strip()
    now = timezone.now()
    held = {one.pk for one in audiences_of(space=row.space, membership=row.id, at=now)}
    kept = Audience.objects.filter(
        space=row.space_id, enabled=True, lifecycle=Lifecycle.PUBLISHED
    ).order_by("number")
    visible = seen(request, kept)
    numbers = list(visible.values_list("pk", flat=True))
    found = visible.found_by(words) if words else visible
    if which != "all":
        shown = held if which == "in" else set(numbers) - held
        found = found.filter(pk__in=shown)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    inside = len(held.intersection(numbers))
    context = {
        "url": page_url(row, "audiences"),
        "why": page_url(row, "why"),
        "words": words,
        "which": which,
        "choices": [
            ("in", WHICH["in"], inside),
            ("out", WHICH["out"], len(numbers) - inside),
            ("all", WHICH["all"], len(numbers)),
        ],
        "page": page,
        "rows": _in_words(list(page), row, held),
        "none": not numbers,
    }
    template = "admin/audiences/of_a_membership.html"
    return show_part(request, admin, row, title="Audiences", template=template, context=context)


def _in_words(
    audiences: Sequence[Audience], row: Membership, held: set[int]
) -> list[dict[str, Any]]:
    names, phrases = titles(audiences), summaries(audiences)
    entered = since(audiences=audiences, membership=row.pk)
    places = enrolments(audiences=audiences, membership=row.pk)
    listed = by_hand(audiences=audiences, membership=row.pk)
    return [
        {
            "audience": audience,
            "title": names[audience.pk],
            "summary": capfirst(phrases[audience.pk]) if audience.name else "",
            "is_in": audience.pk in held,
            "since": entered.get(audience.pk),
            "enrolled": places.get(audience.pk),
            "by_hand": listed.get(audience.pk),
            "has_run_out": bool(audience.expires_at and audience.expires_at <= timezone.now()),
        }
        for audience in audiences
    ]


def why_view(request: HttpRequest, row: Membership, admin: RowAdmin) -> HttpResponse:
    """Why one audience holds the member, or doesn't: condition by condition."""
    number = request.GET.get("audience", "")
    audiences = seen(request, Audience.objects.filter(space=row.space_id))
    audience = audiences.filter(pk=number).first() if number.isdecimal() else None
    if audience is None:
        raise Http404(f"There is no audience {number} in this space.")
    now = timezone.now()
    (found,) = explain(space=row.space, membership=row.id, audiences=[audience], at=now)
    context: Mapping[str, Any] = {
        "found": found,
        "audience_title": titles([audience])[audience.pk],
        "in_force": audience.is_kept,
    }
    template = "admin/audiences/why.html"
    return show_part(request, admin, row, title="Why", template=template, context=context)


MembershipAdmin.panels.append(LatePanel("audiences", "Audiences"))
MembershipAdmin.pages += [Page("audiences", audiences_view), Page("why", why_view)]
