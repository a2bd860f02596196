"""The forms of an import: the file and whom it is for; its columns; what becomes of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat

from segments.admin.choices import PickOne, pick_from
from segments.admin.row import AnyModelForm, RowForm
from segments.imports.look import look
from segments.imports.refusals import ImportRefused
from segments.imports.targets import FIELDS, METADATA, aim, check_options
from segments.models import Import, ImportMode, ImportTarget, Segment
from segments.models.imports import MODES_OF_A_LIST, MODES_OF_MEMBERSHIPS

if TYPE_CHECKING:
    from django.forms import CheckboxInput as UnfoldCheckbox
    from django.forms import FileInput as UnfoldFile
    from django.forms import NumberInput as UnfoldNumber
    from django.forms import Select as UnfoldSelect
else:
    from unfold.widgets import UnfoldAdminFileFieldWidget as UnfoldFile
    from unfold.widgets import UnfoldAdminIntegerFieldWidget as UnfoldNumber
    from unfold.widgets import UnfoldAdminSelectWidget as UnfoldSelect
    from unfold.widgets import UnfoldBooleanWidget as UnfoldCheckbox

LEFT_OUT = ""


class FileField(forms.FileField):
    """A file that is to be imported; one that can't be read is refused at the field."""

    def __init__(self) -> None:
        most = filesizeformat(settings.IMPORT_LARGEST_FILE)
        super().__init__(
            label="File",
            widget=UnfoldFile(attrs={"accept": ".csv,.txt,.tsv,.zip"}),
            help_text=f"CSV, or a zip of one, up to {most}. Its first row names the columns.",
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if file.size > settings.IMPORT_LARGEST_FILE:
            most = filesizeformat(settings.IMPORT_LARGEST_FILE)
            raise ValidationError(f"The file is larger than {most}. Pack it as zip, or send parts.")
        try:
            look(file.file)
        except ImportRefused as error:
            raise ValidationError(str(error)) from error
        return file


class NewImportForm(RowForm):
    segment = forms.ModelChoiceField(
        queryset=Segment.objects.none(),
        required=False,
        widget=PickOne,
        label="Members of the segment",
        help_text="Leave it empty for a file of memberships of the space.",
    )
    sent = FileField()

    class Meta:
        model = Import
        fields = ["segment"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segments = Segment.objects.filter(space=self.of_space)
        pick_from(self.fields["segment"], segments, self.of_space)

    def _post_clean(self) -> None:
        try:
            aim(self.instance, self.cleaned_data.get("segment"))
        except ValidationError as error:
            self.add_error(None, error)
        check_options(self.instance)
        super()._post_clean()  # type: ignore[misc]  # Django's own


def per_cent(share: float) -> str:
    """The share of a hundred, as one writes it: 12.5, and 7 where a float is 7.000000000000001."""
    return f"{share * 100:.10g}"


class OptionsForm(AnyModelForm):
    """What the columns of the file hold, and what becomes of its rows."""

    percent = forms.FloatField(
        min_value=0,
        max_value=100,
        label="Stop and ask when more leave than",
        help_text="Per cent of the list. Only replacing takes people off it that the file "
        "doesn't name.",
        widget=UnfoldNumber,
    )

    class Meta:
        model = Import
        fields = ["mode", "unknown", "skip_bad_rows"]
        widgets = {
            "mode": UnfoldSelect,
            "unknown": UnfoldSelect,
            "skip_bad_rows": UnfoldCheckbox,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_memberships = self.instance.target == ImportTarget.MEMBERSHIPS
        possible = MODES_OF_MEMBERSHIPS if of_memberships else MODES_OF_A_LIST
        mode: Any = self.fields["mode"]
        mode.choices = [(value, ImportMode(value).label) for value in possible]
        if of_memberships:
            del self.fields["unknown"], self.fields["percent"]
        else:
            self.initial["percent"] = per_cent(self.instance.removable_share)
        self.columns = self._add_columns()

    def _add_columns(self) -> list[dict[str, Any]]:
        """A field for each column of the file; for the page, with its name and first values."""
        seen, mapping = self.instance.look, self.instance.mapping or {}
        columns = []
        for place, name in enumerate(seen["header"]):
            held = mapping.get(name)
            field = forms.ChoiceField(
                choices=_choices(name, held),
                required=False,
                label=f"What “{name}” holds",
                widget=UnfoldSelect(attrs={"aria-label": f"What “{name}” holds"}),
            )
            self.fields[f"column-{place}"] = field
            self.initial[f"column-{place}"] = held or LEFT_OUT
            cells = [row["cells"][place] for row in seen["rows"] if place < len(row["cells"])]
            columns.append(
                {
                    "name": name,
                    "field": self[f"column-{place}"],
                    "values": [cell for cell in cells if cell][:3],
                }
            )
        return columns

    def options(self) -> dict[str, Any]:
        """What was chosen, as ``change_import`` takes it."""
        names = ("mode", "unknown", "skip_bad_rows")
        chosen = {name: self.cleaned_data[name] for name in names if name in self.fields}
        if "percent" in self.fields:
            chosen["removable_share"] = self.cleaned_data["percent"] / 100
        header = self.instance.look["header"]
        chosen["mapping"] = {
            name: self.cleaned_data[f"column-{place}"] or None for place, name in enumerate(header)
        }
        return chosen


class ReplaceFileForm(forms.Form):
    file = FileField()


def _choices(column: str, held: str | None) -> list[tuple[str, str]]:
    """What a column may hold: the fields of a membership, or a fact of its own name."""
    own = held if held and held.startswith(METADATA) else f"{METADATA}{column.strip()}"
    return [
        (LEFT_OUT, "Leave it out"),
        *((name, _label(name)) for name in FIELDS),
        (own, f"Other fact: {own.removeprefix(METADATA)}"),
    ]


def _label(name: str) -> str:
    return {"external_id": "External id", "email": "E-mail"}.get(
        name, name.replace("_", " ").capitalize()
    )
