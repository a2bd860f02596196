"""Users, for superusers alone: who may give a space may see everything in it.

What a member of staff may do follows from the spaces they are given, and from nothing else; so
Django's groups and permissions, which would have no effect, have no pages here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.postgres.forms import SimpleArrayField

from audience_platform.models import StaffLabels
from segments.admin import SuperusersOnly
from segments.models import Space

if TYPE_CHECKING:
    from django.contrib.auth import admin as django_admin
    from django.contrib.auth import forms as django_forms
    from django.contrib.auth.forms import AdminPasswordChangeForm, UserCreationForm
    from django.forms import CheckboxSelectMultiple as UnfoldCheckboxes
    from django.forms import TextInput as UnfoldTextInput

    UnfoldUserAdmin = django_admin.UserAdmin[User]
    UserChangeForm = django_forms.UserChangeForm[User]
else:
    from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
    from unfold.admin import ModelAdmin
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
    from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as UnfoldCheckboxes
    from unfold.widgets import UnfoldAdminTextInputWidget as UnfoldTextInput

    class UnfoldUserAdmin(DjangoUserAdmin, ModelAdmin): ...


class UserForm(UserChangeForm):
    spaces = forms.ModelMultipleChoiceField(
        queryset=Space.objects.order_by("name"),
        required=False,
        widget=UnfoldCheckboxes,
        help_text="What they may see and change. A superuser sees all, whatever is ticked.",
    )

    denied_labels = SimpleArrayField(
        forms.CharField(max_length=255),
        required=False,
        widget=UnfoldTextInput,
        help_text=StaffLabels._meta.get_field("denied_labels").help_text,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["spaces"] = list(self.instance.spaces.all())
        known = getattr(self.instance, "staff_labels", None)
        self.initial["denied_labels"] = known.denied_labels if known else []


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(SuperusersOnly, UnfoldUserAdmin):
    form = UserForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "first_name", "last_name", "email", "is_staff", "is_superuser"]
    list_filter = ["is_staff", "is_superuser", "is_active"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Who they are", {"fields": [("first_name", "last_name"), "email"]}),
        (
            "What they may do",
            {"fields": ["is_active", "is_staff", "is_superuser", "spaces", "denied_labels"]},
        ),
        ("When", {"fields": [("last_login", "date_joined")], "classes": ["collapse"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change:
            form.instance.spaces.set(form.cleaned_data["spaces"])
            labels = form.cleaned_data["denied_labels"]
            StaffLabels.objects.update_or_create(
                user=form.instance, defaults={"denied_labels": labels}
            )
