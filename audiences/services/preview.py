"""Who a rule would mean, before anything is saved: counted, and counted condition by condition."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from pyroaring import BitMap

from audiences import members
from audiences.models import Audience, AudienceStatus
from audiences.rules import evaluate, fields
from audiences.rules.clock import Clock
from audiences.rules.columns import Chunk, read_sample
from audiences.rules.evaluate import ColumnAnswers
from audiences.rules.pql import answers as pql
from audiences.rules.sentence import sentence
from audiences.rules.tree import AllOf, AnyOf, Condition, Not, Pql, Rule, leaves
from audiences.services.describe import Names
from audiences.services.kept_facts import is_kept, recent_chunks
from audiences.services.meaning import Meanings
from segments.models import Space

Path = tuple[str | int, ...]
SAMPLE_SIZE = 10
_FEW = 1_000  # values of which nobody notices that each is asked by itself
_SAMPLED = 10_000  # memberships that an estimate looks at


@dataclass
class Step:
    """One condition or group of the rule: how many it holds for, and what it does in its place.

    ``removes`` counts those who passed what stands before it in an *all* group and fail here;
    ``adds`` those whom nothing before it in an *any* group let in.
    """

    path: Path
    sentence: str
    count: int = 0
    removes: int = 0
    adds: int = 0


@dataclass
class Preview:
    count: int
    everyone: int
    exact: bool
    as_of: datetime.datetime
    steps: list[Step]
    lacking: dict[str, int]  # by field of the rule: how many have no value there
    warnings: list[str]
    sample: list[int]  # numbers of some who would be in
    would_enter: int | None = None  # given an audience: against its version in force
    would_leave: int | None = None

    @property
    def percent(self) -> float:
        return round(100 * self.count / self.everyone, 2) if self.everyone else 0.0


@dataclass
class _Counted:
    """What has been counted so far, chunk after chunk."""

    steps: list[tuple[Rule, Step]]
    audience: int | None  # whose lists by hand count too
    members: BitMap = field(default_factory=BitMap)
    everyone: int = 0
    asked: dict[Pql, tuple[int, float]] = field(default_factory=dict)  # one by one, and how long
    lacking: Counter[str] = field(default_factory=Counter)


def preview(
    *,
    space: Space,
    rule: Rule,
    meanings: Meanings,
    names: Names,
    at: datetime.datetime,
    audience: Audience | None = None,
    estimate: bool = False,
) -> Preview:
    """Count whom the rule means, as of ``at``; given an audience, with its lists by hand.

    ``estimate`` looks at a sample of blocks of the table, some 10,000 memberships: 19 times of 20
    within one percentage point of everyone, unless neighbours in the table are alike. Its counts
    are scaled up and ``exact`` is false; unless the facts are at hand, where all are counted.
    """
    counted = _Counted(list(_steps(rule, names)), audience.pk if audience else None)
    rules = {id: meaning.rule for id, meaning in meanings.by_id.items()}
    expanded = evaluate.expand(rule, rules)
    wanted, clock = meanings.wanted([expanded]), Clock(at, space.zone)
    if audience is not None:
        wanted = replace(wanted, lists=[*wanted.lists, audience.pk])
    share = 1.0
    estimate = estimate and not is_kept(space=space.pk, wanted=wanted)
    if estimate:
        chunk, share = read_sample(space=space.pk, wanted=wanted, clock=clock, size=_SAMPLED)
        chunks: Iterable[Chunk] = [chunk]
    else:
        chunks = recent_chunks(space=space.pk, wanted=wanted, clock=clock)
    for chunk in chunks:
        _count(counted, rule, rules, chunk, ColumnAnswers(chunk, meanings.segments))
    found = _scaled(counted, share, at)
    found.exact = not estimate
    found.sample = _spread(counted.members, SAMPLE_SIZE)
    if audience is not None and not estimate:
        status = AudienceStatus.objects.filter(audience=audience).first()
        now = members.load(status) if status else BitMap()
        found.would_enter = len(counted.members - now)
        found.would_leave = len(now - counted.members)
    return found


def _steps(rule: Rule, names: Names, path: Path = ()) -> Iterator[tuple[Rule, Step]]:
    """The rule and everything in it, from the outside in, with paths as in its document."""
    yield rule, Step(path, sentence(rule, names))
    match rule:
        case AllOf(rules) | AnyOf(rules):
            form = "all" if isinstance(rule, AllOf) else "any"
            for place, inner in enumerate(rules):
                yield from _steps(inner, names, (*path, form, place))
        case Not(AllOf() | AnyOf() as inner):
            yield from _steps(inner, names, (*path, "not"))


def _count(
    counted: _Counted,
    rule: Rule,
    meanings: Mapping[UUID, Rule],
    chunk: Chunk,
    answers: ColumnAnswers,
) -> None:
    held: dict[Path, BitMap] = {}
    for inner, step in counted.steps:
        held[step.path] = answers.members(evaluate.expand(inner, meanings))
        step.count += len(held[step.path])
    for inner, step in counted.steps:
        if isinstance(inner, AllOf | AnyOf):
            _count_in_place(inner, step, counted.steps, held, answers.everyone)
    included = chunk.included.get(counted.audience or 0, BitMap())
    excluded = chunk.excluded.get(counted.audience or 0, BitMap())
    counted.members |= (held[()] | included) - excluded
    counted.everyone += len(chunk.numbers)
    for leaf in _leaves_of_pql(rule):
        found = pql.column(leaf, chunk)
        asked, seconds = counted.asked.get(leaf, (0, 0.0))
        counted.asked[leaf] = asked + found.asked, seconds + found.seconds
    for name in _fields(rule):
        present = fields.get(name).column(chunk).present
        counted.lacking[name] += len(chunk.numbers) - int(present.sum())


def _count_in_place(
    group: AllOf | AnyOf,
    step: Step,
    steps: Sequence[tuple[Rule, Step]],
    held: dict[Path, BitMap],
    everyone: BitMap,
) -> None:
    form = "all" if isinstance(group, AllOf) else "any"
    by_path = {inner.path: inner for _, inner in steps}
    so_far = everyone if form == "all" else BitMap()
    for place in range(len(group.rules)):
        path = (*step.path, form, place)
        after = so_far & held[path] if form == "all" else so_far | held[path]
        if form == "all":
            by_path[path].removes += len(so_far) - len(after)
        else:
            by_path[path].adds += len(after) - len(so_far)
        so_far = after


def _fields(rule: Rule) -> list[str]:
    found = {leaf.field for leaf in leaves(rule) if isinstance(leaf, Condition)}
    read = {source for leaf in _leaves_of_pql(rule) for source in pql.sources(leaf)}
    return sorted(found.union(filter(fields.is_field, read)))


def _leaves_of_pql(rule: Rule) -> set[Pql]:
    return {leaf for leaf in leaves(rule) if isinstance(leaf, Pql)}


def _scaled(counted: _Counted, share: float, at: datetime.datetime) -> Preview:
    def scale(count: int) -> int:
        return round(count / share) if share else 0

    for _, step in counted.steps:
        step.count, step.removes, step.adds = map(scale, (step.count, step.removes, step.adds))
    unseen = [
        f"No member has {name}. Is it spelled as in the data?"
        for name, count in counted.lacking.items()
        if count == counted.everyone and counted.everyone
    ]
    costs = [
        f"“{sentence(leaf, {})}” is asked member by member: "
        f"about {1e6 * seconds / asked:.0f} µs each."
        for leaf, (asked, seconds) in counted.asked.items()
        if asked > max(_FEW, counted.everyone // 10)
    ]
    return Preview(
        count=scale(len(counted.members)),
        everyone=scale(counted.everyone),
        exact=True,
        as_of=at,
        steps=[step for _, step in counted.steps],
        lacking={name: scale(count) for name, count in counted.lacking.items()},
        warnings=[*unseen, *costs],
        sample=[],
    )


def _spread(found: BitMap, size: int) -> list[int]:
    """Some of the set, at even distances: not just those who joined first."""
    count = len(found)
    if count <= size:
        return list(found)
    return [found[place * count // size] for place in range(size)]
