"""Random expressions of every kind, in the form in which a text is read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from audiences.rules.pql import syntax
from audiences.rules.pql.signatures import FUNCTIONS, METHODS, UNITS
from audiences.rules.pql.syntax import Expression

Strategy = st.SearchStrategy[Any]

# Names that are words of the language elsewhere are names too.
names = st.sampled_from(
    ["a", "_b", "X", "email", "count", "sum", "min", "average", "select", "exists", "date", "this",
     "last", "before", "on", "between", "android", "nothing", "chain", "inner", "year", "WHEN"]
)  # fmt: skip
field_names = names | st.sampled_from(["and", "in", "from", "true", "now", "not", "let", "where"])
units = st.sampled_from(sorted(set(UNITS.values())))
texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6
) | st.sampled_from(['"', "\\", '\\"', "a\nb", "“”", "ß👍", "//", "$1", "%_"])
numbers = (
    st.integers(-(10**20), 10**20)
    | st.integers(-5, 5)
    | st.decimals(-(10**6), 10**6, allow_nan=False, places=3).map(lambda one: one.normalize() + 0)
    | st.sampled_from([Decimal("2.02E+30"), Decimal("-1E+25"), Decimal("7E-30"), Decimal("7")])
)
literals = st.builds(syntax.Literal, texts | st.booleans() | numbers)
comparisons = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "in", "notIn", "like"])
arithmetic = st.sampled_from(["+", "-", "*", "/", "%"])
distances = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
directions = st.sampled_from(["before", "after", "from"])

leaves = (
    literals
    | st.builds(syntax.TimeWord, st.sampled_from(["now", "today", "yesterday", "tomorrow"]))
    | st.builds(syntax.Period, st.sampled_from(["this", "last", "next"]), units)
    | st.builds(syntax.Name, names)
    | st.just(syntax.Parameter(1))
    | st.builds(syntax.Outer, st.integers(1, 3), field_names)
)


def several(inner: Strategy, least: int = 0) -> Strategy:
    return st.lists(inner, min_size=least, max_size=3).map(tuple)


@st.composite
def calls(draw: st.DrawFn, inner: Strategy) -> syntax.Call:
    method = draw(st.booleans())
    name = draw(st.sampled_from(sorted(METHODS if method else FUNCTIONS)))
    count = draw(st.integers(*(METHODS if method else FUNCTIONS)[name]))
    arguments = [draw(inner) for _ in range(count)]
    if name in ("matches", "regexGroup"):
        arguments[0] = syntax.Literal(draw(st.sampled_from(["^a", "(\\w+)$", "(?i)x"])))
    return syntax.Call(name, tuple(arguments), draw(inner) if method else None)


def _negative(part: Expression) -> bool:
    """A minus before a number is part of the number."""
    return not (isinstance(part, syntax.Literal) and type(part.value) in (int, Decimal))


def whens(inner: Strategy) -> Strategy:
    return (
        st.builds(syntax.On, inner)
        | st.builds(syntax.Between, inner, inner)
        | st.builds(syntax.Beside, directions, inner)
        | st.builds(syntax.Distance, distances, st.integers(0, 99), units, directions, inner)
    )


def _larger(inner: Strategy) -> Strategy:
    bindings = several(st.builds(syntax.Binding, names, inner, st.none() | inner), 1)
    steps = several(st.builds(syntax.Step, names, inner, st.none() | whens(inner)), 1)
    return (
        st.builds(syntax.ListOf, several(inner))
        | st.builds(syntax.MapOf, several(st.tuples(texts, inner)))
        | st.builds(syntax.Field, inner, field_names)
        | st.builds(syntax.Index, inner, inner)
        | calls(inner)
        | st.builds(syntax.Lambda, several(names, 1), inner)
        | st.builds(syntax.And, several(inner, 2))
        | st.builds(syntax.Or, several(inner, 2))
        | st.builds(syntax.Not, inner)
        | st.builds(syntax.Negative, inner.filter(_negative))
        | st.builds(syntax.Binary, comparisons | arithmetic, inner, inner)
        | st.builds(syntax.Occurs, inner, whens(inner))
        | st.builds(syntax.Let, names, inner, inner)
        | st.builds(syntax.Quantified, st.sampled_from(["exists", "forall", "select"]), bindings)
        | st.builds(
            syntax.Aggregate,
            st.sampled_from(["sum", "average", "min", "max"]),
            st.none() | inner,
            bindings,
        )
        | st.builds(syntax.Chain, inner, names, steps)
    )


expressions: st.SearchStrategy[Expression] = st.recursive(leaves, _larger, max_leaves=12)
