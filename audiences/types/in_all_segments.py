"""Those in every one of the segments (guide “Offer Audiences”, section “In All Segments”)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from audiences.rules.tree import AllOf, InSegment, Rule, segments
from audiences.types.base import Configuration
from audiences.types.segment_list import SegmentListType


class InAllSegments(SegmentListType):
    name = "in_all_segments"
    label = "In all segments"
    help_text = "Members who are in every one of the segments."

    def rule(self, configuration: Configuration) -> Rule:
        return AllOf(self.parts(configuration))

    def parts(self, configuration: Configuration) -> tuple[Rule, ...]:
        return tuple(InSegment(UUID(value)) for value in configuration["segments"])

    def summary(self, configuration: Configuration, names: Mapping[UUID, str]) -> str:
        return "in " + " and ".join(self.named(configuration, names))

    def refusal(
        self, configuration: Configuration, failed: Sequence[Rule], names: Mapping[UUID, str]
    ) -> str:
        missing = [names[id] for part in failed for id in segments(part)]
        return f"Not in {' nor in '.join(missing)}."
