"""Segments, picked by name."""

from __future__ import annotations

from typing import Any

from django import forms

from audiences.admin.forms.counted import CountedForm
from audiences.types import Configuration
from segments.admin.choices import PickSeveral, pick_from
from segments.models import Segment


class _SegmentListForm(CountedForm):
    configured = ["segments"]

    segments = forms.ModelMultipleChoiceField(
        queryset=Segment.objects.none(),
        widget=PickSeveral,
        help_text="Type a part of a segment's name, then pick it. Pick one or more.",
        error_messages={"required": "Pick one segment or more."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segments = Segment.objects.without_lists().filter(space=self.of_space)
        pick_from(self.fields["segments"], segments, self.of_space)

    def initial_values(self, configuration: Configuration) -> dict[str, Any]:
        segments = Segment.objects.filter(
            space=self.instance.space_id, id__in=configuration["segments"]
        )
        return {"segments": [segment.pk for segment in segments]}

    def configuration(self) -> dict[str, Any]:
        return {"segments": [str(segment.id) for segment in self.cleaned_data["segments"]]}


class InAllSegmentsForm(_SegmentListForm):
    audience_type = "in_all_segments"


class InAnySegmentForm(_SegmentListForm):
    audience_type = "in_any_segment"
