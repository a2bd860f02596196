"""The form of an offer, with its audiences."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django import forms

from offers.admin.audiences_in_place import AudiencesInPlace
from segments.admin import RowForm
from segments.models import Space

if TYPE_CHECKING:
    from django.contrib.admin.widgets import AdminSplitDateTime as UnfoldMoment
else:
    from unfold.widgets import UnfoldAdminSplitDateTimeWidget as UnfoldMoment


class MomentField(forms.SplitDateTimeField):
    """A date and a time; where no time is given, ``time`` it is."""

    def __init__(self, time: datetime.time, **kwargs: Any) -> None:
        self._time = time
        super().__init__(widget=UnfoldMoment(), required=False, **kwargs)

    def compress(self, data_list: Any) -> datetime.datetime | None:
        if data_list and data_list[0] and data_list[1] in self.empty_values:
            data_list = [data_list[0], self._time]
        return super().compress(data_list)


def visible_from(empty: str) -> MomentField:
    """``empty`` says what it means when it is left empty."""
    text = f"{empty} A date without a time: from the beginning of that day"
    return MomentField(datetime.time(0, 0), label="Visible from", help_text=text)


def visible_until(empty: str) -> MomentField:
    text = f"{empty} A date without a time: to the end of that day"
    return MomentField(datetime.time(23, 59, 59), label="Visible until", help_text=text)


def tell_the_clock(form: forms.BaseForm, space: Space) -> None:
    for moment in ("publish_at", "expire_at"):
        form.fields[moment].help_text += f", by the clock of {space.time_zone}."


class OfferForm(RowForm):
    publish_at = visible_from("Empty: at once.")
    expire_at = visible_until("Empty: for ever.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tell_the_clock(self, self.of_space)
        data: Any = self.data if self.is_bound else None
        self.audiences = AudiencesInPlace(self.request, self.instance, data)

    @property
    def media(self) -> Any:
        return super().media + self.audiences.media

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        if not self.audiences.is_valid():
            look = "One of its audiences is not right yet: look there."
            self.add_error(None, self.audiences.problems or [look])
        return self.cleaned_data
