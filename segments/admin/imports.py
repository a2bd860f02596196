"""The pages of imports: a file is sent, looked at, counted, imported; and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from segments.admin import import_page
from segments.admin.import_forms import FILES, FileOf, NewImportForm, file_of
from segments.admin.row import RowAdmin
from segments.admin.spaces import spaces_of
from segments.admin.steps import steps
from segments.imports.asking import NotNow, forget, take_file
from segments.models import Import, ImportMode, Segment
from segments.services import save_row


@admin.register(Import)
class ImportAdmin(RowAdmin):
    form = NewImportForm
    list_display = ["title", "whose", "what", "how_it_stands", "rows", "made_by", "created_at"]
    list_display_links = ["title"]
    list_select_related = ["segment"]
    list_filter = ["state"]
    search_fields = ["file_name", "segment__name"]
    search_help_text = "Name of the file, or of the list"
    ordering = ["-number"]
    sortable_by = ["created_at"]
    add_form_template = "admin/segments/import_add.html"

    @admin.display(description="File")
    def title(self, row: Import) -> str:
        return str(row)

    @admin.display(description="Of")
    def whose(self, row: Import) -> str:
        return import_page.whose(row)

    @admin.display(description="Mode")
    def what(self, row: Import) -> str:
        return ImportMode(row.mode).label.partition(":")[0]

    @admin.display(description="State")
    def how_it_stands(self, row: Import) -> SafeString:
        label = row.get_state_display()
        return format_html('<span class="state state-{}">{}</span>', row.state, label)

    @admin.display(description="Rows")
    def rows(self, row: Import) -> str:
        return "–" if row.rows_total is None else f"{row.rows_total:,}"

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        views = {
            "file": import_page.replace_file,
            "count": import_page.count,
            "run": import_page.run,
            "cancel": import_page.cancel_import,
            "progress": import_page.progress,
            "problems.csv": import_page.problems_file,
            "failed-rows.csv": import_page.failed_rows_file,
        }
        return [
            *(
                path(
                    f"<int:number>/{name}/",
                    wrap(view),
                    {"admin": self},
                    name=f"segments_import_{view.__name__}",
                )
                for name, view in views.items()
            ),
            *super().get_urls(),
        ]

    # What the file holds, and the file

    def _holds(self, request: HttpRequest) -> FileOf | None:
        """What was chosen, or what the list is, whose page one comes from."""
        number = request.GET.get("segment", "")
        if number.isdecimal():
            lists = Segment.objects.filter(space__in=spaces_of(request), pk=int(number))
            for segment in lists:
                return file_of(segment)
        return next((one for one in FILES if one.name == request.GET.get("what")), None)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        at_first = {"steps": steps(import_page.STEPS, 0), "title": "Import a file"}
        if self._holds(request) is not None:
            kwargs["extra_context"] = at_first
            return super().add_view(request, *args, **kwargs)
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            **at_first,
            "files": FILES,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/segments/import_choose.html", context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"holds": self._holds(request)})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        holds = self._holds(request)
        of_list = ["segment"] if holds and holds.lists else []
        return [(None, {"fields": [*of_list, "sent"]})]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        number = request.GET.get("segment", "")
        return {"segment": int(number)} if number.isdecimal() else {}

    def save_model(self, request: HttpRequest, obj: Import, form: Any, change: bool) -> None:
        obj.made_by = request.user.get_username()
        save_row(obj)
        file = form.cleaned_data["sent"]
        take_file(obj, file, name=file.name, at=timezone.now())

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context |= {
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
            "holds": self._holds(request),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(
        self, request: HttpRequest, obj: Import, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:segments_import_change", args=[obj.pk]))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]  # Django's own
        return import_page.show(request, row, self)

    # Deleting

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        at_work = obj is not None and obj.is_at_work
        return super().has_delete_permission(request, obj) and not at_work

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        forget(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Iterable[Any]) -> None:
        try:
            with transaction.atomic():
                for row in queryset:
                    forget(row)
        except NotNow as error:
            messages.error(request, str(error))
