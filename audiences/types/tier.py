"""Those for whom a number, an amount or a date is in a band ``[start, end)``: one tier of several.

A type of its own, where ``rules`` could say nearly the same, for two reasons. A group checks its
tiers against each other, changes them and shows them by their bounds, which are here as data. And
in metadata a value may be a list: one with values in two bands is in both by ``between_half_open``,
where a member must be in one tier. Here the highest of several values tells.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from audiences.rules import document, fields
from audiences.rules.operators import candidates
from audiences.rules.tree import AllOf, Condition, Not, Rule
from audiences.types.base import AudienceType, Configuration, ConfigurationError, Path

Bound = Decimal | datetime.date | datetime.datetime

# “At least this”, of numbers and of dates. In metadata a bound may be either.
_AT_LEAST = ("greater_or_equal", "on_or_after")
_PHRASES = {
    "total_orders": "with orders",
    "total_order_value": "with a total order value",
    "age": "aged",
    "birthday": "born",
    "last_order_at": "ordered",
    "created_at": "joined",
}
_DONE = {"last_order_at", "created_at"}  # what members did, and not what they are


class Tier(AudienceType):
    """``{"attribute": FIELD, "start": BOUND, "end": BOUND or null}``; null is no end."""

    name = "tier"
    label = "Tier"
    help_text = "Members for whom a number, an amount or a date is in a band, from start to end."
    hidden_because = "not_in_audience"

    def clean(self, configuration: Configuration) -> dict[str, Any]:
        problems: dict[Path, str] = {
            (key,): f"“{key}” is not known here. Give an attribute, a start and an end."
            for key in configuration.keys() - {"attribute", "start", "end"}
        }
        attribute = configuration.get("attribute")
        if problem := attribute_problem(attribute):
            raise ConfigurationError({**problems, ("attribute",): problem})
        bounds: dict[str, Condition | None] = {"end": None}
        for name in ("start", "end"):
            raw = configuration.get(name)
            if raw is not None or name == "start":
                try:
                    bounds[name] = at_least(str(attribute), raw)
                except ValueError as error:
                    problems[(name,)] = str(error)
        if not problems and (problem := band_problem(bounds["start"], bounds["end"])):
            problems[("end",)] = problem
        if problems:
            raise ConfigurationError(problems)
        written = {name: bound and document.write(bound)["value"] for name, bound in bounds.items()}
        return {"attribute": attribute, "start": written["start"], "end": written["end"]}

    def rule(self, configuration: Configuration) -> Rule:
        start, end = _bounds(configuration)
        return start if end is None else AllOf((start, Not(end)))

    def summary(self, configuration: Configuration, names: Mapping[UUID, str]) -> str:
        start, end = _bounds(configuration)
        field = fields.get(start.field)
        what = _PHRASES.get(field.name, f"with {field.label}")
        number = isinstance(start.value, Decimal)
        if end is None:
            return f"{what} from {said(start.value)} {'up' if number else 'on'}"
        until = "under" if number else "before"
        return f"{what} from {said(start.value)} to {until} {said(end.value)}"

    def refusal(
        self, configuration: Configuration, failed: Sequence[Rule], names: Mapping[UUID, str]
    ) -> str:
        who = "who " if configuration["attribute"] in _DONE else ""
        return f"Only for members {who}{self.summary(configuration, names)}."


def _bounds(configuration: Configuration) -> tuple[Condition, Condition | None]:
    attribute, end = configuration["attribute"], configuration["end"]
    return (
        at_least(attribute, configuration["start"]),
        None if end is None else at_least(attribute, end),
    )


def attribute_problem(name: object) -> str | None:
    """What is wrong with a field that tiers shall go by, if anything."""
    near = "Give one such as total_order_value, last_order_at or metadata.points."
    if not fields.is_field(name):
        return f"{name!r} is not a field. {near}"
    field = fields.get(str(name))
    if not any(candidates(field, operator) for operator in _AT_LEAST):
        return f"{field.name} is {field.kind.value}, which has no bands. {near}"
    return None


def at_least(attribute: str, raw: object) -> Condition:
    """The condition that the attribute is at least this; its value is the bound as read.

    :raises ValueError: a sentence that says why it is no bound, and what would be.
    """
    complaints: list[str] = []
    for operator in _AT_LEAST:
        if candidates(fields.get(attribute), operator):
            written = {"field": attribute, "operator": operator, "value": raw}
            try:
                rule = document.read(written)
            except document.DocumentError as error:
                complaints += error.problems.values()
            else:
                assert isinstance(rule, Condition)
                return rule
    raise ValueError(" ".join(complaints))


def band_problem(start: Condition | None, end: Condition | None) -> str | None:
    """What is wrong with a start and an end that were read each by itself, if anything."""
    if start is None or end is None:
        return None
    if type(start.value) is not type(end.value):
        return (
            f"{said(start.value)} and {said(end.value)} can't be compared. "
            "Give two numbers, two days or two moments."
        )
    if end.value <= start.value:  # type: ignore[operator]  # bounds of one kind
        return f"{said(end.value)} is not above {said(start.value)}. Give an end above the start."
    return None


def said(bound: object) -> str:
    """A bound as a sentence has it."""
    if isinstance(bound, Decimal):
        return f"{bound:f}"
    if isinstance(bound, datetime.datetime):
        return f"{bound:%Y-%m-%d %H:%M:%S %Z}".replace(":00 ", " ")
    return str(bound)
