"""The pages of spaces, for superusers; and the switch between one's spaces, for all."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import PROTECT
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from segments.admin.row import UnfoldModelAdmin
from segments.admin.spaces import enter_space, space_of
from segments.models import Space


class SuperusersOnly:
    """Pages that only superusers see."""

    def _may(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    has_module_permission = has_add_permission = _may
    has_view_permission = has_change_permission = has_delete_permission = _may


@admin.register(Space)
class SpaceAdmin(SuperusersOnly, UnfoldModelAdmin):
    delete_confirmation_template = "admin/row_delete.html"
    delete_selected_confirmation_template = "admin/rows_delete.html"
    list_display = ["name", "slug", "time_zone"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "slug", "time_zone", "country"]}),
        ("Staff", {"fields": ["staff"]}),
    ]
    autocomplete_fields = ["staff"]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A space goes only when it is empty: asked, not collected, for it may hold millions."""
        held = [
            f"{kind.related_model._meta.verbose_name_plural} of “{space}”"
            for space in objs
            for kind in Space._meta.related_objects
            if kind.on_delete is PROTECT
            and kind.related_model._default_manager.filter(space=space).exists()
        ]
        count = {str(self.opts.verbose_name_plural): len(objs)}
        return [str(space) for space in objs], count, set(), held

    def get_urls(self) -> list[Any]:
        enter = self.admin_site.admin_view(enter_space_view)
        return [
            path("<int:number>/enter/", enter, name="segments_space_enter"),
            *super().get_urls(),
        ]


@require_POST
def enter_space_view(request: HttpRequest, number: int) -> HttpResponse:
    """Make a space of theirs the current one."""
    space = space_of(request, number)
    if space is None:
        raise Http404(f"There is no space {number} among yours.")
    enter_space(request, space)
    messages.success(request, f"You are in “{space}” now.")
    return HttpResponseRedirect(reverse("admin:index"))
