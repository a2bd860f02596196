"""The law of the rules: by columns, singly and compiled, a rule gives one answer.

A third, naive reading of the language (``naive.py``) is the judge. The members are rows of the
database: the columns and the single facts come from it as they do for users.
"""

from __future__ import annotations

import datetime
import os
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from audiences.rules import columns, document, evaluate
from audiences.rules.clock import Clock
from audiences.rules.facts import COLUMNS, Facts, loads
from audiences.rules.program import Program
from audiences.rules.tree import AllOf, AnyOf, Not, Rule, Until
from segments.models import Membership, Space
from tests.audiences.rules.naive import Naive
from tests.audiences.rules.strategies import SEGMENTS, clocks, members, rules

EXAMPLES = int(os.environ.get("AGREEMENT_EXAMPLES", "300"))
MOMENT, DAY = datetime.timedelta(microseconds=1), datetime.timedelta(days=1)
NUMBERS = {UUID(id): place for place, id in enumerate(SEGMENTS, start=1)}


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(rules, min_size=1, max_size=6),
    st.lists(members, min_size=1, max_size=6),
    clocks,
    st.sampled_from([-DAY, -MOMENT, 0 * DAY, MOMENT, DAY]),
)
def test_columns_single_and_compiled_answers_agree_with_a_naive_reading(
    space: Space,
    documents: list[dict[str, Any]],
    people: list[dict[str, Any]],
    clock: tuple[datetime.datetime, str],
    left: datetime.timedelta,
) -> None:
    now, zone = clock[0], ZoneInfo(clock[1])
    asked = [document.read(one) for one in documents]
    # what runs out, which no document says: until then each rule and nothing else; and from then on
    # everything else as well
    until = Until(now + left)
    asked += [
        *(AllOf((rule, until)) for rule in asked),
        *(AnyOf((rule, Not(until))) for rule in asked),
    ]
    with transaction.atomic():
        numbers = _insert(space, people)
        sets = _by_columns(space, asked, people, numbers, Clock(now, zone))
        facts = _singly(people, numbers, Clock(now, zone))
        transaction.set_rollback(True)
    program = Program(asked, NUMBERS)
    for person, number, known in zip(people, numbers, facts, strict=True):
        naive = Naive({**person, "external_id": f"person-{number}"}, now, zone)
        compiled = program.ask(known)
        held = [naive.holds(text) for text in documents]
        early, late = left > 0 * DAY, left <= 0 * DAY
        held += [*(holds and early for holds in held), *(holds or late for holds in held)]
        for text, expected, rule, found in zip(documents * 3, held, asked, sets, strict=True):
            assert (number in found) is expected, (text, person, "by columns")
            assert evaluate.holds(rule, known, NUMBERS) is expected, (text, person, "singly")
            assert program.literal(rule).holds(compiled) is expected, (text, person, "compiled")


def _insert(space: Space, people: list[dict[str, Any]]) -> list[int]:
    rows = Membership.objects.bulk_create(
        Membership(
            space=space,
            external_id=f"new-{place}",
            **{key: value for key, value in person.items() if key != "segments"},
        )
        for place, person in enumerate(people)
    )
    numbers = [row.pk for row in rows]
    with connection.cursor() as cursor:  # updated_at as given, and ids that the test can know
        for number, person in zip(numbers, people, strict=True):
            cursor.execute(
                "UPDATE segments_membership SET updated_at = %s, external_id = %s"
                " WHERE number = %s",
                [person["updated_at"], f"person-{number}", number],
            )
    return numbers


def _by_columns(
    space: Space, asked: list[Rule], people: list[dict[str, Any]], numbers: list[int], clock: Clock
) -> list[Any]:
    wanted = columns.Wanted(evaluate.sources(asked))
    chunk = columns.read_numbers(space=space.pk, wanted=wanted, clock=clock, numbers=numbers)
    for id, segment in NUMBERS.items():
        chunk.segments[segment] = BitMap(
            number
            for number, person in zip(numbers, people, strict=True)
            if str(id) in person["segments"]
        )
    answers = evaluate.ColumnAnswers(chunk, NUMBERS)
    return [answers.members(rule) for rule in asked]


def _singly(people: list[dict[str, Any]], numbers: list[int], clock: Clock) -> list[Facts]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT number, {', '.join(COLUMNS[:-1])}, metadata::text"
            " FROM segments_membership WHERE number = ANY(%s) ORDER BY number",
            [numbers],
        )
        rows = cursor.fetchall()
    return [
        Facts(
            values=dict(zip(COLUMNS, (*row[1:-1], loads(row[-1])), strict=True)),
            segments={NUMBERS[UUID(id)] for id in person["segments"]},
            clock=clock,
            number=row[0],
        )
        for row, person in zip(rows, people, strict=True)
    ]
