"""One description of who, in another language: rules, pql/text, pql/json or definition queries."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from audiences.models import Audience
from audiences.rules import document
from audiences.rules.definition_query.from_rules import query_of
from audiences.rules.pql import json_reader, text
from audiences.rules.pql.from_rules import expression_of
from audiences.rules.pql.json_writer import to_json
from audiences.rules.pql.printer import to_text
from audiences.rules.pql.syntax import Expression
from audiences.rules.pql.to_rules import plain_rule
from audiences.rules.unsayable import Unsayable
from audiences.services.describe import UNREADABLE, referred_names, warnings
from audiences.services.names import find_named
from audiences.types import ConfigurationError, Path, registry
from audiences.types.pql import READERS
from segments.models import Space

RULES = "rules"
_WRITERS: dict[str, Callable[[Expression], str]] = {
    text.FORMAT: to_text,
    json_reader.FORMAT: to_json,
}
DEFINITION_QUERY = "definition_query"
LANGUAGES = (RULES, *READERS, DEFINITION_QUERY)


@dataclass(frozen=True)
class Conversion:
    """``value`` is the tree of a rule, or a text; ``summary`` says in words who is meant."""

    value: Any
    summary: str
    warnings: list[str]


def convert(*, space: Space, language: str, value: Any, to: str) -> Conversion:
    """The same in another of ``LANGUAGES``, or in the canonical form of its own.

    ``value`` is the tree of a rule, or an expression; pql/json may also be given as JSON. Nothing
    is saved, and whether what is referred to exists is not asked.

    :raises ConfigurationError: naming each place of the value that makes no sense.
    :raises Unsayable: the other language can't say it.
    """
    draft = _draft(space, language, value)
    converted = _written(draft, to)
    names = referred_names([draft]).get(space.pk, {})
    return Conversion(
        converted,
        draft.type.summary(draft.configuration, names),
        warnings([draft])[draft.pk],
    )


def _written(draft: Audience, to: str) -> Any:
    if to == RULES:
        return _rule(draft)
    if to != DEFINITION_QUERY:
        return _WRITERS[to](_expression(draft))
    if draft.audience_type == DEFINITION_QUERY:
        return draft.configuration["query"]
    return query_of(draft.rule)


def in_pql(audience: Audience) -> str:
    """What an audience means, as pql/text; its lists by hand apart.

    :raises Unsayable: PQL can't say it.
    """
    try:
        return to_text(_expression(audience))
    except Unsayable:
        raise
    except UNREADABLE as error:
        raise Unsayable(["Who is meant can't be read."]) from error


def in_rules(audience: Audience) -> dict[str, Any]:
    """What an audience means, as the tree of a rule; its lists by hand apart.

    :raises Unsayable: its definition can't be read.
    """
    try:
        return _rule(audience)
    except UNREADABLE as error:
        raise Unsayable(["Who is meant can't be read."]) from error


def _draft(space: Space, language: str, value: Any) -> Audience:
    """An audience that means it, unsaved."""
    within: Path
    if language == RULES:
        name, given, within = "rules", {"rule": value}, ("rule",)
    elif language == DEFINITION_QUERY:
        name, given, within = "definition_query", {"query": value}, ("query",)
    else:
        is_tree = language == json_reader.FORMAT and not isinstance(value, str)
        given = {
            "expression": {"format": language, "value": json.dumps(value) if is_tree else value}
        }
        name, within = "pql", ("expression", "value")
    try:
        configuration = registry.get(name).clean(given)
    except ConfigurationError as error:
        at = len(within)
        raise ConfigurationError(
            {path[at:]: problem for path, problem in error.problems.items()}
        ) from error
    return Audience(space=space, audience_type=name, configuration=configuration)


def _expression(audience: Audience) -> Expression:
    if audience.audience_type == "pql":
        expression = audience.configuration["expression"]
        return READERS[expression["format"]](expression["value"])
    return expression_of(audience.rule)


def _rule(audience: Audience) -> dict[str, Any]:
    asked = audience.type.asked_by_name(audience.configuration)
    found = find_named(space=audience.space_id, names=asked)
    named = {name: one.rule for name, one in found.items()}
    return document.write(plain_rule(audience.rule, named))


__all__ = ["LANGUAGES", "RULES", "Conversion", "Unsayable", "convert", "in_pql", "in_rules"]
