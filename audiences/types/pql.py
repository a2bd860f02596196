"""Those whom an expression of PQL admits, Adobe's profile query language.

What the expression says is kept as it was written: a client reads back its own text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from audiences.rules.pql import json_reader, text
from audiences.rules.pql.errors import PqlError
from audiences.rules.pql.profile import EVENTS
from audiences.rules.pql.translate import Asks, asks, rule_of
from audiences.rules.sentence import sentence
from audiences.rules.tree import AllOf, Rule
from audiences.types.base import AudienceType, Configuration, ConfigurationError, Named, Path

TYPE = "PQL"
READERS = {text.FORMAT: text.parse, json_reader.FORMAT: json_reader.read_json}
_KEYS = ("type", "format", "value")
_VALUE = ("expression", "value")
_LONG = 4_000  # letters


class Pql(AudienceType):
    """``{"expression": {"type": "PQL", "format": "pql/text", "value": TEXT}}``; or ``pql/json``,
    whose value is a text too."""

    name = "pql"
    label = "PQL"
    help_text = "Members whom an expression admits, in the profile query language of Adobe."
    hidden_because = "not_in_audience"

    def clean(self, configuration: Configuration) -> dict[str, Any]:
        problems: dict[Path, str] = {
            (key,): f"“{key}” is not known here. Give an expression."
            for key in configuration.keys() - {"expression"}
        }
        given = configuration.get("expression")
        if not isinstance(given, dict):
            problems[("expression",)] = (
                f'{given!r} is not an expression. Give {{"type": "PQL", "format": "pql/text", '
                '"value": "totalOrders > 5"}.'
            )
            raise ConfigurationError(problems)
        found = {"type": TYPE, "format": text.FORMAT, **given}
        problems |= _problems(found)
        if problems:
            raise ConfigurationError(problems)
        return {"expression": {key: found[key] for key in _KEYS}}

    def rule(self, configuration: Configuration) -> Rule:
        return _meaning(configuration).rule

    def parts(self, configuration: Configuration) -> tuple[Rule, ...]:
        rule = self.rule(configuration)
        return rule.rules if isinstance(rule, AllOf) and rule.rules else (rule,)

    def asked_by_name(self, configuration: Configuration) -> dict[str, Path]:
        return dict.fromkeys(_meaning(configuration).asks.names, _VALUE)

    def warnings(self, configuration: Configuration, known: Mapping[str, Named]) -> list[str]:
        asked = _meaning(configuration).asks
        found = [
            f"Nothing in this space goes by “{name}” yet: whoever is asked to be in it, is not. "
            "Give the id of an audience or segment, or a segment's short code."
            for name in asked.names
            if name not in known
        ]
        found += [
            f"“{name}” is an audience, and since when it holds a member is not kept: what asks for "
            "that does not hold."
            for name in asked.since
            if known.get(name) == "audience"
        ]
        if asked.events:
            found.append(
                "It asks for events, which this platform does not keep: it is answered as for "
                "members who have none."
            )
        return found

    def summary(self, configuration: Configuration, names: Mapping[UUID, str]) -> str:
        return sentence(self.rule(configuration), names)

    def refusal(
        self, configuration: Configuration, failed: Sequence[Rule], names: Mapping[UUID, str]
    ) -> str:
        return f"Only for members: {'; '.join(sentence(part, names) for part in failed)}."


def asks_for_events(configuration: Configuration) -> bool:
    """Whether a clean configuration asks for events, which this platform does not keep."""
    value = configuration["expression"]["value"]
    may = EVENTS in value or "\\u" in value  # so that most need not be read
    return may and _meaning(configuration).asks.events


def _problems(expression: dict[str, Any]) -> dict[Path, str]:
    problems: dict[Path, str] = {
        ("expression", key): f"“{key}” is not known here. Give type, format and value."
        for key in expression.keys() - set(_KEYS)
    }
    kind, form, value = expression["type"], expression["format"], expression.get("value")
    if kind != TYPE:
        problems["expression", "type"] = f"{kind!r} is not a language we know. Give “{TYPE}”."
    if form not in tuple(READERS):
        problems["expression", "format"] = f"{form!r} is no format. Give {' or '.join(READERS)}."
    elif not isinstance(value, str):
        problems[_VALUE] = f"{value!r} is not a text. Give the expression as one."
    else:
        try:
            _meaning({"expression": expression})
        except PqlError as error:
            problems[_VALUE] = str(error)
    return problems


@dataclass(frozen=True)
class _Meaning:
    rule: Rule
    asks: Asks


def _meaning(configuration: Configuration) -> _Meaning:
    """Read once; of long texts, which take megabytes, only the last few are kept."""
    form, value = (configuration["expression"][key] for key in ("format", "value"))
    return _read(form, value) if len(value) <= _LONG else _read_long(form, value)


def _understood(form: str, value: str) -> _Meaning:
    expression = READERS[form](value)
    return _Meaning(rule_of(expression), asks(expression))


_read, _read_long = lru_cache(1024)(_understood), lru_cache(16)(_understood)
