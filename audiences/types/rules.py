"""Those whom a rule admits: any mix of conditions, nested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from audiences.rules import document
from audiences.rules.sentence import sentence
from audiences.rules.tree import AllOf, Rule
from audiences.types.base import AudienceType, Configuration, ConfigurationError, Path

VERSION = 1


class Rules(AudienceType):
    """``{"rule": TREE, "version": 1}``; ``audiences.rules.document`` has the forms of a tree."""

    name = "rules"
    label = "Rules"
    help_text = "Members whom any mix of conditions admits."
    hidden_because = "not_in_audience"

    def clean(self, configuration: Configuration) -> dict[str, Any]:
        problems: dict[Path, str] = {
            (key,): f"“{key}” is not known here. Give a rule, and its version."
            for key in configuration.keys() - {"rule", "version"}
        }
        if configuration.get("version", VERSION) != VERSION:
            problems[("version",)] = (
                f"{configuration['version']!r} is not a version of the rule language. "
                f"Give {VERSION}, or leave it out."
            )
        try:
            rule = document.read(configuration.get("rule"))
        except document.DocumentError as error:
            problems |= {("rule", *path): problem for path, problem in error.problems.items()}
        if problems:
            raise ConfigurationError(problems)
        return {"rule": document.write(rule), "version": VERSION}

    def rule(self, configuration: Configuration) -> Rule:
        return document.read(configuration["rule"])

    def parts(self, configuration: Configuration) -> tuple[Rule, ...]:
        rule = self.rule(configuration)
        return rule.rules if isinstance(rule, AllOf) else (rule,)

    def segments(self, configuration: Configuration) -> dict[UUID, Path]:
        return _places(configuration["rule"], "in_segment", ("rule",))

    def audiences(self, configuration: Configuration) -> dict[UUID, Path]:
        return _places(configuration["rule"], "in_audience", ("rule",))

    def summary(self, configuration: Configuration, names: Mapping[UUID, str]) -> str:
        return sentence(self.rule(configuration), names)

    def refusal(
        self, configuration: Configuration, failed: Sequence[Rule], names: Mapping[UUID, str]
    ) -> str:
        return f"Only for members: {'; '.join(sentence(part, names) for part in failed)}."


def _places(tree: Any, form: str, path: Path) -> dict[UUID, Path]:
    """Where a clean tree refers to segments or audiences, by id; the first place of each."""
    if form in tree:
        return {UUID(tree[form]): (*path, form)}
    found: dict[UUID, Path] = {}
    for group in ("all", "any"):
        for place, inner in enumerate(tree.get(group, ())):
            found = _places(inner, form, (*path, group, place)) | found
    if "not" in tree:
        found = _places(tree["not"], form, (*path, "not")) | found
    return found
