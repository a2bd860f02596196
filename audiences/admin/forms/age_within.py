"""Ages, from and to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from audiences.admin.forms.counted import CountedForm
from audiences.types.age_within import OLDEST, YOUNGEST

if TYPE_CHECKING:
    from django.forms import NumberInput as UnfoldNumberInput
else:
    from unfold.widgets import UnfoldAdminIntegerFieldWidget as UnfoldNumberInput


def _age(label: str, none: str) -> forms.IntegerField:
    wrong = f"Give a whole number from {YOUNGEST} to {OLDEST}, or nothing."
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=YOUNGEST,
        max_value=OLDEST,
        widget=UnfoldNumberInput(attrs={"placeholder": none}),
        error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong},
    )


class AgeWithinForm(CountedForm):
    audience_type = "age_within"
    configured = [("minimum_age", "maximum_age")]

    minimum_age = _age("From age", "no lower limit")
    maximum_age = _age("Up to and including age", "no upper limit")

    def clean(self) -> dict[str, Any] | None:
        if self.cleaned_data.keys() >= {"minimum_age", "maximum_age"} and (
            self.cleaned_data["minimum_age"] is self.cleaned_data["maximum_age"] is None
        ):
            self.add_error("minimum_age", "Give the lowest age, the highest, or both.")
        return super().clean()
