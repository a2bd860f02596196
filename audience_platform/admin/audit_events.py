"""The audit trail's pages: who did what, what it changed, and taking it back."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audience_platform.admin.changes import Change
from audience_platform.admin.undoing import undo_urls
from audience_platform.audit.undo import can_undo
from audience_platform.labels import seen
from audience_platform.models import AuditEvent
from audiences.admin.seen import denied_labels
from segments.admin import UnfoldModelAdmin
from segments.admin.spaces import current_space, spaces_of


class OfObject(admin.SimpleListFilter):
    """The history of one object, as the link on its page asks for it."""

    title = "object"
    parameter_name = "object_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        given = self.value()
        if not given:
            return []
        events = AuditEvent.objects.filter(space__in=spaces_of(request), object_id=given)
        event = seen(events, denied_labels(request)).first()
        return [(given, event.object_name if event else given)]

    def value(self) -> str:
        return (super().value() or "").replace("\0", "")  # which no text in the database has

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(object_id=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(UnfoldModelAdmin):
    """What happened in the current space; superusers also see what belongs to no space."""

    list_display = ["happened_at", "who", "what", "which_fields", "by_way_of"]
    list_filter: ClassVar[list[Any]] = [OfObject, "object_type", "action", "door"]
    list_filter_submit = True
    search_fields = ["object_name", "actor_name", "request_id"]
    search_help_text = "Name of the object, who did it, or the id of the request"
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        events = super().get_queryset(request)
        space = current_space(request)
        found = events.filter(space=space) if space else events.none()
        if getattr(request.user, "is_superuser", False):
            found = found | events.filter(space=None)
        return seen(found, denied_labels(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(spaces_of(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(spaces_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Who", ordering="actor_name")
    def who(self, event: AuditEvent) -> str:
        return event.actor_name

    @admin.display(description="What")
    def what(self, event: AuditEvent) -> str:
        return event.sentence

    @admin.display(description="Changed")
    def which_fields(self, event: AuditEvent) -> str:
        names = sorted(name.replace("_", " ") for name in event.changes)
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        return ", ".join(names[:4]) + more if event.action == "changed" else ""

    @admin.display(description="By way of", ordering="door")
    def by_way_of(self, event: AuditEvent) -> str:
        return event.get_door_display()

    def get_urls(self) -> list[Any]:
        return [*undo_urls(self), *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        event = self.get_object(request, object_id)
        if event is None:
            return super().changeform_view(request, object_id, *args, **kwargs)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": event.sentence,
            "event": event,
            "changes": [Change(name, change) for name, change in sorted(event.changes.items())],
            "can_undo": can_undo(event),
        }
        return TemplateResponse(request, "admin/audit/event.html", context)
