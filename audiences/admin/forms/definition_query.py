"""A definition query, as its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from audiences.admin.forms.counted import CountedForm

if TYPE_CHECKING:
    from django.forms import Textarea as UnfoldTextarea
else:
    from unfold.widgets import UnfoldAdminTextareaWidget as UnfoldTextarea


class DefinitionQueryForm(CountedForm):
    audience_type = "definition_query"
    configured = ["query"]

    query = forms.CharField(
        label="Query",
        strip=False,
        widget=UnfoldTextarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="Such as trait('total_spend') > 200 AND NOT (trait('plan') = 'free').",
    )
