"""Rules as JSON: reading them with errors that point at the place, and writing them.

A tree is ``{"all": [tree, …]}``, ``{"any": [tree, …]}``, ``{"not": tree}``, a condition
``{"field", "operator", "value", "case_sensitive"}``, ``{"in_segment": id}``,
``{"in_audience": id}`` or ``{"sample": {"percent", "seed"}}``.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from audiences.rules import fields
from audiences.rules.operators import (
    NEGATIVES,
    POSITIVES,
    Operator,
    ValueProblem,
    candidates,
    names,
)
from audiences.rules.operators.base import read_number, read_text
from audiences.rules.pql.printer import to_text
from audiences.rules.pql.syntax import Call, Literal
from audiences.rules.tree import (
    AllOf,
    AnyOf,
    Condition,
    Duration,
    InAudience,
    InNamed,
    InSegment,
    Not,
    Pql,
    Rule,
    Sample,
    Until,
    Value,
)

DEEPEST = 20
MOST_CONDITIONS = 1_000

Path = tuple[str | int, ...]
_FORMS = "all, any, not, field, in_segment, in_audience or sample"
_CONDITION_KEYS = {"field", "operator", "value", "case_sensitive"}


class DocumentError(ValueError):
    """A document that is no rule. ``problems`` maps each place at fault to a sentence."""

    def __init__(self, problems: Mapping[Path, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(problems.values()))


class _Problem(Exception):
    """One place at fault, relative to the tree being read."""

    def __init__(self, message: str, *path: str | int) -> None:
        self.message = message
        self.path = path


def read(document: Any) -> Rule:
    """The rule that a document says.

    :raises DocumentError: naming every place that can't be read.
    """
    reader = _Reader()
    rule = reader.read(document, ())
    if reader.problems or rule is None:
        raise DocumentError(reader.problems)
    return rule


class _Reader:
    def __init__(self) -> None:
        self.problems: dict[Path, str] = {}
        self._conditions = 0

    def read(self, document: Any, path: Path, depth: int = 1) -> Rule | None:
        """The rule, or None where a problem has been noted."""
        try:
            return self._read(document, path, depth)
        except _Problem as problem:
            self.problems[(*path, *problem.path)] = problem.message
            return None

    def _read(self, document: Any, path: Path, depth: int) -> Rule | None:
        if depth > DEEPEST:
            raise _Problem(f"Rules nest at most {DEEPEST} deep. Take this part out.")
        if not isinstance(document, dict):
            raise _Problem(f"{document!r} is not a rule. Give an object with {_FORMS}.")
        if "field" in document:
            return self._counted(_condition(document))
        if len(document) != 1:
            raise _Problem(f"Give exactly one of {_FORMS}; here are {_listed(document)}.")
        [(form, body)] = document.items()
        match form:
            case "all" | "any":
                return self._group(form, body, path, depth)
            case "not":
                inner = self.read(body, (*path, "not"), depth + 1)
                return None if inner is None else negated(inner)
            case "in_segment":
                return self._counted(InSegment(_uuid(body, form)))
            case "in_audience":
                return self._counted(InAudience(_uuid(body, form)))
            case "sample":
                return self._counted(_sample(body))
        raise _Problem(f"“{form}” is not known. Give an object with {_FORMS}.")

    def _group(self, form: str, body: Any, path: Path, depth: int) -> Rule | None:
        if not isinstance(body, list) or not body:
            raise _Problem(f"{body!r} is not a list of rules. Give one or more.", form)
        parts = [
            self.read(inner, (*path, form, place), depth + 1) for place, inner in enumerate(body)
        ]
        known = tuple(part for part in parts if part is not None)
        return AllOf(known) if form == "all" else AnyOf(known)

    def _counted(self, rule: Rule) -> Rule:
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise _Problem(f"A rule has at most {MOST_CONDITIONS} conditions. Take this one out.")
        return rule


def negated(rule: Rule) -> Rule:
    """The opposite of a rule, without two negations in a row."""
    return rule.rule if isinstance(rule, Not) else Not(rule)


def _listed(document: dict[Any, Any]) -> str:
    return ", ".join(f"“{key}”" for key in document) or "none"


def _condition(document: dict[str, Any]) -> Rule:
    if unknown := document.keys() - _CONDITION_KEYS:
        raise _Problem(
            f"A condition has field, operator, value and case_sensitive; not {', '.join(unknown)}.",
            sorted(unknown)[0],
        )
    field = _field(document["field"])
    name = document.get("operator")
    found = candidates(field, NEGATIVES.get(name, name)) if isinstance(name, str) else []
    if not found or not isinstance(name, str):
        raise _Problem(
            f"{name!r} is not an operator of {field.name}. Give one of {', '.join(names(field))}.",
            "operator",
        )
    case_sensitive = document.get("case_sensitive", False)
    if not isinstance(case_sensitive, bool):
        raise _Problem(f"{case_sensitive!r} is neither true nor false.", "case_sensitive")
    value, operator = _value(document.get("value"), found, field)
    matters = case_sensitive and _has_case(value)
    condition = Condition(field.name, operator.name, value, matters)
    return Not(condition) if name in NEGATIVES else condition


def _has_case(value: Value) -> bool:
    return any(
        isinstance(one, str) and not isinstance(one, Duration)
        for one in (value if isinstance(value, tuple) else (value,))
    )


def _field(name: Any) -> fields.Field:
    if fields.is_field(name):
        return fields.get(name)
    near = get_close_matches(str(name), fields.FIELDS, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise _Problem(
        f"{name!r} is not a field.{hint} Give one of {', '.join(fields.FIELDS)}, "
        "or metadata. with a path.",
        "field",
    )


def _value(raw: Any, found: list[Operator], field: fields.Field) -> tuple[Value, Operator]:
    """The value as the first operator that can read it does, of those of the same name."""
    complaints = []
    for operator in found:
        try:
            value = operator.read(raw, field)
        except ValueProblem as problem:
            complaints.append(str(problem))
            continue
        if operator.suits(value):
            return value, operator
    raise _Problem(" ".join(dict.fromkeys(complaints)) or f"{raw!r} can't be used here.", "value")


def _uuid(raw: Any, form: str) -> UUID:
    thing = form.removeprefix("in_")
    try:
        return UUID(raw)
    except (ValueError, TypeError, AttributeError):
        raise _Problem(f"{raw!r} is not the id (a UUID) of an {thing}.", form) from None


def _sample(raw: Any) -> Sample:
    if not isinstance(raw, dict) or raw.keys() - {"percent", "seed"} or "percent" not in raw:
        raise _Problem('Give a sample such as {"percent": 10, "seed": "spring"}.', "sample")
    try:
        percent = read_number(raw["percent"])
    except ValueProblem as problem:
        raise _Problem(str(problem), "sample", "percent") from None
    if not 0 <= percent <= 100:
        raise _Problem(f"{percent} is not a percentage. Give 0 to 100.", "sample", "percent")
    try:
        seed = read_text(raw.get("seed", "sample"))
    except ValueProblem as problem:
        raise _Problem(str(problem), "sample", "seed") from None
    return Sample(percent, seed)


def write(rule: Rule) -> dict[str, Any]:
    """The document of a rule: ``read`` gives the rule again, but for what explanations show and
    ``read`` does not take: ``Until``, and ``{"pql": text}`` of what only PQL says."""
    match rule:
        case AllOf(rules):
            return {"all": [write(inner) for inner in rules]}
        case AnyOf(rules):
            return {"any": [write(inner) for inner in rules]}
        case Not(Condition() as inner) if inner.operator in POSITIVES:
            return _write_condition(inner, POSITIVES[inner.operator])
        case Not(inner):
            return {"not": write(inner)}
        case Condition():
            return _write_condition(rule, rule.operator)
        case InSegment(segment):
            return {"in_segment": str(segment)}
        case InAudience(audience):
            return {"in_audience": str(audience)}
        case Sample(percent, seed):
            return {"sample": {"percent": _json(percent), "seed": seed}}
        case Until(moment):
            return {"until": _json(moment)}
        case Pql(expression):
            return {"pql": to_text(expression)}
        case InNamed(name):
            return {"pql": to_text(Call("inSegment", (Literal(name),)))}
    raise TypeError(f"{rule} is not written in rules")


def _write_condition(condition: Condition, operator: str) -> dict[str, Any]:
    document: dict[str, Any] = {"field": condition.field, "operator": operator}
    if condition.value is not None:
        document["value"] = _json(condition.value)
    if condition.case_sensitive:
        document["case_sensitive"] = True
    return document


def _json(value: Value) -> Any:
    match value:
        case tuple():
            return [_json(one) for one in value]
        case Decimal():
            if value == value.to_integral_value():
                return int(value)
            return float(value) if Decimal(repr(float(value))) == value else str(value)
        case Duration(amount, unit):
            return {"amount": amount, "unit": unit}
        case datetime.datetime():
            return value.isoformat().replace("+00:00", "Z")
        case datetime.date():
            return value.isoformat()
        case _:
            return value
