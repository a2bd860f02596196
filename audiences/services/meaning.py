"""What audiences mean: their rules with manual lists and other audiences taken into account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from uuid import UUID

from django.db.models import QuerySet

from audiences.models import Audience, AudienceDependency, Lifecycle, ListedMembership
from audiences.rules import evaluate, tree
from audiences.rules.columns import Wanted
from audiences.rules.program import Literal, Program
from audiences.rules.tree import AllOf, AnyOf, ByHand, Not, Rule
from audiences.services.describe import UNREADABLE
from audiences.services.names import find_named
from segments.models import Segment, Space


@dataclass(frozen=True)
class Part:
    """One of the rules that together make an audience, as written and as it is asked."""

    written: Rule | None  # None: that the audience doesn't keep the membership out by hand
    asked: Rule


@dataclass(frozen=True)
class Meaning:
    """What one audience means. ``digest`` changes with it; ``error`` says why there is none."""

    audience: Audience
    parts: tuple[Part, ...] = ()
    digest: str = ""
    error: str = ""

    @cached_property
    def rule(self) -> Rule:
        return AnyOf(()) if self.error else AllOf(tuple(part.asked for part in self.parts))


@dataclass(frozen=True)
class Meanings:
    """What all the audiences of a space mean, the numbers of the segments they ask for, and what
    goes by the names that they ask for."""

    by_number: Mapping[int, Meaning]
    segments: Mapping[UUID, int]
    names: Mapping[str, Rule] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[UUID, Meaning]:
        return {meaning.audience.id: meaning for meaning in self.by_number.values()}

    @cached_property
    def compiled(self) -> Program:
        """The rules of those in force that can be worked out, to be asked all at once."""
        return Program([meaning.rule for meaning in self._in_force()], self.segments)

    @cached_property
    def in_force(self) -> Mapping[int, Literal]:
        """Those, by number: where the answers say whether they hold."""
        return {one.audience.pk: self.compiled.literal(one.rule) for one in self._in_force()}

    def _in_force(self) -> Iterator[Meaning]:
        return (one for one in self.by_number.values() if one.audience.is_kept and not one.error)

    def resolved(self, rule: Rule) -> Rule:
        """A rule as it is written, with what goes by its names."""
        return evaluate.resolve(rule, self.names)

    def with_segments_of(self, space: Space, rule: Rule) -> Meanings:
        """The same, knowing also the segments that a rule not yet saved asks for."""
        found = find_named(space=space.pk, names=tree.names(rule) - self.names.keys())
        names = {**self.names, **{name: one.rule for name, one in found.items()}}
        asked = tree.segments(evaluate.resolve(rule, names)) - self.segments.keys()
        rows = Segment.objects.filter(space=space, id__in=asked).values_list("id", "number")
        return Meanings(self.by_number, {**self.segments, **dict(rows)}, names)

    def wanted(self, rules: Sequence[Rule]) -> Wanted:
        """The facts that the rules are answered from."""
        leaves = {leaf for rule in rules for leaf in tree.leaves(rule)}
        asked = {leaf.segment for leaf in leaves if isinstance(leaf, tree.InSegment)}
        return Wanted(
            evaluate.sources(rules),
            [self.segments[id] for id in asked if id in self.segments],
            list({leaf.audience for leaf in leaves if isinstance(leaf, ByHand)}),
        )


def read_meanings(space: Space, *, asked_by: Rule | None = None) -> Meanings:
    """Those of all the space's audiences, or of those that a rule asks for, by way of others too.

    Three queries, however many audiences; two more where any asks by name, and for a rule one more
    for each step from it.
    """
    rows = Audience.objects.filter(space=space).exclude(lifecycle=Lifecycle.ARCHIVED)
    found = list(rows) if asked_by is None else _asked(space, rows, asked_by)
    audiences = {audience.id: audience for audience in found}
    lists = ListedMembership.objects.filter(space=space, audience__in=found)
    by_hand = set(lists.values_list("audience", "listed").distinct())
    names = _rules_by_name(space, found)
    reader = _Reader(space, audiences, by_hand, names)
    by_number = {audience.pk: reader.meaning(audience) for audience in found}
    asked = {id for meaning in by_number.values() for id in tree.segments(meaning.rule)}
    segments = Segment.objects.filter(space=space, id__in=asked).values_list("id", "number")
    return Meanings(by_number, dict(segments), names)


def _rules_by_name(space: Space, audiences: Iterable[Audience]) -> dict[str, Rule]:
    found = find_named(space=space.pk, names=_asked_by_name(audiences))
    return {name: one.rule for name, one in found.items()}


def _asked_by_name(audiences: Iterable[Audience]) -> set[str]:
    asked: set[str] = set()
    for audience in audiences:
        with suppress(*UNREADABLE):  # it is said when its rule is read
            asked |= audience.type.asked_by_name(audience.configuration).keys()
    return asked


def _asked(space: Space, rows: QuerySet[Audience], rule: Rule) -> list[Audience]:
    """The audiences that a rule asks for, and those that they ask for."""
    named = find_named(space=space.pk, names=tree.names(rule))
    resolved = evaluate.resolve(rule, {name: one.rule for name, one in named.items()})
    found: list[Audience] = []
    asked = tree.audiences(resolved)
    step = list(rows.filter(id__in=asked)) if asked else []
    while step:
        found += step
        dependencies = AudienceDependency.objects.filter(from_audience__in=step)
        known = [audience.pk for audience in found]
        step = list(rows.filter(pk__in=dependencies.values("to_audience")).exclude(pk__in=known))
    return found


# What a process read last, by space: the version of the definitions, and what they mean.
_kept: dict[int, tuple[int, Meanings]] = {}


def kept_meanings(space: Space, version: int) -> Meanings:
    """Those of all the space's audiences by a version of its definitions, which was read before.

    Read anew only when the version is another: a version comes once, and each change makes one.
    """
    kept = _kept.get(space.pk)
    if kept is None or kept[0] != version:
        kept = _kept[space.pk] = version, read_meanings(space)
    return kept[1]


def meanings_now(space: Space) -> Meanings:
    """Those of all the space's audiences as they are defined now. Cheap, unless one was changed."""
    # read before the definitions: one that changes meanwhile is read again the next time
    version = Space.objects.values_list("definitions_version", flat=True).get(pk=space.pk)
    return kept_meanings(space, version)


class _Reader:
    def __init__(
        self,
        space: Space,
        audiences: Mapping[UUID, Audience],
        by_hand: set[tuple[int, str]],
        names: Mapping[str, Rule],
    ) -> None:
        self._space = space
        self._names = names
        self._audiences = audiences
        self._by_hand = by_hand
        self._found: dict[UUID, Meaning] = {}

    def meaning(self, audience: Audience) -> Meaning:
        if audience.id not in self._found:
            self._found[audience.id] = self._read(audience)
        return self._found[audience.id]

    def _read(self, audience: Audience) -> Meaning:
        try:
            rule = evaluate.resolve(audience.rule, self._names)
            written = [evaluate.resolve(part, self._names) for part in audience.parts]
        except UNREADABLE as e:
            return Meaning(audience, error=f"Its definition can't be read: {e}")
        # cycles are refused where audiences are defined; here one would recurse for ever
        self._found[audience.id] = Meaning(audience, error="It depends on itself.")
        others = {}
        for id in tree.audiences(rule):
            if id not in self._audiences:
                return Meaning(audience, error=f"It depends on {id}, which is not there.")
            others[id] = self.meaning(self._audiences[id])
            if others[id].error:
                name = self._audiences[id]
                return Meaning(audience, error=f"It depends on “{name}”, which failed.")
        listed = sorted(listed for number, listed in self._by_hand if number == audience.pk)
        told = [self._space.time_zone, rule, sorted((id, others[id].digest) for id in others)]
        rules = {id: other.rule for id, other in others.items()}
        return Meaning(
            audience,
            tuple(_parts(audience.pk, written, rules, listed)),
            sha256(repr([*told, listed]).encode()).hexdigest(),
        )


def _parts(
    audience: int, written: Sequence[Rule], others: Mapping[UUID, Rule], listed: Sequence[str]
) -> Iterator[Part]:
    """The parts with manual lists: who is included passes each, who is excluded fails one more."""
    for part in written:
        asked = evaluate.expand(part, others)
        if "included" in listed:
            asked = AnyOf((ByHand(audience, "included"), asked))
        yield Part(part, asked)
    if "excluded" in listed:
        yield Part(None, Not(ByHand(audience, "excluded")))
