"""Taking a change back: a page that says what that would do, and doing it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from audience_platform.admin.changes import shown
from audience_platform.audit.undo import CannotUndo, Restored, restored, undo
from audience_platform.models import AuditEvent
from audiences.admin.seen import denied_labels
from audiences.models import Audience
from audiences.services import summaries
from audiences.services.define import LifecycleError, TypeStays
from audiences.services.draft import preview_draft
from audiences.services.labels import LabelDenied
from audiences.services.lock import Locked
from audiences.types import ConfigurationError
from segments.admin.spaces import spaces_of

if TYPE_CHECKING:
    from audience_platform.admin.audit_events import AuditEventAdmin

_CANNOT = (
    CannotUndo,
    ConfigurationError,
    LabelDenied,
    LifecycleError,
    Locked,
    TypeStays,
    ValidationError,
)


@dataclass(frozen=True)
class Field:
    """What a value is now, and what it would be."""

    name: str
    now: str
    then: str

    @property
    def stays(self) -> bool:
        return self.now == self.then


def undo_view(request: HttpRequest, number: int, admin: AuditEventAdmin) -> HttpResponse:
    """Says what it would do; sent as a form, does it."""
    event = _event(request, number, admin)
    if request.method == "POST":
        return _undo(request, event)
    try:
        found = restored(event, denied=denied_labels(request))
    except _CANNOT as error:
        return _refused(request, event, error)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": "Take a change back",
        "event": event,
        "row": found.row,
        "page": _page(found.row),
        "fields": _fields(found),
        "counts": isinstance(found.row, Audience) and _changes_who(found),
    }
    return TemplateResponse(request, "admin/audit/undo.html", context)


@require_safe
def members_view(request: HttpRequest, number: int, admin: AuditEventAdmin) -> HttpResponse:
    """Who would enter and leave the audience: counted after the page is there."""
    event = _event(request, number, admin)
    context: dict[str, Any] = {}
    try:
        found = restored(event, denied=denied_labels(request))
        if isinstance(found.row, Audience):
            _, context["preview"] = preview_draft(
                space=found.row.space,
                audience_type=found.values.get("audience_type"),
                configuration=found.values.get("configuration"),
                at=timezone.now(),
                audience=found.row,
            )
    except _CANNOT as error:
        context["problem"] = str(error)
    return render(request, "admin/audit/undo_members.html", context)


def _event(request: HttpRequest, number: int, admin: AuditEventAdmin) -> AuditEvent:
    event: AuditEvent | None = admin.get_object(request, str(number))
    if event is None or event.space_id not in {space.pk for space in spaces_of(request)}:
        raise PermissionDenied
    return event


def _undo(request: HttpRequest, event: AuditEvent) -> HttpResponse:
    try:
        row = undo(event, denied=denied_labels(request))
    except _CANNOT as error:
        return _refused(request, event, error)
    messages.success(request, f"“{row}” has again what it had before.")
    return HttpResponseRedirect(_page(row))


def _refused(request: HttpRequest, event: AuditEvent, error: Exception) -> HttpResponse:
    said = " ".join(getattr(error, "messages", [str(error)]))
    messages.error(request, f"Nothing was changed. {said}")
    page = reverse("admin:audience_platform_auditevent_change", args=[event.pk])
    return HttpResponseRedirect(page)


def _page(row: Any) -> str:
    kind = row._meta
    return reverse(f"admin:{kind.app_label}_{kind.model_name}_change", args=[row.pk])


def _changes_who(found: Restored) -> bool:
    return not {"audience_type", "configuration"}.isdisjoint(found.values)


def _fields(found: Restored) -> list[Field]:
    now: dict[str, Any] = model_to_dict(found.row, fields=list(found.values))
    fields = [
        Field(_called(name), shown(now.get(name)), shown(value))
        for name, value in sorted(found.values.items())
        if name != "configuration"
    ]
    if isinstance(found.row, Audience) and _changes_who(found):
        fields.insert(0, _meaning(found.row, found.values))
    return fields


def _called(name: str) -> str:
    return capfirst(name.replace("_", " "))


def _meaning(audience: Audience, values: dict[str, Any]) -> Field:
    """Who is in it, in words."""
    then = Audience(
        pk=0,
        space=audience.space,
        audience_type=values.get("audience_type", audience.audience_type),
        configuration=values.get("configuration", audience.configuration),
    )
    phrases = summaries([audience, then])
    return Field("Who is in it", capfirst(phrases[audience.pk]), capfirst(phrases[0]))


def undo_urls(admin: AuditEventAdmin) -> list[Any]:
    """The pages of these, for the admin of events."""
    return [
        path(
            f"<int:number>/{address}/",
            admin.admin_site.admin_view(partial(view, admin=admin)),
            name=f"audience_platform_auditevent_{name}",
        )
        for address, name, view in (
            ("undo", "undo", undo_view),
            ("undo/members", "undo_members", members_view),
        )
    ]
