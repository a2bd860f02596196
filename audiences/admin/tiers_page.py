"""One page for a group of tiers: a table of names and bounds, and who would move, then saving.

A tier ends where the next one begins, so the table asks only where each begins, and where the last
ends. What is sent is looked at first: it is saved when it is sent again as it was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst

from audiences.admin.sent_tiers import SentTiers
from audiences.models import AudienceGroup, GroupKind
from audiences.rules import fields
from audiences.services.describe import summaries
from audiences.services.fields import rule_fields
from audiences.services.groups import AudiencesInUse, audiences_of_group
from audiences.services.standing import sizes
from audiences.services.tier_moves import TierMoves
from audiences.services.tiers import change_tiers, make_tiers
from audiences.types import ConfigurationError
from audiences.types.tier import attribute_problem
from segments.admin.spaces import sent_space
from segments.models import Space
from segments.services import See, in_words, save_row, seen_among

if TYPE_CHECKING:
    from segments.admin import RowAdmin

_BLANK = 3  # empty rows at the end of the table
_AT_THE_TIER = "What is wrong is said at its place below. Nothing is saved until it is mended."
_NOT_SEEN = (
    "Nothing is saved yet: something changed after who would move was counted last. It is counted "
    "anew below. Save again if it is what you want."
)
_NUMBERS = {"number", "date"}  # types of metadata that have an order


def tiers_page(
    request: HttpRequest, model_admin: RowAdmin, group: AudienceGroup | None = None
) -> HttpResponse:
    """Show the tiers; look at what was sent; save it when it has been looked at."""
    space = group.space if group else sent_space(request)
    sent, found = SentTiers(request, group), None
    editable = group is None or group.kind == GroupKind.TIERS
    if request.method == "POST" and not editable and group is not None:
        return _rename(request, model_admin, group, sent)
    if request.method == "POST":
        found = sent.look(space, group)
        seen = request.POST.get("seen") == sent.digest
        if found and request.POST.get("action") == "save" and seen and sent.name:
            saved = _save(space, group, sent, model_admin.see(request))
            if saved is not None:
                _log(request, model_admin, saved, added=group is None)
                return _back(request, saved)
        elif found and request.POST.get("action") == "save" and not seen:
            messages.warning(request, _NOT_SEEN)
        if not sent.name:
            sent.problems["name"] = "Give it a name."
    context = {
        **model_admin.admin_site.each_context(request),
        "title": str(group) if group else "Add tiers",
        "opts": model_admin.opts,
        "original": group,
        "group": group,
        "space": space,
        "sent": sent,
        "told": sent.problems.get("") or _AT_THE_TIER,
        "editable": editable,
        "rows": _rows(sent, group, found),
        "attributes": _attributes(space, sent.attribute),
        **(moves_told(found, model_admin.see(request)) if found else {"found": None}),
        "panels": _panels(request, model_admin, group),
    }
    return TemplateResponse(request, "admin/groups/tiers.html", context)


def _save(
    space: Space, group: AudienceGroup | None, sent: SentTiers, see: See
) -> AudienceGroup | None:
    """The group as it is saved; None where a problem has been noted."""
    values: dict[str, Any] = {
        "name": sent.name,
        "attribute": sent.attribute,
        "tiers": sent.tiers,
    }
    try:
        return change_tiers(group, **values) if group else make_tiers(space=space, **values)
    except (ConfigurationError, ValidationError) as error:
        sent.note(error)
    except AudiencesInUse as error:
        sent.problems[""] = str(error.as_seen(see))
    return None


def _rename(
    request: HttpRequest, model_admin: RowAdmin, group: AudienceGroup, sent: SentTiers
) -> HttpResponse:
    """All that can be changed of quintiles by hand is what they are called."""
    try:
        save_row(group, name=sent.name)
    except ValidationError as error:
        messages.error(request, f"Nothing is saved. {' '.join(error.messages)}")
        return HttpResponseRedirect(_page(group))
    _log(request, model_admin, group, added=False)
    return _back(request, group)


def _log(request: HttpRequest, model_admin: RowAdmin, group: AudienceGroup, *, added: bool) -> None:
    if added:
        model_admin.log_addition(request, group, [{"added": {}}])
    else:
        model_admin.log_change(request, group, [{"changed": {"fields": ["tiers"]}}])


def _back(request: HttpRequest, group: AudienceGroup) -> HttpResponseRedirect:
    messages.success(request, f"“{group}” is saved. Its members follow within moments.")
    return HttpResponseRedirect(_page(group))


def _page(group: AudienceGroup) -> str:
    return reverse("admin:audiences_audiencegroup_change", args=[group.pk])


def _rows(
    sent: SentTiers, group: AudienceGroup | None, found: TierMoves | None
) -> list[dict[str, Any]]:
    """The rows of the table: the tiers, and some to fill in, of which a script keeps none."""
    there = audiences_of_group(group) if group else []
    known, phrases = sizes(there), summaries(there)
    by_id = {str(audience.id): audience for audience in there}
    rows: list[dict[str, Any]] = []
    for place, row in enumerate([*sent.rows, *[{"id": "", "name": "", "start": ""}] * _BLANK]):
        audience = by_id.get(str(row["id"]))
        rows.append(
            {
                **row,
                "audience": audience,
                "summary": phrases[audience.pk] if audience else "",
                "size": known[audience.pk].size if audience else None,
                "then": found.then[place] if found and place < len(found.then) else None,
                "problems": {
                    column: sent.problems[f"{column}-{place}"]
                    for column in ("name", "start", "id")
                    if f"{column}-{place}" in sent.problems
                },
                "blank": place >= len(sent.rows),
            }
        )
    return rows


def _attributes(space: Space, chosen: str) -> list[tuple[str, str]]:
    """The fields that tiers may go by, with what they are called; the chosen one among them."""
    found = {
        one.name: capfirst(one.label) if one.types is None else one.name
        for one in rule_fields(space=space)
        if attribute_problem(one.name) is None
        and (one.types is None or _NUMBERS & one.types.keys())
    }
    if chosen not in found and fields.is_field(chosen):
        found[chosen] = chosen
    return list(found.items())


def _panels(request: HttpRequest, model_admin: RowAdmin, group: AudienceGroup | None) -> list[str]:
    if group is None:
        return []
    drawn = [
        render_to_string(panel.template, dict(panel.context(request, group)), request)
        for panel in model_admin.panels
    ]
    return [panel for panel in drawn if panel.strip()]


def moves_told(found: TierMoves, see: See) -> Mapping[str, Any]:
    """Who would move, and which tiers would go; what uses these and can't be seen is counted."""
    return {
        "found": found,
        "matrix": matrix(found),
        "gone": [(audience, _used(users, see)) for audience, users in found.gone.items()],
    }


def _used(users: Sequence[models.Model], see: See) -> str:
    seen = seen_among(users, see)
    return in_words(seen, len(users) - len(seen))


def matrix(found: TierMoves) -> Mapping[str, Any]:
    """Who would move as a table: a row for each tier there is, a column for each there would be."""
    counts = {(move.before, move.after): move for move in found.moves}
    columns: Sequence[str | None] = [*(band.name for band in found.bands), None]
    befores: Sequence[str | None] = [*(audience.name for audience in found.there), None]
    rows = [
        (before or "in none", [counts.get((before, after)) for after in columns])
        for before in befores
    ]
    return {"columns": [column or "in none" for column in columns], "rows": rows}
