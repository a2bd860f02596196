"""The forms of an import: the file and whom it is for; its columns; what becomes of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from segments.admin.choices import PickOne, pick_from
from segments.admin.row import AnyModelForm, RowForm
from segments.imports.header import IDENTIFIERS
from segments.imports.look import look
from segments.imports.metadata import known_facts
from segments.imports.refusals import ImportRefused
from segments.imports.targets import FIELDS, METADATA, aim, check_options, modes
from segments.models import Import, ImportMode, ImportTarget, Segment, Space

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


@dataclass(frozen=True)
class FileOf:
    """What a file may hold, as one chooses it. Apps above contribute what they keep as lists, and
    say which of these one may pick, and where the page of one is."""

    name: str
    label: str
    help_text: str
    icon: str
    lists: Callable[[HttpRequest, Space], QuerySet[Segment]] | None = None  # None: memberships
    page: Callable[[Segment], str] | None = None
    label_of_list: str = ""


def _segments(_request: HttpRequest, space: Space) -> QuerySet[Segment]:
    return Segment.objects.without_lists().filter(space=space)


FILES: list[FileOf] = [
    FileOf(
        "memberships",
        "Members of the programme",
        "Who they are: names, e-mail addresses, birthdays, orders, and any other facts.",
        "badge",
    ),
    FileOf(
        "segment",
        "Who is in a segment",
        "The members of one segment, such as “Gold tier”: an id, e-mail or phone a row.",
        "label",
        _segments,
        lambda segment: reverse("admin:segments_segment_change", args=[segment.pk]),
        "Segment",
    ),
]


def file_of(segment: Segment | None) -> FileOf:
    """What a file for the segment holds, or (None) one of memberships."""
    name = "memberships" if segment is None else "list" if segment.is_list else "segment"
    return next(one for one in FILES if one.name == name)


class NewImportForm(RowForm):
    holds: ClassVar[FileOf]

    segment = forms.ModelChoiceField(
        queryset=Segment.objects.none(), widget=PickOne, help_text="Type a part of its name."
    )
    sent = FileField()

    class Meta:
        model = Import
        fields = ["segment"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.holds.lists is None:
            del self.fields["segment"]
            return
        field: Any = self.fields["segment"]
        lists = self.holds.lists(self.request, self.of_space)
        field.label = self.holds.label_of_list
        if self.holds.name == "segment":
            pick_from(field, lists, self.of_space)
        else:  # these have no page of choices of their own
            field.widget, field.queryset = UnfoldSelect(), lists.order_by("name")
            field.help_text = "Static and external lists alone take files."
            field.error_messages["invalid_choice"] = (
                "Choose one of these: who is on any other list follows from something else."
            )

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
        mode: Any = self.fields["mode"]
        mode.choices = [(value, ImportMode(value).label) for value in modes(self.instance)]
        if of_memberships:
            del self.fields["unknown"], self.fields["percent"]
        else:
            self.initial["percent"] = per_cent(self.instance.removable_share)
        self.columns = self._add_columns()

    def _add_columns(self) -> list[dict[str, Any]]:
        """A field for each column of the file; for the page, with its name and first values."""
        seen, mapping = self.instance.look, self.instance.mapping or {}
        facts = known_facts(self.instance.space)
        columns = []
        for place, name in enumerate(seen["header"]):
            held = mapping.get(name)
            field = forms.ChoiceField(
                choices=_choices(name, held, facts),
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
                    "is_known": held is not None,
                }
            )
        return columns

    @property
    def left_out(self) -> list[str]:
        """The columns of which nobody knows yet what they hold."""
        return [column["name"] for column in self.columns if not column["is_known"]]

    @property
    def names_nobody(self) -> bool:
        """Whether no column seems to say whom a row means."""
        return not {*(self.instance.mapping or {}).values()} & {*IDENTIFIERS}

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


def _choices(column: str, held: str | None, facts: Sequence[str]) -> list[Any]:
    """What a column may hold: the fields of a membership, a fact of its own name, or one that other
    members have."""
    own = held if held and held.startswith(METADATA) else f"{METADATA}{column.strip()}"
    others = [(f"{METADATA}{fact}", fact) for fact in facts if f"{METADATA}{fact}" != own]
    return [
        (LEFT_OUT, "Leave it out"),
        *((name, label_of(name)) for name in FIELDS),
        (own, f"Other fact: {own.removeprefix(METADATA)}"),
        *([("A fact that members have already", others)] if others else []),
    ]


def label_of(held: str) -> str:
    """What a column holds, in words: a field, or a fact by its name."""
    if held.startswith(METADATA):
        return held.removeprefix(METADATA)
    return {"external_id": "External id", "email": "E-mail"}.get(
        held, held.replace("_", " ").capitalize()
    )
