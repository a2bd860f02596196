"""A list of a source's, and how it is synced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from audiences.admin.forms.member_list import MemberListForm
from audiences.models import Source
from audiences.services.define import check_definition
from audiences.sources.base import Kind
from audiences.types import Configuration, ConfigurationError
from segments.admin.import_forms import per_cent

if TYPE_CHECKING:
    from django.forms import NumberInput as UnfoldNumberInput
    from django.forms import Select as UnfoldSelect
    from django.forms import TextInput as UnfoldTextInput
else:
    from unfold.widgets import UnfoldAdminIntegerFieldWidget as UnfoldNumberInput
    from unfold.widgets import UnfoldAdminSelectWidget as UnfoldSelect
    from unfold.widgets import UnfoldAdminTextInputWidget as UnfoldTextInput

INTERVALS = {
    None: "only when asked",
    900: "every quarter of an hour",
    3600: "every hour",
    21_600: "every 6 hours",
    86_400: "every day",
    604_800: "every week",
}
UNKNOWN = {"create": "add them to the space", "skip": "leave them out"}


def interval_field(chosen: int | None = None) -> forms.TypedChoiceField:
    """How often to sync; one that was chosen otherwise stays possible."""
    choices = dict(INTERVALS) | ({} if chosen in INTERVALS else {chosen: f"every {chosen} seconds"})
    return forms.TypedChoiceField(
        label="Sync",
        choices=[(seconds or "", label) for seconds, label in choices.items()],
        coerce=int,
        empty_value=None,
        required=False,
        widget=UnfoldSelect,
    )


def unknown_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="People who are new", choices=list(UNKNOWN.items()), widget=UnfoldSelect
    )


def leaving_field() -> forms.FloatField:
    """How much of a list a sync may take off without asking, in per cent."""
    return forms.FloatField(
        label="May leave at once",
        initial=20,
        min_value=0,
        max_value=100,
        widget=UnfoldNumberInput,
        help_text="Per cent of the list. A sync that would take off more asks first.",
    )


class SyncedForm(MemberListForm):
    audience_type = "synced"
    configured = [
        "name",
        "description",
        ("source", "kind"),
        "list",
        ("interval", "unknown"),
        "removable_share",
    ]

    source = forms.ModelChoiceField(queryset=Source.objects.none(), widget=UnfoldSelect)
    kind = forms.ChoiceField(
        label="It is a",
        choices=[(kind.value, kind.value) for kind in Kind],
        widget=UnfoldSelect,
    )
    list = forms.CharField(
        label="Id of the list",
        max_length=255,
        widget=UnfoldTextInput,
        help_text="As its vendor has it. On the source's page you can pick lists by their names.",
    )
    interval = interval_field()
    unknown = unknown_field()
    removable_share = leaving_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        source: Any = self.fields["source"]
        source.queryset = Source.objects.filter(space=self.of_space)
        if self.instance.pk:
            self.fields["interval"] = interval_field(self.instance.configuration["interval"])

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        if not self.errors:
            try:
                check_definition(
                    self.instance,
                    audience_type=self.audience_type,
                    configuration=self.configuration(),
                )
            except ConfigurationError as error:
                for path, problem in error.problems.items():
                    self.add_error(self.field_at(path), problem)
        return self.cleaned_data

    def initial_values(self, configuration: Configuration) -> dict[str, Any]:
        found = Source.objects.filter(space=self.instance.space_id, id=configuration["source"])
        return {
            **configuration,
            "source": found.first(),
            "interval": configuration["interval"] or "",
            "removable_share": per_cent(configuration["removable_share"]),
        }

    def configuration(self) -> dict[str, Any]:
        names = ("kind", "list", "interval", "unknown")
        return {
            **{name: self.cleaned_data[name] for name in names},
            "source": str(self.cleaned_data["source"].id),
            "removable_share": self.cleaned_data["removable_share"] / 100,
        }
