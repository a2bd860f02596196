"""The pages of API keys: made here, their token shown once, revoked here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from audience_platform.models import ApiKey
from audience_platform.services import make_key, revoke_key
from audiences.admin.seen import denied_labels
from segments.admin import UnfoldModelAdmin
from segments.admin.spaces import current_space, spaces_of
from segments.models import Space

if TYPE_CHECKING:
    from django.forms import CheckboxSelectMultiple as UnfoldCheckboxes
else:
    from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as UnfoldCheckboxes


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    request: ClassVar[HttpRequest]

    spaces = forms.ModelMultipleChoiceField(
        queryset=Space.objects.none(),
        widget=UnfoldCheckboxes,
        help_text="What the key opens.",
        error_messages={"required": "Tick one space or more: a key to none opens nothing."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        spaces: Any = self.fields["spaces"]
        spaces.queryset = Space.objects.for_staff(self.request.user).order_by("name")
        self.initial.setdefault("spaces", [current_space(self.request)])

    def clean_expires_at(self) -> Any:
        moment = self.cleaned_data["expires_at"]
        if moment is not None and moment <= timezone.now():
            raise forms.ValidationError("This moment is past. Give a later one, or none.")
        return moment


@admin.register(ApiKey)
class ApiKeyAdmin(UnfoldModelAdmin):
    form = ApiKeyForm
    change_form_template = "admin/row_change_form.html"
    list_display = ["name", "begins_with", "opens", "scope", "expires_at", "state"]
    search_fields = ["name", "prefix"]
    search_help_text = "Name, or the beginning of the token"
    show_full_result_count = False
    list_per_page = 50

    # A key is seen by those who are given every space that it opens

    def get_queryset(self, request: HttpRequest) -> Any:
        keys = super().get_queryset(request).prefetch_related("spaces")
        if getattr(request.user, "is_superuser", False):
            return keys
        others = Space.objects.exclude(pk__in=[space.pk for space in spaces_of(request)])
        opened = ApiKey.spaces.through.objects
        return keys.exclude(pk__in=opened.filter(space__in=others).values("apikey")).filter(
            pk__in=opened.values("apikey")
        )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(spaces_of(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(spaces_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(spaces_of(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what a key opens never changes: make another, revoke this one

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # revoked keys stay, so that one can tell what a leaked token was

    # The list

    @admin.display(description="Begins with")
    def begins_with(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @admin.display(description="Opens")
    def opens(self, key: ApiKey) -> str:
        return ", ".join(space.name for space in key.spaces.all())

    @admin.display(description="State")
    def state(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return "Revoked"
        if key.expires_at is not None and key.expires_at <= timezone.now():
            return "Expired"
        return "In use"

    # Making one

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ["name", "spaces", "scope", "denied_labels", "expires_at"]
        kept = ["begins_with", "opens", "state", "created_at", "revoked_at"]
        return [
            (
                None,
                {
                    "fields": fields
                    if obj is None
                    else ["name", "scope", "denied_labels", "expires_at", *kept]
                },
            )
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else ["begins_with", "opens", "state", "created_at", "revoked_at"]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"request": request})

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        given = form.cleaned_data
        labels = dict.fromkeys([*given["denied_labels"], *denied_labels(request)])
        made = make_key(at=timezone.now(), **{**given, "denied_labels": labels})
        made.key.token = made.token  # type: ignore[attr-defined]  # for the page that shows it
        return made.key

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """``make_key`` has saved it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """``make_key`` has saved its spaces."""

    def response_add(self, request: HttpRequest, obj: Any, *args: Any) -> HttpResponse:
        """The one page that ever shows the token: nothing else keeps it, not even a message."""
        context = {
            **self.admin_site.each_context(request),
            "title": "API key made",
            "subtitle": str(obj),
            "opts": self.opts,
            "key": obj,
            "token": obj.token,
        }
        return TemplateResponse(request, "admin/api_keys/made.html", context)

    # Revoking one

    def get_urls(self) -> list[Any]:
        revoke = self.admin_site.admin_view(require_POST(self.revoke_view))
        return [
            path("<uuid:id>/revoke/", revoke, name="audience_platform_apikey_revoke"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        key = kwargs.get("obj")
        context["show_save_and_continue"] = context["show_save_and_add_another"] = False
        if key is not None and key.revoked_at is None:
            panel = render_to_string("admin/api_keys/revoke.html", {"key": key}, request)
            context["panels"] = [panel]
        return super().render_change_form(request, context, *args, **kwargs)

    def revoke_view(self, request: HttpRequest, id: Any) -> HttpResponse:
        key: ApiKey | None = self.get_object(request, str(id))
        if key is None:
            raise Http404("There is no such key among those that open your spaces only.")
        revoke_key(key, at=timezone.now())
        self.log_change(request, key, "Revoked.")
        messages.success(request, f"“{key}” is revoked: from now on it opens nothing.")
        page = reverse("admin:audience_platform_apikey_change", args=[key.pk])
        return HttpResponseRedirect(page)
