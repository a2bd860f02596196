"""A band of an attribute: from, and up to just under."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from audiences.admin.forms.counted import CountedForm
from audiences.services.tier_stays import tier_group

if TYPE_CHECKING:
    from django.forms import TextInput as UnfoldText
else:
    from unfold.widgets import UnfoldAdminTextInputWidget as UnfoldText


class TierForm(CountedForm):
    """One of a group of tiers is shown, and changed with the others on the page of the group."""

    audience_type = "tier"
    configured = ["attribute", ("start", "end")]

    attribute = forms.CharField(
        widget=UnfoldText,
        help_text="A number, an amount or a date, such as total_order_value, last_order_at or "
        "metadata.points.",
    )
    start = forms.CharField(
        label="From", widget=UnfoldText, help_text="A number, or a date such as 2026-01-31."
    )
    end = forms.CharField(
        label="To under",
        required=False,
        widget=UnfoldText(attrs={"placeholder": "no end"}),
        empty_value=None,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        group = tier_group(self.instance)
        if group is not None:
            for name in ("attribute", "start", "end", "name"):
                if name in self.fields:
                    self.fields[name].disabled = True
            told = f"It is a tier of the group “{group}”: change it there."
            self.fields["attribute"].help_text = told
