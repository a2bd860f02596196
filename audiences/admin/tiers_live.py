"""What the page of tiers asks as one edits: how members are spread, and who would move."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audiences.admin.sent_tiers import SentTiers
from audiences.admin.tiers_page import moves_told
from audiences.models import AudienceGroup
from audiences.services.shape import shape_of
from audiences.services.spread import NoSpread, read_spread
from segments.admin.spaces import space_of
from segments.models import Space

if TYPE_CHECKING:
    from segments.admin import RowAdmin


@require_safe
def shape_view(request: HttpRequest) -> JsonResponse:
    """How the members of a space are spread over the values of an attribute; ``{}``: none has any.

    Every member is read: of a million, in some 0.6 s. So a page asks once for each attribute.
    """
    space = _space(request, request.GET.get("space"))
    try:
        attribute = request.GET.get("attribute", "")
        spread = read_spread(space=space, attribute=attribute, at=timezone.now())
    except NoSpread as error:
        raise Http404(str(error)) from error
    shape = shape_of(spread)
    if shape is None:
        return JsonResponse({})
    bars = {name: vars(getattr(shape, name)) for name in ("whole", "middle")}
    return JsonResponse({**vars(shape), **bars})


@require_POST
def moves_view(request: HttpRequest, admin: RowAdmin) -> JsonResponse:
    """Who would move, of the tiers as the page's form has them. ``seen`` is what lets them be saved
    as they are; ``problems`` is by the name of the input, and then nothing else is told."""
    space, group = _space(request, request.POST.get("space")), None
    number = request.POST.get("group")
    if number:
        known = admin.get_queryset(request).filter(space=space)
        group = known.filter(pk=number).first() if number.isdecimal() else None
        if not isinstance(group, AudienceGroup) or not group.is_tiered:
            raise Http404(f"There is no group {number} of tiers in the space.")
    sent = SentTiers(request, group)
    found = sent.look(space, group)
    if found is None:
        return JsonResponse({"problems": sent.problems})
    context = {**moves_told(found, admin.see(request)), "group": group}
    return JsonResponse(
        {
            "problems": {},
            "seen": sent.digest,
            "then": found.then,
            "outside": found.outside,
            "moves": render_to_string("admin/groups/moves.html", context, request),
        }
    )


def _space(request: HttpRequest, number: str | None) -> Space:
    space = space_of(request, number)
    if space is None:
        raise Http404("There is no such space among yours.")
    return space


def tier_urls(admin: RowAdmin) -> list[Any]:
    """The pages of this, for the admin of groups."""
    seen = admin.admin_site.admin_view
    moves = seen(partial(moves_view, admin=admin))
    return [
        path("tier-shape/", seen(shape_view), name="audiences_audiencegroup_tier_shape"),
        path("tier-moves/", moves, name="audiences_audiencegroup_tier_moves"),
    ]
