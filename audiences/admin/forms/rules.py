"""A rule, as its document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from audiences.admin.forms.base import AudienceForm
from audiences.types import Configuration, Path

if TYPE_CHECKING:
    from django.forms import Textarea as UnfoldTextarea
else:
    from unfold.widgets import UnfoldAdminTextareaWidget as UnfoldTextarea


class RulesForm(AudienceForm):
    audience_type = "rules"
    configured = ["rule"]

    rule = forms.JSONField(
        label="Rule",
        widget=UnfoldTextarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text="The conditions as JSON, such as {“all”: [{“field”: “age”, “operator”: "
        "“greater_or_equal”, “value”: 18}]}. docs/rules.md lists fields and operators.",
        error_messages={"invalid": "This is not JSON. Look for a missing comma or bracket."},
    )

    def initial_values(self, configuration: Configuration) -> dict[str, Any]:
        return {"rule": configuration.get("rule")}

    def field_at(self, path: Path) -> str | None:
        return "rule"
