"""A rule, put together by hand: a builder stands in for its document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.widgets import Script

from audiences.admin.forms.base import AudienceForm
from audiences.admin.rule_builder import asked_of, told
from audiences.services.convert import in_rules
from audiences.types import Configuration, Path

if TYPE_CHECKING:
    from django.forms import Textarea as UnfoldTextarea
else:
    from unfold.widgets import UnfoldAdminTextareaWidget as UnfoldTextarea


class RuleBuilder(UnfoldTextarea):
    """The document as text, which is all there is without JavaScript; ``rule_builder/`` draws the
    builder in its place."""

    class Media:
        css = {"all": ["audiences/rule-builder.css"]}
        js = [Script("audiences/rule-builder.js", defer=True)]


class RulesForm(AudienceForm):
    audience_type = "rules"
    configured = ["rule"]

    rule = forms.JSONField(
        label="Rule",
        widget=RuleBuilder(attrs={"rows": 12, "spellcheck": "false"}),
        help_text="The conditions as JSON, such as {“all”: [{“field”: “age”, “operator”: "
        "“greater_or_equal”, “value”: 18}]}. docs/rules.md lists fields and operators.",
        error_messages={"invalid": "This is not JSON. Look for a missing comma or bracket."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        saved = self.instance if self.instance.pk else None
        self._asked = asked_of(self.request, self.of_space, saved, self._shown_rule())
        self._tell_builder()

    def _shown_rule(self) -> Any:
        shown = self["rule"].value()
        try:
            return json.loads(shown) if isinstance(shown, str) else shown
        except ValueError:
            return None

    def _tell_builder(self, problems: Mapping[Path, str] | None = None) -> None:
        given = {**self._asked, "problems": told(problems or {})}
        self.fields["rule"].widget.attrs["data-rule-builder"] = json.dumps(given)

    def note(self, problems: Mapping[Path, str]) -> None:
        super().note(problems)
        self._tell_builder(problems)

    def initial_values(self, configuration: Configuration) -> dict[str, Any]:
        if self.instance.audience_type == self.audience_type:
            return {"rule": configuration.get("rule")}
        return {"rule": in_rules(self.instance)}  # one of another type becomes one of this

    def field_at(self, path: Path) -> str | None:
        return "rule"
