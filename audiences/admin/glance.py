"""At the top of an audience's page: who is in it, how it stands, and what can be done with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audiences.admin.pages import audience_of, page_of
from audiences.admin.seen import check_asks
from audiences.admin.standing import everybody, share, told
from audiences.jobs import defer_refresh
from audiences.models import Audience
from audiences.services import summaries, warnings
from audiences.services.convert import Unsayable, in_pql
from audiences.services.duplicate import NotDuplicated, duplicate_audience
from audiences.services.labels import LabelDenied
from audiences.services.lock import is_locked
from audiences.services.standing import NotInForce, request_refresh, standing
from audiences.types import ConfigurationError

if TYPE_CHECKING:
    from segments.admin import RowAdmin


def glance(audience: Audience) -> dict[str, Any]:
    """What stands at the top of an audience's page."""
    return {
        "summary": summaries([audience])[audience.pk],
        "warnings": warnings([audience])[audience.pk],
        **_said_in_pql(audience),
        **_stands(audience),
    }


def _stands(audience: Audience) -> dict[str, Any]:
    now = timezone.now()
    found = standing(audience=audience, at=now)
    return {
        "audience": audience,
        "size": found.size.size if found.size.version else None,
        "share": share(found.size.size, everybody(audience.space_id)),
        "told": told(audience, found, at=now, locked=is_locked(audience, at=now)),
        "last": audience.versions.order_by("-version").first(),
    }


def _said_in_pql(audience: Audience) -> dict[str, Any]:
    try:
        return {"pql": in_pql(audience)}
    except Unsayable as unsayable:
        return {"unsayable": unsayable.reasons}


@require_safe
def standing_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """The part of the page that says how it stands, asked again while a worker is at it. Once it
    is done, what the page tells of the members is out of date, and is told so."""
    stands = _stands(audience_of(request, number, admin))
    answer = render(request, "admin/audiences/standing.html", stands)
    if not stands["told"].at_work:
        answer["HX-Trigger"] = "worked-out"
    return answer


@require_POST
def refresh_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """Have it worked out anew from all members."""
    audience = audience_of(request, number, admin)
    try:
        request_refresh(audience=audience, at=timezone.now())
    except NotInForce as error:
        messages.warning(request, str(error))
    else:
        defer_refresh(audience.space_id)
    return HttpResponseRedirect(page_of(audience))


@require_POST
def duplicate_view(request: HttpRequest, number: int, admin: RowAdmin) -> HttpResponse:
    """Make a copy, and show it."""
    audience = audience_of(request, number, admin)
    try:
        check_asks(
            request,
            space=audience.space,
            audience_type=audience.audience_type,
            configuration=audience.configuration,
        )
        copy = duplicate_audience(audience=audience)
    except (NotDuplicated, LabelDenied, ConfigurationError) as error:
        messages.error(request, f"It was not copied. {error}")
        return HttpResponseRedirect(page_of(audience))
    messages.success(request, f"This is “{copy.name}”. Nothing uses it yet: change it as you like.")
    return HttpResponseRedirect(page_of(copy))


def standing_urls(admin: RowAdmin) -> list[Any]:
    """The pages of these, for the admin of audiences."""
    views = {"standing": standing_view, "refresh": refresh_view, "duplicate": duplicate_view}
    return [
        path(
            f"<int:number>/{name}/",
            admin.admin_site.admin_view(partial(view, admin=admin)),
            name=f"audiences_audience_{name}",
        )
        for name, view in views.items()
    ]
