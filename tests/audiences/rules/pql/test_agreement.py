"""The law of the rules holds for PQL: by columns, singly and compiled, in conditions and leaves or
whole, an expression gives one answer; and it gives no other before it says that it may."""

from __future__ import annotations

import datetime
import os
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.rules import columns, evaluate
from audiences.rules.clock import Clock
from audiences.rules.facts import Facts, read_facts
from audiences.rules.moves import next_change
from audiences.rules.pql import answers
from audiences.rules.pql.text import parse
from audiences.rules.pql.translate import asks, rule_of
from audiences.rules.program import Program
from audiences.rules.tree import InSegment, Pql, Rule
from segments.models import Membership, Segment, SegmentMembership, Space
from tests.audiences.rules.pql.meaningful import expressions
from tests.audiences.rules.strategies import SEGMENTS, clocks, members

EXAMPLES = int(os.environ.get("AGREEMENT_EXAMPLES", "300"))
NAMES: dict[str, Rule] = {id: InSegment(UUID(id)) for id in SEGMENTS}


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(expressions, min_size=1, max_size=6),
    st.lists(members, min_size=1, max_size=6),
    clocks,
    st.integers(0, 60 * 24 * 40),
)
def test_every_way_of_asking_gives_one_answer(
    space: Space,
    texts: list[str],
    people: list[dict[str, Any]],
    clock: tuple[datetime.datetime, str],
    later: int,
) -> None:
    now, zone = clock[0], ZoneInfo(clock[1])
    rules = [evaluate.resolve(rule_of(parse(text)), NAMES) for text in texts]
    with transaction.atomic():
        segments = _make(space, people, now)
        chunk = _chunk(space, rules, segments, Clock(now, zone))
        sets = evaluate.ColumnAnswers(chunk, segments)
        found = [sets.members(rule) for rule in rules]
        changes = [next_change(rule, chunk) for rule in rules]
        moment = now + datetime.timedelta(minutes=later)
        then = _chunk(space, rules, segments, Clock(moment, zone))
        facts = _facts(space, now, zone)
        for one in facts:
            one.since()
        transaction.set_rollback(True)
    program = Program(rules, segments)
    for text, rule, held, change in zip(texts, rules, found, changes, strict=True):
        for known in facts:
            expected = _whole(text, known, segments)
            assert (known.number in held) is expected, (text, known.values, "by columns")
            assert evaluate.holds(rule, known, segments) is expected, (text, known.values, "singly")
            compiled = program.literal(rule).holds(program.ask(known))
            assert compiled is expected, (text, known.values, "compiled")
        if change is None or moment < change:
            assert evaluate.ColumnAnswers(then, segments).members(rule) == held, (text, change)


def _make(space: Space, people: list[dict[str, Any]], now: datetime.datetime) -> dict[UUID, int]:
    segments = {
        UUID(id): Segment.objects.create(space=space, id=id, short_code=f"s{place}").pk
        for place, id in enumerate(SEGMENTS)
    }
    for place, person in enumerate(people):
        values = {key: value for key, value in person.items() if key != "segments"}
        row = Membership.objects.create(space=space, external_id=f"person-{place}", **values)
        for hours, id in enumerate(sorted(person["segments"])):
            made = SegmentMembership.objects.create(
                space=space, segment_id=segments[UUID(id)], membership=row
            )
            since = now - datetime.timedelta(hours=30 * hours + place)
            SegmentMembership.objects.filter(pk=made.pk).update(created_at=since)
    return segments


def _chunk(
    space: Space, rules: list[Rule], segments: dict[UUID, int], clock: Clock
) -> columns.Chunk:
    wanted = columns.Wanted(evaluate.sources(rules), list(segments.values()))
    numbers = list(Membership.objects.filter(space=space).values_list("number", flat=True))
    return columns.read_numbers(space=space.pk, wanted=wanted, clock=clock, numbers=numbers)


def _facts(space: Space, now: datetime.datetime, zone: ZoneInfo) -> list[Facts]:
    ids = Membership.objects.filter(space=space).values_list("id", flat=True)
    space.time_zone = zone.key
    return [read_facts(space=space, membership=id, at=now)[0] for id in ids]


def _whole(text: str, facts: Facts, segments: dict[UUID, int]) -> bool:
    """The answer of the expression as it stands, untranslated."""
    expression = parse(text)
    assumed = tuple(
        (name, name in SEGMENTS and segments[UUID(name)] in facts.segments)
        for name in asks(expression).names
    )
    return answers.single(answers.resolved(Pql(expression, assumed), NAMES), facts, segments)
