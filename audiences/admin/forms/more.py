"""What an audience has besides its name and type's own values: the same in every type's form."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from django import forms

from audiences.models import Audience, Lifecycle
from audiences.services.define import next_lifecycles

if TYPE_CHECKING:
    from django.forms import Select as UnfoldSelect
    from django.forms import TextInput as UnfoldTextInput
else:
    from unfold.widgets import UnfoldAdminSelectWidget as UnfoldSelect
    from unfold.widgets import UnfoldAdminTextInputWidget as UnfoldTextInput

IN_FORCE = ["lifecycle", "enabled"]
RARELY = [
    "refresh_interval",
    "key",
    "labels",
    "external_id",
    "namespace",
    "origin",
    "metadata",
]
MORE = [*IN_FORCE, *RARELY]
_INTERVALS = {
    None: "once a day",
    900: "every quarter of an hour",
    3600: "every hour",
    21_600: "every 6 hours",
    43_200: "every 12 hours",
}


class LabelsField(forms.CharField):
    """A list of texts, with commas between; one that has a comma itself stands in quotes."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        written = io.StringIO()
        csv.writer(written, lineterminator="").writerow(value)
        return written.getvalue()

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        rows = csv.reader([value or ""], skipinitialspace=True)
        return list(dict.fromkeys(one.strip() for row in rows for one in row if one.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


def tell_more(form: forms.ModelForm[Any]) -> None:
    """Let the form's fields of these be chosen in words. A form may have none of them."""
    audience: Audience = form.instance
    for name, field in _fields(audience).items():
        if name in form.fields:
            form.fields[name] = field
    if "metadata" in form.fields:
        form.fields["metadata"].help_text = "As JSON. It is for programs: nothing here reads it."


def _fields(audience: Audience) -> dict[str, forms.Field]:
    known: Any = Audience._meta
    interval = audience.refresh_interval
    intervals = _INTERVALS | ({} if interval in _INTERVALS else {interval: f"every {interval} s"})
    steps = [Lifecycle(audience.lifecycle), *next_lifecycles(audience)]
    return {
        "lifecycle": forms.ChoiceField(
            choices=[(step.value, step.label) for step in dict.fromkeys(steps)],
            initial=audience.lifecycle,
            required=False,
            widget=UnfoldSelect,
            help_text=f"{known.get_field('lifecycle').help_text} Archived is for good.",
        ),
        "enabled": forms.TypedChoiceField(
            label="Switched",
            choices=[(True, "on"), (False, "off")],
            initial=audience.enabled,
            coerce=lambda text: text == "True",
            empty_value=None,
            required=False,
            widget=UnfoldSelect,
            help_text=known.get_field("enabled").help_text,
        ),
        "refresh_interval": forms.TypedChoiceField(
            label="Asked whole",
            choices=[(seconds or "", label) for seconds, label in intervals.items()],
            coerce=int,
            empty_value=None,
            required=False,
            widget=UnfoldSelect,
            help_text="Changes of members are followed within seconds. Besides, every member is "
            "asked anew, to be sure.",
        ),
        "labels": LabelsField(
            required=False,
            widget=UnfoldTextInput,
            help_text=f"{known.get_field('labels').help_text} With commas between.",
        ),
    }
