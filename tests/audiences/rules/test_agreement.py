"""The law of the rules: by columns, singly and compiled, every rule gives one answer.

A third, naive reading of the rule tree, written here in the plainest Python, is the judge.
"""

from __future__ import annotations

import datetime
import uuid

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from audiences.rules import evaluate
from audiences.rules.facts import Chunk, Facts
from audiences.rules.program import Program
from audiences.rules.tree import AllOf, AnyOf, Condition, InSegment, Not, Rule

SEGMENTS = {uuid.UUID(int=number): number for number in range(1, 6)}
UNKNOWN = uuid.UUID(int=99)

birthdays = st.none() | st.dates(datetime.date(1890, 1, 1), datetime.date(2028, 12, 31))
leap_days = st.sampled_from([datetime.date(year, 2, 29) for year in range(1904, 2028, 4)])
days = st.dates(datetime.date(2020, 1, 1), datetime.date(2028, 12, 31)) | st.sampled_from(
    [datetime.date(2023, 2, 28), datetime.date(2023, 3, 1), datetime.date(2024, 2, 29)]
)
members = st.lists(st.tuples(birthdays | leap_days, st.sets(st.sampled_from(range(1, 6)))))

conditions = st.builds(
    Condition,
    st.just("age"),
    st.sampled_from(["greater_or_equal", "less_or_equal"]),
    st.integers(-1, 125),
) | st.builds(InSegment, st.sampled_from([*SEGMENTS, UNKNOWN]))
rules: st.SearchStrategy[Rule] = st.recursive(
    conditions,
    lambda inner: (
        st.builds(AllOf, st.lists(inner, max_size=4).map(tuple))
        | st.builds(AnyOf, st.lists(inner, max_size=4).map(tuple))
        | st.builds(Not, inner)
    ),
    max_leaves=20,
)


def naive(rule: Rule, born: datetime.date | None, held: set[int], today: datetime.date) -> bool:
    match rule:
        case AllOf(parts):
            return all(naive(part, born, held, today) for part in parts)
        case AnyOf(parts):
            return any(naive(part, born, held, today) for part in parts)
        case Not(part):
            return not naive(part, born, held, today)
        case InSegment(segment):
            return segment.int in held
        case Condition(_, operator, bound):
            if born is None:
                return False
            age = today.year - born.year
            if today.month < born.month or (today.month == born.month and today.day < born.day):
                age -= 1
            assert isinstance(bound, int)
            return age >= bound if operator == "greater_or_equal" else age <= bound
    raise AssertionError(rule)


@given(st.lists(rules, max_size=4), members, days)
def test_columns_single_compiled_and_naive_answers_agree(
    asked: list[Rule],
    people: list[tuple[datetime.date | None, set[int]]],
    today: datetime.date,
) -> None:
    first = 1_000
    chunk = Chunk(
        numbers=np.arange(first, first + len(people), dtype=np.uint32),
        birthday=np.array([born for born, _ in people], "datetime64[D]"),
        segments={
            segment: BitMap(
                first + place for place, (_, held) in enumerate(people) if segment in held
            )
            for segment in SEGMENTS.values()
        },
        today=today,
    )
    answers = evaluate.answer_columns(asked, chunk, SEGMENTS)
    sets = [evaluate.members(rule, answers, chunk.everyone) for rule in asked]
    program = Program(asked, SEGMENTS)
    for place, (born, held) in enumerate(people):
        facts = Facts(birthday=born, segments=held, today=today)
        compiled = program.ask(facts)
        for rule, found in zip(asked, sets, strict=True):
            expected = naive(rule, born, held, today)
            assert (first + place in found) is expected
            assert evaluate.holds(rule, facts, SEGMENTS) is expected
            assert program.literal(rule).holds(compiled) is expected
