"""An expression in PQL, as its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from audiences.admin.forms.counted import CountedForm
from audiences.types import Configuration, Path
from audiences.types.pql import READERS, TYPE

if TYPE_CHECKING:
    from django.forms import Select as UnfoldSelect
    from django.forms import Textarea as UnfoldTextarea
else:
    from unfold.widgets import UnfoldAdminSelectWidget as UnfoldSelect
    from unfold.widgets import UnfoldAdminTextareaWidget as UnfoldTextarea


class PqlForm(CountedForm):
    audience_type = "pql"
    configured = ["value", "format"]

    value = forms.CharField(
        label="Expression",
        strip=False,
        widget=UnfoldTextarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="Such as totalOrders > 5 and workAddress.country = “US” (with straight quotes). "
        "docs/pql.md says what else there is.",
    )
    format = forms.ChoiceField(
        label="Format", widget=UnfoldSelect, choices=[(name, name) for name in READERS]
    )

    def initial_values(self, configuration: Configuration) -> dict[str, Any]:
        expression = configuration.get("expression", {})
        return {"value": expression.get("value"), "format": expression.get("format")}

    def configuration(self) -> dict[str, Any]:
        chosen = {"format": self.cleaned_data["format"], "value": self.cleaned_data["value"]}
        return {"expression": {"type": TYPE, **chosen}}

    def field_at(self, path: Path) -> str | None:
        return "format" if path[-1:] == ("format",) else "value"
