"""What the pages of a space's rows share: whose rows are shown, and how a row is saved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite, ShowFacets
from django.contrib.admin.utils import NestedObjects, flatten_fieldsets, quote, unquote
from django.db import models, router, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from segments.admin.choices import plain_titles
from segments.admin.spaces import current_space, enter_space, space_of, spaces_of
from segments.models import Space
from segments.services import See, delete_row, holders, save_row, seen_among

if TYPE_CHECKING:  # Unfold has no types; its classes are Django's, drawn anew
    from django.contrib.admin import ModelAdmin
    from django.contrib.admin.views.main import ChangeList
    from django.forms import Textarea as UnfoldTextarea

    AnyModelForm = forms.ModelForm[Any]
    UnfoldModelAdmin = ModelAdmin[Any]
else:
    AnyModelForm = forms.ModelForm
    from unfold.admin import ModelAdmin as UnfoldModelAdmin
    from unfold.views import ChangeList
    from unfold.widgets import UnfoldAdminExpandableTextareaWidget as UnfoldTextarea


CHOICES = 20  # in a page of a picker
Narrow = Callable[[HttpRequest, models.QuerySet[Any]], models.QuerySet[Any]]
_CHANGED_MEANWHILE = (
    "This was changed after you opened it, and nothing of yours is saved yet. “History” says by "
    "whom. Save again to put what stands here in its place, or open it anew to see theirs."
)


class Panel(Protocol):
    """A part of a row's page below its form, contributed by whoever has something to say.

    ``template`` is drawn with what ``context`` gives. Where nothing comes of it, there is none.
    """

    template: str

    def context(self, request: HttpRequest, row: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Page:
    """A page of its own under a row's, at ``…/NUMBER/name/``, contributed as panels are.

    ``view`` gets the row. With a ``label`` a link on the row's page leads there.
    """

    name: str
    view: Callable[[HttpRequest, Any, RowAdmin], HttpResponse]
    label: str = ""


class LatePanel:
    """A panel that is worked out once the page is there; without JavaScript, a link to its page.

    ``name`` is that of the page under the row's, which answers with ``show_part``.
    """

    template = "admin/late_panel.html"

    def __init__(self, name: str, title: str) -> None:
        self._name = name
        self._title = title

    def context(self, request: HttpRequest, row: models.Model) -> Mapping[str, Any]:
        asked = request.GET.urlencode()
        url = page_url(row, self._name)
        return {"name": self._name, "title": self._title, "row": row, "url": f"{url}?{asked}"}


def page_url(row: models.Model, name: str) -> str:
    """Where a page under the row's is: ``change``, or what was contributed."""
    kind = row._meta
    place = f"admin:{kind.app_label}_{kind.model_name}_{name.replace('-', '_')}"
    return reverse(place, args=[row.pk])


class OpenedAt(forms.CharField):
    """When the row had been changed last as its form was opened: no part of what is changed."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class RowForm(AnyModelForm):
    """The form of a row. Its space goes with it, unseen, and never changes: two windows may be open
    on two spaces, and each saves into its own. So does when the row had been changed last: of two
    windows on one row, the later is told before it undoes the other."""

    request: ClassVar[HttpRequest]  # set by RowAdmin.get_form
    space: Any = forms.ModelChoiceField(
        queryset=Space.objects.none(), widget=forms.HiddenInput, required=False
    )
    opened_at = OpenedAt(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["space"]
        field.disabled = bool(self.instance.pk)
        if self.instance.space_id is None:
            self.instance.space = self._chosen_space(self["space"].value())
        self.of_space: Space = self.instance.space
        field.queryset = Space.objects.filter(pk=self.of_space.pk)
        self.initial.update(space=self.of_space.pk, opened_at=self._changed_at())

    def _changed_at(self) -> str:
        changed = getattr(self.instance, "updated_at", None)  # an import has none
        return changed.isoformat() if self.instance.pk and changed else ""

    def _chosen_space(self, number: Any) -> Space:
        """The space that came with the form, when it is one of theirs; else the current one (and
        the field then refuses what came)."""
        space = space_of(self.request, number) or current_space(self.request)
        if space is None:
            raise ValueError("Who has no space adds nothing: RowAdmin.has_add_permission.")
        return space

    def clean_space(self) -> Space:
        return self.cleaned_data["space"] or self.of_space

    def clean_opened_at(self) -> str:
        changed = self._changed_at()
        if self.cleaned_data["opened_at"] not in ("", changed):
            self.data = sent = self.data.copy()  # type: ignore[attr-defined]
            sent[self.add_prefix("opened_at")] = changed  # saving again is meant
            self.add_error(None, _CHANGED_MEANWHILE)
        return changed


class RowChangeList(ChangeList):
    """The rows of the current space."""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.root_queryset = self.root_queryset.filter(space=current_space(request))
        return super().get_queryset(request, *args, **kwargs)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count
        if not self.multi_page:  # then Django asks all anew, past the paginator
            self.result_list = self.paginator.page(1).object_list
        self.result_list = list(self.result_list)
        self.model_admin.prepare_rows(request, self.result_list)  # type: ignore[attr-defined]


class RowAdmin(UnfoldModelAdmin):
    """Pages for the rows of a space, for those who are given the space, and superusers.

    Lists show the current space; a link into another of one's spaces enters it.
    """

    form = RowForm
    panels: ClassVar[list[Panel]]  # contributed to by the apps above
    pages: ClassVar[list[Page]]  # likewise
    narrowed: ClassVar[list[Narrow]]  # likewise: each leaves the rows that whoever asks may see
    change_form_template = "admin/row_change_form.html"
    delete_confirmation_template = "admin/row_delete.html"
    delete_selected_confirmation_template = "admin/rows_delete.html"
    list_per_page = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_disable_select_all = True  # a page at a time
    warn_unsaved_form = True
    formfield_overrides = {models.TextField: {"widget": UnfoldTextarea}}

    def __init_subclass__(cls) -> None:
        cls.panels, cls.pages, cls.narrowed = [], [], []

    # Who may

    def _may(self, request: HttpRequest, row: Any = None) -> bool:
        numbers = {space.pk for space in spaces_of(request)}
        return bool(numbers) if row is None else row.space_id in numbers

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    # Which rows

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request).filter(space__in=spaces_of(request))
        for narrow in self.narrowed:
            rows = narrow(request, rows)
        return rows

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        row = super().get_object(request, *args, **kwargs)
        space = row and space_of(request, row.space_id)
        if row is not None and space is not None:
            row.space = space
            enter_space(request, space)
        return row

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RowChangeList]:
        return RowChangeList

    def prepare_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Learn in one go what the list's columns tell of the rows of a page."""

    def get_urls(self) -> list[Any]:
        choices = self.admin_site.admin_view(self.choices_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_choices"
        pages = [
            path(
                f"<int:number>/{page.name}/",
                self.admin_site.admin_view(self._page_view),
                {"page": page},
                name=f"{self.opts.app_label}_{self.opts.model_name}_{page.name.replace('-', '_')}",
            )
            for page in self.pages
        ]
        return [path("choices/", choices, name=name), *pages, *super().get_urls()]

    def _page_view(self, request: HttpRequest, number: int, page: Page) -> HttpResponse:
        row = self.get_object(request, str(number))
        if row is None:
            raise Http404(f"There is no {self.opts.verbose_name} {number} in your spaces.")
        return page.view(request, row, self)

    def choices_view(self, request: HttpRequest) -> JsonResponse:
        """A page of the rows that a picker offers for what was typed, in select2's form;
        ``uuid`` is the id by which rules refer to a row."""
        space = space_of(request, request.GET.get("space"))
        words = request.GET.get("term", "")
        rows, _ = self.get_search_results(
            request,
            self.get_queryset(request).filter(space=space).order_by(*self.get_ordering(request)),
            words,
        )
        number = request.GET.get("page", "1")
        first = (int(number) - 1) * CHOICES if re.fullmatch("[1-9][0-9]{0,5}", number) else 0
        page = list(rows[first : first + CHOICES + 1])
        titles = self.titles(page[:CHOICES])
        ids = {row.pk: str(row.id) for row in page}
        return JsonResponse(
            {
                "results": [
                    {"id": str(pk), "text": title, "uuid": ids[pk]} for pk, title in titles.items()
                ],
                "pagination": {"more": len(page) > CHOICES},
            }
        )

    def titles(self, rows: Sequence[Any]) -> Mapping[int, str]:
        """What the rows are called, by their numbers."""
        return plain_titles(rows)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        return (queryset.found_by(search_term) if search_term else queryset), False

    # Writing

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        shown = kwargs.pop("fields", None) or flatten_fieldsets(self.get_fieldsets(request, obj))
        form = super().get_form(request, obj, change, fields=[*shown, "space"], **kwargs)
        return type(form.__name__, (form,), {"request": request})

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        space = space_of(request, request.POST.get("space"))
        if space is not None:
            enter_space(request, space)
        return super().add_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_row(obj)

    # Deleting

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What goes, and what stands in the way of it, in words."""
        using = router.db_for_write(self.model)
        found = NestedObjects(using=using)
        found.collect(objs)
        return (
            list(self.titles(list(objs)).values()),
            {str(self.opts.verbose_name_plural): len(objs)},
            set(),
            self.links(request, holders(found.protected)),
        )

    def links(self, request: HttpRequest, rows: Iterable[models.Model]) -> list[str]:
        """What the rows are called, leading to their pages. Those without a page for whoever asks
        are counted."""

        rows = list(rows)
        seen = seen_among(rows, self.see(request))
        hidden = len(rows) - len(seen)
        more = [f"{hidden} that you may not see"] if hidden else []
        return [*(link(row, self.admin_site) for row in seen), *more]

    def see(self, request: HttpRequest) -> See:
        """Leaves, of rows of whatever kind, those that have a page for whoever asks."""

        def see(some: models.QuerySet[Any]) -> models.QuerySet[Any]:
            pages = self.admin_site.get_model_admin(some.model)
            return pages.get_queryset(request).filter(pk__in=some.values("pk"))

        return see

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_row(obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: Iterable[Any]) -> None:
        for row in queryset:
            delete_row(row)

    # Showing

    def history_view(self, request: HttpRequest, object_id: str, *_: Any) -> HttpResponse:
        """What was done to the row, whoever did it by whatever way: the audit trail's page."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
                request, self.opts, object_id
            )
            return missing
        return HttpResponseRedirect(f"{reverse(settings.HISTORY_PAGE)}?object_id={row.id}")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        drawn = [
            render_to_string(panel.template, dict(panel.context(request, row)), request)
            for panel in self.panels
            if row is not None
        ]
        context["panels"] = [panel for panel in drawn if panel.strip()]
        context["pages"] = [
            (page.label, page_url(row, page.name))
            for page in self.pages
            if row is not None and page.label
        ]
        return super().render_change_form(request, context, *args, **kwargs)


def show_part(
    request: HttpRequest,
    admin: RowAdmin,
    row: Any,
    *,
    title: str,
    template: str,
    context: Mapping[str, Any],
) -> HttpResponse:
    """A part of a row's page for a script that asked for it; for anybody else a page by itself."""
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, template, {**context, "original": row})
    return TemplateResponse(
        request,
        "admin/row_part.html",
        {
            **admin.admin_site.each_context(request),
            "title": title,
            "opts": admin.opts,
            "original": row,
            "back": page_url(row, "change"),
            "part": template,
            "name": request.path.rstrip("/").rpartition("/")[2],
            **context,
        },
    )


def link(row: models.Model, site: AdminSite) -> SafeString:
    """What it is and what it is called, leading to its page."""
    kind = row._meta
    url = reverse(f"admin:{kind.app_label}_{kind.model_name}_change", args=[quote(row.pk)])
    title = site.get_model_admin(type(row)).titles([row])[row.pk]  # type: ignore[attr-defined]
    return format_html('{} <a href="{}">{}</a>', capfirst(kind.verbose_name), url, title)
