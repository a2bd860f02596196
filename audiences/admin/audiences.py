"""The pages of audiences: the list, and a page with a form for each type."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from audiences.admin.audience_list import LabelFilter, StateFilter, TypeFilter
from audiences.admin.by_hand import ByHandPanel, by_hand_urls
from audiences.admin.compare import compare_page, compare_urls
from audiences.admin.draft import draft_urls
from audiences.admin.forms import FORMS, AudienceForm
from audiences.admin.forms.more import IN_FORCE, RARELY
from audiences.admin.glance import glance, standing_urls
from audiences.admin.list_members import ListMembersPanel, list_urls
from audiences.admin.members_panel import MembersPanel, members_urls
from audiences.admin.rule_builder import rule_builder_urls
from audiences.admin.seen import seen
from audiences.admin.size_over_time import SizeOverTimePanel
from audiences.admin.standing import prepare
from audiences.admin.sync_state import SyncPanel, sync_urls
from audiences.admin.uses import UsesPanel
from audiences.admin.ways import ways
from audiences.models import Audience
from audiences.services import summaries, titles
from audiences.services.convert import Unsayable, in_rules
from audiences.services.tier_stays import tier_group
from audiences.types import registry
from segments.admin import RowAdmin
from segments.admin.spaces import current_space


def becomes_rules(audience: Audience) -> bool:
    """Whether what the audience means can be said as a rule, and edited as one from then on."""
    kind = audience.type
    if kind.is_list or kind.name == "rules" or tier_group(audience):
        return False
    try:
        in_rules(audience)
    except Unsayable:
        return False
    return True


@admin.register(Audience)
class AudienceAdmin(RowAdmin):
    change_form_template = "admin/audiences/change_form.html"
    list_display = ["title", "type_label", "size", "state", "changed", "summary"]
    list_display_links = ["title"]
    list_filter = [TypeFilter, StateFilter, LabelFilter]
    actions = ["compare_chosen"]
    search_fields = ["name", "description"]
    search_help_text = "Name, or the name of a segment in it"
    ordering = ["-number"]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return seen(request, rows)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if request.GET.get("only") == "lists":  # of a picker
            kinds = [name for name, kind in registry.TYPES.items() if kind.is_list]
            queryset = queryset.filter(audience_type__in=kinds)
        return super().get_search_results(request, queryset, search_term)

    def prepare_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        phrases = summaries(rows)
        for audience in rows:
            audience.summary = capfirst(phrases[audience.pk])
        prepare(rows, current_space(request))

    @admin.display(description="Name", ordering="name")
    def title(self, audience: Any) -> str:
        return str(audience.name or audience.summary)

    @admin.display(description="Type")
    def type_label(self, audience: Audience) -> str:
        return audience.type.label

    @admin.display(description="Members", ordering="status__size")
    def size(self, audience: Any) -> SafeString:
        return render_to_string("admin/audiences/size.html", {"audience": audience})

    @admin.display(description="State")
    def state(self, audience: Any) -> SafeString:
        return render_to_string("admin/audiences/state.html", {"told": audience.told})

    @admin.display(description="Changed last", ordering="updated_at")
    def changed(self, audience: Any) -> str:
        return str(audience.changed)

    @admin.display(description="Who is in it")
    def summary(self, audience: Any) -> str:
        return str(audience.summary) if audience.name else ""  # else it is called that

    @admin.action(description="Compare")
    def compare_chosen(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        return HttpResponseRedirect(compare_page(queryset.values_list("pk", flat=True)))

    def titles(self, rows: Sequence[Any]) -> Mapping[int, str]:
        return titles(rows)

    # The form of a type

    def form_class(self, request: HttpRequest, audience: Audience | None) -> type[AudienceForm]:
        asked = request.GET.get("type", "")
        if audience is None:
            return FORMS[asked]
        becomes = asked == "rules" and becomes_rules(audience)
        return FORMS["rules" if becomes else audience.audience_type]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = self.form_class(request, obj)
        kwargs["fields"] = kwargs["form"].kept  # those of the type, the form itself declares
        return super().get_form(request, obj, change, **kwargs)

    def form_of_type(self, request: HttpRequest, name: str) -> type[AudienceForm]:
        """The form of a type for another page than its own: without a description."""
        form: type[AudienceForm] = super().get_form(request, fields=["name"], form=FORMS[name])
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        form = self.form_class(request, obj)
        kind = registry.get(form.audience_type)
        others = [name for name in ("name", "description") if name not in form.configured]
        return [
            (kind.label, {"fields": form.configured, "description": kind.help_text}),
            (None, {"fields": [*others, *IN_FORCE]}),
            ("More about it", {"fields": RARELY, "classes": ["collapse"]}),
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the form of a new audience begins with; a link may bring a rule."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        try:
            rule = json.loads(initial.pop("rule", "null"))
        except ValueError:
            rule = None
        return {**initial, **({"rule": rule} if rule is not None else {})}

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("type") in FORMS:
            return super().add_view(request, *args, **kwargs)
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Add audience",
            "ways": ways(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/audiences/choose_type.html", context)

    def get_urls(self) -> list[Any]:
        parts = [
            standing_urls,
            members_urls,
            by_hand_urls,
            compare_urls,
            list_urls,
            sync_urls,
            rule_builder_urls,
            draft_urls,
        ]
        return [*(one for urls in parts for one in urls(self)), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        audience = kwargs.get("obj")
        if audience is not None:
            saved = Audience.objects.get(pk=audience.pk) if context["errors"] else audience
            saved.space = audience.space
            shown = {**glance(saved), "becomes_rules": becomes_rules(saved)}
            context["glance"] = render_to_string("admin/audiences/glance.html", shown, request)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Audience, form: AudienceForm, change: bool
    ) -> None:
        form.define()


AudienceAdmin.panels += [
    SyncPanel(),
    SizeOverTimePanel(),
    MembersPanel(),
    ListMembersPanel(),
    ByHandPanel(),
    UsesPanel(),
]
