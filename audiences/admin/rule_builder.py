"""What the rule builder asks as one edits: the fields there are, and whom a rule would mean."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_POST, require_safe

from audiences.admin.seen import check_asks, seen
from audiences.models import Audience
from audiences.rules import fields
from audiences.services import summaries, titles
from audiences.services.convert import Unsayable, in_pql
from audiences.services.draft import preview_draft
from audiences.services.fields import RuleField, operators_of, rule_fields
from audiences.services.labels import LabelDenied
from audiences.services.preview import Preview
from audiences.types import ConfigurationError, Path
from segments.admin.spaces import space_of
from segments.models import Membership, Segment, Space

if TYPE_CHECKING:
    from segments.admin import RowAdmin

Problems = list[dict[str, Any]]


def asked_of(
    request: HttpRequest, space: Space, audience: Audience | None, rule: Any
) -> dict[str, Any]:
    """What a builder is given along: where it asks, and the names of what the rule refers to."""
    pages = {
        "fields": "audiences_audience_rule_fields",
        "preview": "audiences_audience_rule_preview",
        "segments": "segments_segment_choices",
        "audiences": "audiences_audience_choices",
    }
    return {
        "urls": {name: reverse(f"admin:{page}") for name, page in pages.items()},
        "space": space.pk,
        "audience": audience and audience.pk,
        "names": _names(request, space, set(_referred(rule))),
    }


def told(problems: Mapping[Path, str]) -> Problems:
    """Problems of a configuration, each with its path inside the rule."""
    return [
        {"path": path[1:] if path[:1] == ("rule",) else path, "problem": problem}
        for path, problem in problems.items()
    ]


def _referred(rule: Any) -> Iterable[UUID]:
    """The ids in a rule that may yet be none."""
    inner: Iterable[Any] = ()
    if isinstance(rule, list):
        inner = rule
    elif isinstance(rule, dict):
        inner = [rule[form] for form in ("all", "any", "not") if form in rule]
        for form in ("in_segment", "in_audience"):
            try:
                yield UUID(rule[form])
            except (KeyError, TypeError, ValueError, AttributeError):
                continue
    for one in inner:
        yield from _referred(one)


def _names(request: HttpRequest, space: Space, ids: set[UUID]) -> dict[str, str]:
    if not ids:
        return {}
    segments = Segment.objects.filter(space=space, id__in=ids).values_list("id", "name")
    audiences = list(seen(request, Audience.objects.filter(space=space, id__in=ids)))
    names = titles(audiences)
    called = [(row.id, names[row.pk]) for row in audiences]
    return {str(id): name for id, name in [*segments, *called]}


@require_safe
def fields_view(request: HttpRequest) -> JsonResponse:
    """The fields of a space, its metadata's included, and the operators on each kind of field."""
    found = rule_fields(space=_space(request, request.GET.get("space")))
    kinds = {one.kind: fields.get(one.name) for one in found}
    kinds[fields.Kind.ANY] = fields.get(f"{fields.METADATA}any")
    operators = {kind: [vars(one) for one in operators_of(known)] for kind, known in kinds.items()}
    return JsonResponse({"fields": [_field(one) for one in found], "operators": operators})


def _field(field: RuleField) -> dict[str, Any]:
    return {name: value for name, value in vars(field).items() if name != "operators"}


@require_POST
def preview_view(request: HttpRequest, admin: RowAdmin) -> HttpResponse:
    """Whom a rule means: ``{"space", "audience", "rule", "estimate"}``. What is wrong with it is
    an answer too: ``{"problems"}``."""
    try:
        sent = json.loads(request.body)
        asked, number, rule = sent["space"], sent["audience"], sent["rule"]
    except (ValueError, TypeError, KeyError):
        return HttpResponseBadRequest("Send an object with space, audience, rule and estimate.")
    space = _space(request, str(asked))
    audience = None
    if number is not None:
        known = admin.get_queryset(request).filter(space=space)
        audience = known.filter(pk=number).first() if isinstance(number, int) else None
        if audience is None:
            raise Http404(f"There is no audience {number} in the space.")
    meant: dict[str, Any] = {
        "space": space,
        "audience_type": "rules",
        "configuration": {"rule": rule},
    }
    try:
        check_asks(request, **meant)
        draft, found = preview_draft(
            **meant,
            at=timezone.now(),
            audience=audience,
            estimate=sent.get("estimate") is True,
        )
    except ConfigurationError as error:
        return JsonResponse({"problems": told(error.problems)})
    except LabelDenied as error:
        return JsonResponse({"problems": told({(): str(error)})})
    return JsonResponse({**_counted(found), **_said(draft), "sample": _people(found.sample)})


def _space(request: HttpRequest, number: str | None) -> Space:
    space = space_of(request, number)
    if space is None:
        raise Http404("There is no such space among yours.")
    return space


def _counted(found: Preview) -> dict[str, Any]:
    steps = [vars(step) for step in found.steps]
    return {**vars(found), "percent": found.percent, "steps": steps}


def _said(draft: Audience) -> dict[str, Any]:
    sentence = capfirst(summaries([draft])[draft.pk])
    try:
        return {"sentence": sentence, "pql": in_pql(draft)}
    except Unsayable as unsayable:
        return {"sentence": sentence, "unsayable": unsayable.reasons}


def _people(numbers: list[int]) -> list[dict[str, str]]:
    rows = Membership.objects.filter(pk__in=numbers).order_by("number")
    page = "admin:segments_membership_change"
    return [{"title": str(row), "url": reverse(page, args=[row.pk])} for row in rows]


def rule_builder_urls(admin: RowAdmin) -> list[Any]:
    """The pages of the builder, for the admin of audiences."""
    wrap = admin.admin_site.admin_view
    counted = wrap(partial(preview_view, admin=admin))
    return [
        path("rule-fields/", wrap(fields_view), name="audiences_audience_rule_fields"),
        path("rule-preview/", counted, name="audiences_audience_rule_preview"),
    ]
