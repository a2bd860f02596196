"""Sums compared in floating point give the answers of exact arithmetic, to the last digit."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from audiences.rules.clock import Clock
from audiences.rules.columns import Chunk, Documents, Ordered
from audiences.rules.pql import answers, sums
from audiences.rules.pql.asked import Asked
from audiences.rules.pql.program import program
from audiences.rules.pql.text import parse
from audiences.rules.pql.times import Now
from audiences.rules.tree import Pql

EXAMPLES = int(os.environ.get("AGREEMENT_EXAMPLES", "300"))
CLOCK = Clock(datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.UTC), ZoneInfo("UTC"))

hundredths = st.sampled_from(
    [0, 1, 3, 10, 100, 4125, 10**17 + 1, -(10**17), 2**53 + 1, 10**14]
) | st.integers(-500, 500)
odd = st.sampled_from(
    ["0", "0.1", "0.3", "3", "-7", "1E+20", "1E-20", "1E-310", "0.30000000000000001", "1E+400",
     "9007199254740993", "1000000000000000.01", "33.333333333333333333333333333"]
).map(Decimal)  # fmt: skip
documents = st.none() | odd | st.sampled_from(["5", "x", True, [Decimal(3)], {}])
literals = st.sampled_from(["0", "0.1", "0.3", "3", "10", "1E20", "1E-20", "9007199254740993"])
operands = st.sampled_from(["totalOrders", "totalOrderValue", "metadata.a"]) | literals
expressions = st.recursive(
    operands,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner)
        | inner.map("(-{})".format)
    ),
    max_leaves=5,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    expressions,
    st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
    expressions,
    st.lists(st.tuples(hundredths, st.none() | hundredths, documents), min_size=1, max_size=8),
)
def test_floating_point_answers_as_exact_arithmetic(
    left: str, operator: str, right: str, people: list[tuple[int, int | None, Any]]
) -> None:
    expression = parse(f"{left} {operator} {right}")
    chunk = _chunk(people)
    held = answers.column(Pql(expression), chunk).held.tolist()
    made = program(expression)
    asked = Asked(made.slots, Now.at(CLOCK.now))
    for (orders, value, document), found in zip(people, held, strict=True):
        known = {
            "total_orders": Decimal(orders),
            "total_order_value": None if value is None else Decimal(value).scaleb(-2),
            "metadata.a": document,
        }
        assert found is made.ask(asked.of([known[read] for read in made.reads])), known


def _chunk(people: Sequence[tuple[int, int | None, Any]]) -> Chunk:
    orders, values, documents = zip(*people, strict=True)
    everyone = np.ones(len(people), np.bool_)
    return Chunk(
        np.arange(len(people), dtype=np.uint32),
        CLOCK,
        {
            "total_orders": Ordered(np.array(orders, np.int64), everyone),
            "total_order_value": Ordered(
                np.array([one or 0 for one in values], np.int64),
                np.array([one is not None for one in values], np.bool_),
            ),
            "metadata.a": Documents(np.arange(len(people), dtype=np.int32), documents),
        },
    )


def test_only_who_is_close_is_asked_exactly() -> None:
    people = [(one, 100 * one * one, None) for one in range(1, 101)]
    found = answers.column(Pql(parse("totalOrderValue / totalOrders > 50")), _chunk(people))
    assert int(found.held.sum()) == 50
    assert found.asked == 1
    assert sums.is_one(parse("totalOrders * 2 > 5"))
    assert not sums.is_one(parse("totalOrders % 2 = 1"))
    assert not sums.is_one(parse("metadata.a = metadata.b"))
