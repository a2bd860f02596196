"""Why a member is in an audience, or is not: every condition, what was seen and what was wanted."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from audiences.models import Audience
from audiences.rules import document, evaluate, fields
from audiences.rules.clock import EPOCH
from audiences.rules.facts import Facts, read_facts
from audiences.rules.fields import Kind
from audiences.rules.pql import answers
from audiences.rules.pql.asked import TooMuchWork
from audiences.rules.pql.values import Moment
from audiences.rules.sentence import sentence
from audiences.rules.tree import (
    AllOf,
    AnyOf,
    Condition,
    InAudience,
    InNamed,
    InSegment,
    Not,
    Pql,
    Rule,
    Sample,
    Until,
)
from audiences.services.describe import Names
from audiences.services.meaning import Meaning, Meanings, kept_meanings
from segments.models import Segment, SegmentMembership, Space

_ARCHIVED = "It is archived, and holds nobody."


@dataclass
class Node:
    """One condition or group, and how it came out."""

    sentence: str
    held: bool
    form: str  # condition, all, any, not, in_segment, in_audience, sample, until, pql
    rule: dict[str, Any]  # what was wanted, as a document
    seen: Any = None  # of a condition: the value that the member has; of PQL, all by their names
    since: datetime.datetime | None = None  # of a segment: when the member came into it
    parts: list[Node] = field(default_factory=list)


@dataclass
class Explanation:
    audience: Audience
    member: bool
    by_hand: str | None  # included or excluded: then the rule doesn't matter
    sentence: str
    rule: Node | None
    error: str = ""


def explain(
    *, space: Space, membership: UUID, audiences: list[Audience], at: datetime.datetime
) -> list[Explanation]:
    """Explain each audience for the membership, on its facts as they are now.

    :raises Membership.DoesNotExist: the space has no membership of that id.
    """
    facts, version = read_facts(space=space, membership=membership, at=at)
    meanings = kept_meanings(space, version)
    explainer = _Explainer(space, facts, meanings)
    return [
        explainer.explain(meanings.by_number.get(audience.pk) or Meaning(audience, error=_ARCHIVED))
        for audience in audiences
    ]


class _Explainer:
    def __init__(self, space: Space, facts: Facts, meanings: Meanings) -> None:
        self._facts = facts
        self._meanings = meanings
        self._rules: Mapping[UUID, Rule] = {
            id: meaning.rule for id, meaning in meanings.by_id.items()
        }
        self._since = dict(
            SegmentMembership.objects.filter(membership=facts.number).values_list(
                "segment__id", "created_at"
            )
        )
        self._names: Names = dict(
            Segment.objects.filter(space=space, id__in=meanings.segments).values_list("id", "name")
        )
        self._names |= {id: str(meaning.audience) for id, meaning in meanings.by_id.items()}

    def explain(self, meaning: Meaning) -> Explanation:
        audience = meaning.audience
        if meaning.error:
            return Explanation(audience, False, None, "", None, meaning.error)
        by_hand = None
        if audience.pk in self._facts.excluded:
            by_hand = "excluded"
        elif audience.pk in self._facts.included:
            by_hand = "included"
        try:
            return self._explained(audience, meaning, by_hand)
        except TooMuchWork as error:
            return Explanation(audience, False, by_hand, "", None, str(error))

    def _explained(self, audience: Audience, meaning: Meaning, by_hand: str | None) -> Explanation:
        return Explanation(
            audience,
            evaluate.holds(meaning.rule, self._facts, self._meanings.segments),
            by_hand,
            audience.type.summary(audience.configuration, self._names),
            self._node(self._meanings.resolved(audience.rule)),
        )

    def _node(self, rule: Rule) -> Node:
        expanded = evaluate.expand(rule, self._rules)
        node = Node(
            sentence(rule, self._names),
            evaluate.holds(expanded, self._facts, self._meanings.segments),
            _form(rule),
            document.write(rule),
        )
        leaf = rule.rule if isinstance(rule, Not) else rule
        match leaf:
            case AllOf(rules) | AnyOf(rules):
                inner = [self._node(part) for part in rules]
                node.parts = inner if leaf is rule else [self._node(leaf)]
            case Condition():
                node.seen = self._seen(leaf)
            case InSegment(segment):
                node.since = self._since.get(segment)
            case InAudience(audience) if audience in self._meanings.by_id:
                rule = self._meanings.by_id[audience].audience.rule
                node.parts = [self._node(self._meanings.resolved(rule))]
            case Pql():
                found = answers.seen(leaf, self._facts, self._meanings.segments)
                node.seen = {name: _said(value) for name, value in found.items()}
        return node

    def _seen(self, condition: Condition) -> Any:
        known = fields.get(condition.field)
        return _shown(known, known.value(self._facts))


_FORMS = {
    Condition: "condition",
    AllOf: "all",
    AnyOf: "any",
    InSegment: "in_segment",
    InAudience: "in_audience",
    Sample: "sample",
    Until: "until",
    Pql: "pql",
    InNamed: "pql",
}


def _form(rule: Rule) -> str:
    if isinstance(rule, Not) and isinstance(rule.rule, AllOf | AnyOf):
        return "not"
    leaf = rule.rule if isinstance(rule, Not) else rule
    return _FORMS[type(leaf)]


def _shown(known: fields.Field, value: Any) -> Any:
    """A value in the form in which people write it."""
    if value is None:
        return None
    if known.kind == Kind.DATE:
        return (EPOCH.date() + datetime.timedelta(days=value)).isoformat()
    if known.kind == Kind.MOMENT:
        return (EPOCH + datetime.timedelta(microseconds=value)).isoformat().replace("+00:00", "Z")
    if known.kind == Kind.MONEY:
        return str(Decimal(value).scaleb(-known.scale))
    return _json(value)


def _said(value: Any) -> Any:
    """What an expression reads, as people write it."""
    if isinstance(value, Moment):
        return (EPOCH + datetime.timedelta(microseconds=value)).isoformat().replace("+00:00", "Z")
    return _json(value)


def _json(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case list():
            return [_json(one) for one in value]
        case dict():
            return {key: _json(one) for key, one in value.items()}
        case _:
            return value


def audiences_of(*, space: Space, membership: UUID, at: datetime.datetime) -> list[Audience]:
    """The audiences in force that hold the membership, on its facts as they are now.

    :raises Membership.DoesNotExist: the space has no membership of that id.
    """
    facts, version = read_facts(space=space, membership=membership, at=at)
    return list(held_by(kept_meanings(space, version), facts).values())


def held_by(meanings: Meanings, facts: Facts) -> dict[int, Audience]:
    """The audiences in force that hold a membership of these facts, by their numbers."""
    answers = meanings.compiled.ask(facts)
    return {
        number: meanings.by_number[number].audience
        for number, literal in meanings.in_force.items()
        if literal.holds(answers)
    }


def which_hold(
    *, space: Space, membership: UUID, rules: Sequence[Rule], at: datetime.datetime
) -> list[bool]:
    """Whether each of the rules, which ask for facts alone, holds for the membership.

    :raises Membership.DoesNotExist: the space has no membership of that id.
    """
    facts, _ = read_facts(space=space, membership=membership, at=at)
    return [evaluate.holds(rule, facts, {}) for rule in rules]
