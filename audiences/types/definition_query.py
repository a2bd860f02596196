"""Those whom a definition query admits, the language of Segment's audiences.

What the query says is kept as it was written: a client reads back its own text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from audiences.rules import tree
from audiences.rules.definition_query.errors import QueryError
from audiences.rules.definition_query.parse import parse
from audiences.rules.definition_query.understand import Understood, understand
from audiences.rules.sentence import sentence
from audiences.rules.tree import AllOf, Rule
from audiences.types.base import AudienceType, Configuration, ConfigurationError, Named, Path


class DefinitionQuery(AudienceType):
    """``{"query": "trait('total_spend') > 200"}``."""

    name = "definition_query"
    label = "Definition query"
    help_text = "Members whom a definition query admits, in the language of Segment."
    hidden_because = "not_in_audience"

    def clean(self, configuration: Configuration) -> dict[str, Any]:
        problems: dict[Path, str] = {
            (key,): f"“{key}” is not known here. Give a query."
            for key in configuration.keys() - {"query"}
        }
        query = configuration.get("query")
        if not isinstance(query, str):
            problems["query",] = (
                f"{query!r} is not a query. Give one such as \"trait('total_spend') > 200\"."
            )
        else:
            try:
                _understood(query)
            except QueryError as error:
                problems["query",] = str(error)
        if problems:
            raise ConfigurationError(problems)
        return {"query": query}

    def rule(self, configuration: Configuration) -> Rule:
        return _understood(configuration["query"]).rule

    def parts(self, configuration: Configuration) -> tuple[Rule, ...]:
        rule = self.rule(configuration)
        return rule.rules if isinstance(rule, AllOf) and rule.rules else (rule,)

    def asked_by_name(self, configuration: Configuration) -> dict[str, Path]:
        return dict.fromkeys(tree.names(self.rule(configuration)), ("query",))

    def warnings(self, configuration: Configuration, known: Mapping[str, Named]) -> list[str]:
        return list(_understood(configuration["query"]).warnings)

    def summary(self, configuration: Configuration, names: Mapping[UUID, str]) -> str:
        return sentence(self.rule(configuration), names)

    def refusal(
        self, configuration: Configuration, failed: Sequence[Rule], names: Mapping[UUID, str]
    ) -> str:
        return f"Only for members: {'; '.join(sentence(part, names) for part in failed)}."


@lru_cache(512)
def _understood(query: str) -> Understood:
    return understand(parse(query))
