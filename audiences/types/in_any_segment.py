"""Those in at least one of the segments (guide “Offer Audiences”, section “In Any Segment”)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from audiences.rules.tree import AnyOf, InSegment, Rule
from audiences.types.base import Configuration
from audiences.types.segment_list import SegmentListType


class InAnySegment(SegmentListType):
    name = "in_any_segment"
    label = "In any segment"
    help_text = "Members who are in at least one of the segments."

    def rule(self, configuration: Configuration) -> Rule:
        return AnyOf(tuple(InSegment(UUID(value)) for value in configuration["segments"]))

    def summary(self, configuration: Configuration, names: Mapping[UUID, str]) -> str:
        return "in " + " or ".join(self.named(configuration, names))

    def refusal(
        self, configuration: Configuration, failed: Sequence[Rule], names: Mapping[UUID, str]
    ) -> str:
        missing = self.named(configuration, names)
        return f"In none of {', '.join(missing)}." if missing[1:] else f"Not in {missing[0]}."
