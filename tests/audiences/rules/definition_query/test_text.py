"""Definition queries are read, written, and refused in one sentence that says where."""

from __future__ import annotations

import string
import time
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiences.rules.definition_query import syntax
from audiences.rules.definition_query.errors import QueryError
from audiences.rules.definition_query.parse import DEEPEST, parse
from audiences.rules.definition_query.syntax import Call, Chain, Comparison, Expression, Length
from audiences.rules.definition_query.text import write

PUBLISHED = [
    "event('Shoes Bought').where(property('price') >= 100).within(7 days).count() >= 1",
    "NOT (event('Shoes Bought').count() >= 1 AND trait('total_spend') > 200)",
    "trait('VIP') = 'true'",
    "event('Order').sources({exclude: ['ios', 'web']}).between(7 days, 10 days).count() = 2",
    "event('Visit').where(property(parent: 'page').contains('a', 'b')).unique().count() < 3",
    "event('Visit').mode(property('plan') as string, 3) != 'gold'",
    "trait('plan').one_of('gold', 'silver') AND NOT (trait('renewal').within_next(12 hours))",
    "(trait('a') = 1 OR trait('b') = -2.5) AND trait('c') = true",
]


@pytest.mark.parametrize("query", PUBLISHED)
def test_what_is_read_is_written_as_it_was(query: str) -> None:
    assert write(parse(query)) == query


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("trait('a') == 1", "trait('a') = 1"),
        ('trait("a") = "b"', "trait('a') = 'b'"),
        ("trait('a')=1 and not trait('b')=2 or trait('c')=3", None),
        ("trait('a') = 1\n  AND\n trait('b') = 2", "trait('a') = 1 AND trait('b') = 2"),
        (r"trait('a') = 'it\'s'", None),
    ],
)
def test_several_spellings_say_the_same(one: str, same: str | None) -> None:
    assert parse(one) == parse(same or write(parse(one)))


def test_and_binds_tighter_than_or() -> None:
    a, b, c = (parse(f"trait('{name}').exists()") for name in "abc")

    assert parse("trait('a').exists() OR trait('b').exists() AND trait('c').exists()") == (
        syntax.Or((a, syntax.And((b, c))))
    )


names = st.text(string.ascii_letters + "_'\" .", min_size=1, max_size=8)
scalars = st.one_of(
    st.text(max_size=8).filter(lambda text: "\0" not in text and text.isprintable()),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-999, max_value=999).map(
        lambda number: number.normalize() + 0
    ),
    st.builds(Length, st.integers(1, 99), st.sampled_from(["hour", "day"])),
)
calls = st.builds(
    Call,
    st.sampled_from(["within", "contains", "one_of", "exists"]),
    st.lists(st.one_of(scalars, st.lists(scalars, max_size=3).map(tuple)), max_size=3).map(tuple),
)
chains = st.builds(
    lambda name, rest: Chain((Call("trait", (name,)), *rest)), names, st.lists(calls, max_size=2)
)
comparisons = st.builds(
    Comparison, chains, st.sampled_from(["=", "!=", ">", ">=", "<", "<="]), scalars
)


def _grouped(inner: Any) -> Any:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(syntax.Not, inner),
        several.map(lambda parts: _flat(syntax.And, parts)),
        several.map(lambda parts: _flat(syntax.Or, parts)),
    )


def _flat(group: Any, parts: Any) -> Any:
    """And within And is written without brackets, and read as one."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, group) else (part,))]
    return group(tuple(flat))


expressions = st.recursive(st.one_of(comparisons, chains), _grouped, max_leaves=8)


@settings(max_examples=200, deadline=None)
@given(expressions)
def test_what_is_written_is_read_as_the_same(expression: Expression) -> None:
    assert parse(write(expression)) == expression


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "The query ends where a condition"),
        ("trait('plan') >", "Line 1, column 16: The query ends where a value"),
        ("trait('plan') = 'gold", "Line 1, column 17: The text that begins here has no closing"),
        ("trait('a') = 1\nAND trait('b') = 1 2", "Line 2, column 20: “2” stands where"),
        ("trait('a') = 1 AND", "ends where a condition such as trait('plan') = 'gold'"),
        ("trait('a') & 1", "“&” stands where"),
        ("trait('a').within_last(0 days)", "0 days is no length of time"),
        ("trait('a').within_last(1.5 days)", "1.5 days is no length of time"),
        ("trait('a') = 1e999", "out of bounds"),
        ("trait('a') = '\0'", "The character U+0000 can't be kept"),
        ("trait('a\ud800') = 1", "The character U+D800 can't be kept"),
        ("not " * (DEEPEST + 1) + "trait('a').exists()", "nests more than"),
        (" AND ".join(["trait('a').exists()"] * 51), "51 conditions are too many"),
        ("x" * 20_001, "20001 letters"),
    ],
)
def test_what_can_not_be_read_is_refused_with_its_place(query: str, said: str) -> None:
    with pytest.raises(QueryError) as refusal:
        parse(query)
    assert said in str(refusal.value)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from([*"()'.,=<>{}[]:", "trait('a')", "AND", "NOT", "7", "days", "as", " "])
        ).map("".join),
        st.tuples(st.sampled_from(PUBLISHED), st.integers(0, 80), st.text(max_size=3)).map(
            lambda given: given[0][: given[1]] + given[2] + given[0][given[1] + 1 :]
        ),
    )
)
def test_whatever_is_sent_is_read_or_refused(query: str) -> None:
    with suppress(QueryError):
        read = parse(query)
        assert parse(write(read)) == read


def test_much_nesting_is_refused_in_no_time() -> None:
    started = time.monotonic()
    for query in ("(" * 20_000, "NOT " * 5_000, "trait('a')." * 1_500, "[" * 20_000):
        with pytest.raises(QueryError):
            parse(query)
    assert time.monotonic() - started < 5


def test_numbers_are_exact() -> None:
    read = parse("trait('a') = 0.10")
    assert isinstance(read, Comparison)
    assert read.value == Decimal("0.1")
