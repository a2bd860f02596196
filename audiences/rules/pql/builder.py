"""From what the grammar finds to the expressions that it says, checked on the way.

Each method is called by the parser with the children of the rule (or alias) of its name.
"""

from __future__ import annotations

import re
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from audiences.rules.operators import ValueProblem
from audiences.rules.operators.base import read_number
from audiences.rules.pql import patterns, syntax
from audiences.rules.pql.errors import PqlTextError
from audiences.rules.pql.signatures import FOREIGN, MOST_VARIABLES, UNITS, complaint
from audiences.rules.pql.syntax import Expression, Literal

if TYPE_CHECKING:
    from lark import Token

MOST_OF_A_UNIT = 1_000_000_000
_LONGEST_NUMBER = 100
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def at(token: Token, problem: str) -> PqlTextError:
    return PqlTextError(problem, token.line or 1, token.column or 1, found=str(token[:100]))


class Builder:
    # Values

    def text(self, children: list[Any]) -> Literal:
        return Literal(_unescaped(children[0]))

    def number(self, children: list[Any]) -> Literal:
        (token,) = children
        if len(token) > _LONGEST_NUMBER:
            raise at(token, f"{token[:20]}… is too long for a number.")
        try:
            number = read_number(str(token))
        except ValueProblem as problem:
            raise at(token, str(problem)) from None
        return Literal(int(number) if token.isdigit() else number)

    def truth(self, children: list[Any]) -> Literal:
        return Literal(children[0] == "true")

    def time_word(self, children: list[Any]) -> syntax.TimeWord:
        return syntax.TimeWord(str(children[0]))

    def period(self, children: list[Any]) -> syntax.Period:
        which, unit = children[0].split()
        return syntax.Period(which, UNITS[unit])

    def list_of(self, children: list[Any]) -> syntax.ListOf:
        return syntax.ListOf(children[0] or ())

    def pair(self, children: list[Any]) -> tuple[str, Expression]:
        key, value = children
        return _unescaped(key), value

    def map_of(self, children: list[Any]) -> syntax.MapOf:
        return syntax.MapOf(tuple(pair for pair in children if pair is not None))

    # What is asked for

    def name(self, children: list[Any]) -> syntax.Name:
        (token,) = children
        if token in FOREIGN:
            raise at(token, FOREIGN[token])
        return syntax.Name(str(token))

    def parameter(self, children: list[Any]) -> syntax.Parameter:
        (token,) = children
        if token != "$1":
            raise at(token, f"There is no {token[:10]}: an audience asks for one profile, $1.")
        return syntax.Parameter(1)

    def outer(self, children: list[Any]) -> syntax.Outer:
        name = children[0].lstrip("^")
        return syntax.Outer(len(children[0]) - len(name), name.removeprefix("."))

    def field(self, children: list[Any]) -> syntax.Field:
        object, name = children
        return syntax.Field(object, str(name))

    def index(self, children: list[Any]) -> syntax.Index:
        return syntax.Index(*children)

    # Functions

    def arguments(self, children: list[Any]) -> tuple[Expression, ...]:
        return tuple(children)

    def function(self, children: list[Any]) -> syntax.Call:
        name, arguments = children
        return _call(name, arguments or ())

    def method(self, children: list[Any]) -> syntax.Call:
        object, name, arguments = children
        return _call(name, arguments or (), object)

    def function_of(self, children: list[Any]) -> syntax.Lambda:
        names, body = children
        return syntax.Lambda(tuple(re.findall(r"\w+", names)), body)

    # Logic and arithmetic

    def or_(self, children: list[Any]) -> syntax.Or:
        return syntax.Or(tuple(children))

    def and_(self, children: list[Any]) -> syntax.And:
        return syntax.And(tuple(children))

    def not_(self, children: list[Any]) -> syntax.Not:
        return syntax.Not(children[0])

    def binary(self, children: list[Any]) -> syntax.Binary:
        left, operator, right = children
        if operator in ("matches", "like"):
            _check_pattern(operator, right)
        return syntax.Binary(str(operator), left, right)

    def negative(self, children: list[Any]) -> Expression:
        part = children[1]
        if isinstance(part, Literal) and type(part.value) in (int, Decimal):
            return Literal(-part.value)  # type: ignore[operator]
        return syntax.Negative(part)

    # Moments

    def occurs(self, children: list[Any]) -> syntax.Occurs:
        return syntax.Occurs(*children)

    def on(self, children: list[Any]) -> syntax.On:
        return syntax.On(children[0])

    def between(self, children: list[Any]) -> syntax.Between:
        return syntax.Between(*children)

    def beside(self, children: list[Any]) -> syntax.Beside:
        direction, anchor = children
        return syntax.Beside(str(direction), anchor)  # type: ignore[arg-type]

    def distance(self, children: list[Any]) -> syntax.Distance:
        operator, amount, unit, direction, anchor = children
        if not amount.isdigit() or int(amount[:11]) > MOST_OF_A_UNIT:
            raise at(amount, f"Give a whole number of at most {MOST_OF_A_UNIT}.")
        if unit not in UNITS:
            near = (get_close_matches(unit[:40], UNITS, 1) or ["days"])[0]
            raise at(unit, f"“{unit[:40]}” is not a unit of time. Did you mean {near}?")
        return syntax.Distance(str(operator), int(amount), UNITS[unit], str(direction), anchor)  # type: ignore[arg-type]

    # Variables

    def let(self, children: list[Any]) -> syntax.Let:
        name, _, value, _, body = children
        return syntax.Let(str(name), value, body)

    def binding(self, children: list[Any]) -> syntax.Binding:
        name, source, where = children
        return syntax.Binding(str(name), source, where)

    def bindings(self, children: list[Any]) -> tuple[syntax.Binding, ...]:
        return tuple(children)

    def quantified(self, children: list[Any]) -> syntax.Quantified:
        kind, bindings = children
        _check_variables(kind, bindings)
        return syntax.Quantified(str(kind), bindings)  # type: ignore[arg-type]

    def aggregate(self, children: list[Any]) -> syntax.Aggregate:
        kind, bindings = children
        _check_variables(kind, bindings)
        return syntax.Aggregate(str(kind), None, bindings)  # type: ignore[arg-type]

    def aggregate_over(self, children: list[Any]) -> syntax.Aggregate:
        kind, over, bindings = children
        _check_variables(kind, bindings)
        return syntax.Aggregate(str(kind), over, bindings)  # type: ignore[arg-type]

    def step(self, children: list[Any]) -> syntax.Step:
        name, what, when = children
        return syntax.Step(str(name), what, when)

    def chain(self, children: list[Any]) -> syntax.Chain:
        source, timestamp, *steps = children
        return syntax.Chain(source, str(timestamp), tuple(steps))


def _unescaped(token: Token) -> str:
    inner = token[1:-1]
    if "\\" not in inner:
        return inner

    def meant(found: re.Match[str]) -> str:
        if found[1] not in '"\\':
            before = inner[: found.start()]
            line = (token.line or 1) + before.count("\n")
            column = len(before) - before.rfind("\n")
            if "\n" not in before:
                column += token.column or 1
            problem = f"In a text, write \\\\{found[1]} for \\{found[1]}: the backslash is doubled."
            raise PqlTextError(problem, line, column, found=found[0])
        return found[1]

    return _ESCAPE.sub(meant, inner)


def _call(name: Token, arguments: tuple[Expression, ...], object: Any = None) -> syntax.Call:
    wrong = complaint(name, len(arguments), method=object is not None)
    if wrong:
        raise at(name, wrong)
    if name in ("matches", "regexGroup"):
        _check_pattern(name, arguments[0])
    return syntax.Call(str(name), arguments, object)


def _check_variables(token: Token, bindings: tuple[syntax.Binding, ...]) -> None:
    if len(bindings) > MOST_VARIABLES:
        raise at(token, f"{token} takes at most {MOST_VARIABLES} variables, not {len(bindings)}.")


def _check_pattern(token: Token, pattern: Expression) -> None:
    """A pattern that stands in the text is checked before anybody waits for an answer."""
    if not (isinstance(pattern, Literal) and isinstance(pattern.value, str)):
        return
    try:
        patterns.check(token, pattern.value)
    except ValueProblem as problem:
        raise at(token, str(problem)) from None
