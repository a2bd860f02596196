"""What the types share whose members are a list: places in a segment of the audience's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from audiences.rules.sentence import sentence
from audiences.rules.tree import AnyOf, InSegment, Rule, Until
from audiences.types.base import AudienceType, Configuration, ConfigurationError, Path


class MemberListType(AudienceType):
    """A type whose configuration is ``{"segment": id}``: its list, which is made with the audience
    and so is not given. Without one it holds nobody."""

    hidden_because = "not_in_audience"
    is_list = True

    def clean(self, configuration: Configuration) -> dict[str, Any]:
        problems: dict[Path, str] = {
            (key,): f"“{key}” is not known here. Leave it out: a list has no configuration."
            for key in configuration.keys() - {"segment"}
        }
        if not isinstance(configuration.get("segment", ""), str):
            problems[("segment",)] = "The list is made with the audience. Leave it out."
        if problems:
            raise ConfigurationError(problems)
        return dict(configuration)

    def rule(self, configuration: Configuration) -> Rule:
        for id in self.segments(configuration):
            return InSegment(id, is_list=True)
        return AnyOf(())

    def segments(self, configuration: Configuration) -> dict[UUID, Path]:
        if "segment" not in configuration:
            return {}
        return {UUID(configuration["segment"]): ("segment",)}

    def summary(self, configuration: Configuration, names: Mapping[UUID, str]) -> str:
        return sentence(self.rule(configuration), names)

    def refusal(
        self, configuration: Configuration, failed: Sequence[Rule], names: Mapping[UUID, str]
    ) -> str:
        for part in failed:
            if isinstance(part, Until):
                return f"The list has run out: it was kept {sentence(part, names)}."
        return f"Not {self.summary(configuration, names)}."
