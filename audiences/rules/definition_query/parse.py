"""Definition queries, read."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiences.rules.definition_query import syntax
from audiences.rules.definition_query.errors import QueryError
from audiences.rules.definition_query.syntax import Expression, Place, depth, primaries
from audiences.rules.operators import ValueProblem
from audiences.rules.operators.base import read_number
from audiences.rules.pql.complaints import one_of, place_of

if TYPE_CHECKING:
    from lark import Lark, Token, UnexpectedInput

LONGEST = 20_000  # letters
DEEPEST = 40
MOST_PRIMARIES = 50  # as Segment has it
MOST_OF_A_UNIT = 24 * 366


def parse(text: str) -> Expression:
    """The expression that a query says.

    :raises QueryError: naming the line and column where it stops making sense, or what is too much.
    """
    if len(text) > LONGEST:
        raise QueryError(f"The query has {len(text)} letters. Give at most {LONGEST}.")
    if kept := _UNKEPT.search(text):
        raise QueryError(f"The character U+{ord(kept[0]):04X} can't be kept. Take it out.")
    from lark.exceptions import UnexpectedInput  # with it comes all of lark

    try:
        expression: Expression = _grammar().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as unexpected:
        raise _explained(unexpected, text) from None
    if depth(expression) > DEEPEST:
        raise QueryError(f"The query nests more than {DEEPEST} deep. Take a part out.")
    found = sum(1 for _ in primaries(expression))
    if found > MOST_PRIMARIES:
        raise QueryError(f"{found} conditions are too many. Give at most {MOST_PRIMARIES}.")
    return expression


@cache
def _grammar() -> Lark:
    """Made on first use: lark and its tables take a tenth of a second, which few processes need."""
    from lark import Lark

    return Lark(
        Path(__file__).with_name("grammar.lark").read_text(),
        parser="lalr",
        lexer="contextual",
        maybe_placeholders=True,
        transformer=_Builder(),
    )


_UNKEPT = re.compile("[\0\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class _Builder:
    """Each method is called by the parser with the children of the rule (or alias) of its name."""

    def text(self, children: list[Any]) -> str:
        return _ESCAPE.sub(r"\1", children[0][1:-1])

    def number(self, children: list[Any]) -> Decimal:
        (token,) = children
        try:
            return read_number(str(token))
        except ValueProblem as problem:
            raise QueryError(str(problem), _place(token)) from None

    def truth(self, children: list[Any]) -> bool:
        return bool(children[0] == "true")

    def length(self, children: list[Any]) -> syntax.Length:
        number, unit = children
        if not number.isdecimal() or not 0 < int(number) <= MOST_OF_A_UNIT:
            raise QueryError(
                f"{number} {unit} is no length of time. Give a whole number from 1 to "
                f"{MOST_OF_A_UNIT}, such as 7 days.",
                _place(number),
            )
        return syntax.Length(int(number), str(unit).removesuffix("s"))

    def list_of(self, children: list[Any]) -> tuple[Any, ...]:
        return tuple(child for child in children if child is not None)

    def named(self, children: list[Any]) -> syntax.Named:
        name, value = children
        return syntax.Named(str(name), value)

    def call(self, children: list[Any]) -> syntax.Call:
        name, *arguments = children
        given = tuple(argument for argument in arguments if argument is not None)
        return syntax.Call(str(name), given, _place(name))

    def chain(self, children: list[Any]) -> syntax.Chain:
        *calls, kind = children
        return syntax.Chain(tuple(calls), str(kind) if kind else "")

    def comparison(self, children: list[Any]) -> syntax.Comparison:
        chain, operator, value = children
        same = "=" if operator == "==" else str(operator)
        return syntax.Comparison(chain, same, value, _place(operator))

    def not_(self, children: list[Any]) -> syntax.Not:
        return syntax.Not(children[0])

    def and_(self, children: list[Any]) -> syntax.And:
        return syntax.And(tuple(children))

    def or_(self, children: list[Any]) -> syntax.Or:
        return syntax.Or(tuple(children))


def _place(token: Token) -> Place:
    return Place(token.line or 1, token.column or 1)


# What can stand somewhere, by terminals that stand for a kind of thing.
_WORDS = (
    ("COMPARISON", "a comparison such as >= 1"),
    ("NAME", "a condition such as trait('plan') = 'gold'"),
    ("TEXT", "a value"),
    ("UNIT", "hours or days"),
    ("_AND", "AND, OR"),
    ("RPAR", "“)”"),
    ("COMMA", "a comma"),
    ("LPAR", "“(”"),
    ("$END", "the end"),
)


def _explained(unexpected: UnexpectedInput, text: str) -> QueryError:
    at, token = place_of(unexpected, text), getattr(unexpected, "token", None)
    place = Place(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    if text[at : at + 1] in ("'", '"') and getattr(token, "type", "") != "TEXT":
        problem = "The text that begins here has no closing quotation mark."
        return QueryError(problem, place)
    known = set(unexpected.interactive_parser.accepts())  # type: ignore[no-untyped-call]
    expected = one_of(said for terminal, said in _WORDS if terminal in known)
    found = re.compile(r"\w+|.", re.DOTALL).match(text.rstrip(), at)
    if found is None:
        return QueryError(f"The query ends where {expected} should stand.", place)
    return QueryError(f"“{found[0][:40]}” stands where {expected} should.", place)
