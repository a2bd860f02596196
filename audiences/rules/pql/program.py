"""Expressions made ready to be asked of many memberships: closures, put together once.

This is the one place that says what an expression comes to. Names are found where they stand: a
variable before a field of the item at hand, and that before a field of the membership.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from audiences.rules.pql import methods, moments, profile, syntax
from audiences.rules.pql.arrays import AGGREGATES, field_of
from audiences.rules.pql.asked import Ask, Asked, Test, TooMuchWork
from audiences.rules.pql.errors import PqlError
from audiences.rules.pql.functions import COMPARISONS, FUNCTIONS, ORDERS, compared, ordered
from audiences.rules.pql.syntax import Expression
from audiences.rules.pql.values import (
    Value,
    calculated,
    number_beside,
    truth,
)

IN_FORCE = "realized"  # the status in a segment of whoever is in it
SINCE = "since."
_NAMESPACE = "ups"


@dataclass(frozen=True)
class Program:
    """``reads`` names the values that it is asked with, in their order: columns of memberships,
    paths into their metadata, ``since.NAME`` (when the member came into a segment), ``xEvent``."""

    reads: tuple[str, ...]
    test: Test
    slots: int  # for the variables of one asking

    def ask(self, asked: Asked) -> bool:
        """:raises TooMuchWork: it takes too many steps, or what it reads nests too deep."""
        try:
            return self.test(asked)
        except RecursionError:
            raise TooMuchWork from None


def program(expression: Expression, assumed: tuple[tuple[str, bool], ...] = ()) -> Program:
    """The expression made ready. ``assumed`` says of each name in an ``inSegment`` whether the
    member is in it."""
    compiler = Compiler(dict(assumed))
    test = compiler.test(expression, Scope())
    return Program(tuple(compiler.reads), test, compiler.slots)


@dataclass(frozen=True)
class Scope:
    """What names mean at a place of the expression: variables by their slots (None: the profile),
    and the slots of the items at hand, from the outermost."""

    variables: Mapping[str, int | None] = field(default_factory=dict)
    items: tuple[int, ...] = ()

    def with_variables(self, names: Mapping[str, int | None]) -> Scope:
        return replace(self, variables={**self.variables, **names})

    def with_item(self, slot: int) -> Scope:
        return replace(self, items=(*self.items, slot))

    def path(self, expression: Expression) -> profile.Path | None:
        """The path from the profile that an expression says, if that is what it says."""
        match expression:
            case syntax.Parameter():
                return ()
            case syntax.Name(name) if name in self.variables:
                return () if self.variables[name] is None else None
            case syntax.Name(name) if not self.items:
                return () if name == "this" else (name,)
            case syntax.Outer(levels, name) if levels >= len(self.items):
                return (name,)
            case syntax.Field(object, name):
                outer = self.path(object)
                return None if outer is None else (*outer, name)
            case syntax.Call("get", (syntax.Literal(str() as name),), object) if object:
                outer = self.path(object)
                keyed = outer and (outer[0] == profile.SEGMENTS or profile.is_step(name))
                return (*outer, name) if outer and keyed else None
        return None


def segment_of(path: profile.Path | None) -> tuple[str, profile.Path] | None:
    """The name of the segment that ``segmentMembership.ups.NAME…`` asks for, and what of it."""
    if path and path[0] == profile.SEGMENTS and len(path) > 2 and path[1] == _NAMESPACE:
        return path[2], path[3:]
    return None


class Compiler:
    def __init__(self, assumed: Mapping[str, bool]) -> None:
        self._assumed = assumed
        self.reads: list[str] = []
        self.slots = 0

    def slot(self) -> int:
        self.slots += 1
        return self.slots - 1

    def test(self, expression: Expression, scope: Scope) -> Test:
        """The expression where yes or no is asked: null is no."""
        ask = self.ask(expression, scope)
        if _is_yes_or_no(expression):
            return ask
        return lambda asked: truth(ask(asked))

    def ask(self, expression: Expression, scope: Scope) -> Ask:
        path = scope.path(expression)
        if path is not None:
            return self._root(path)
        return _MAKERS[type(expression)](self, expression, scope)

    # What is known of the member

    def _root(self, path: profile.Path) -> Ask:
        if not path:
            return lambda _: {}  # the profile itself: it is there
        if path[0] == profile.SEGMENTS:
            return self._segment(path)
        if path[0] == profile.EVENTS:
            return _stepped(self._read(profile.EVENTS), path[1:])
        place = profile.place_of(path)
        read, made = self._read(place.reads), place.made
        worked_out = read if made is profile.as_it_is else lambda asked: made(read(asked))
        return _stepped(worked_out, place.rest)

    def _read(self, name: str) -> Ask:
        if name not in self.reads:
            self.reads.append(name)
        place = self.reads.index(name)
        return lambda asked: asked.values[place]

    def _segment(self, path: profile.Path) -> Ask:
        if len(path) < 3:
            raise PqlError(
                "segmentMembership is asked for one segment at a time: write "
                'segmentMembership.get("ups").get("ID").status, or inSegment("ID").'
            )
        found = segment_of(path)
        if found is None:
            return lambda _: None
        name, rest = found
        if not self._assumed[name]:
            return lambda _: None
        if rest == ("status",):
            return lambda _: IN_FORCE
        since = self._read(SINCE + name)
        if rest == ("lastQualificationTime",):
            return since
        whole = lambda asked: {"status": IN_FORCE, "lastQualificationTime": since(asked)}  # noqa: E731
        return _stepped(whole, rest)

    def name(self, expression: syntax.Name, scope: Scope) -> Ask:
        name = expression.name
        slot = scope.variables.get(name)
        if slot is not None:
            return lambda asked: asked.variables[slot]
        item = scope.items[-1]
        if name == "this":
            return lambda asked: asked.variables[item]
        return lambda asked: field_of(asked.variables[item], name)

    def outer(self, expression: syntax.Outer, scope: Scope) -> Ask:
        item, name = scope.items[-1 - expression.levels], expression.name
        return lambda asked: field_of(asked.variables[item], name)

    def field(self, expression: syntax.Field, scope: Scope) -> Ask:
        return _stepped(self.ask(expression.object, scope), (expression.name,))

    def index(self, expression: syntax.Index, scope: Scope) -> Ask:
        return methods.index(self, expression, scope)

    # Values

    def literal(self, expression: syntax.Literal, scope: Scope) -> Ask:
        value = value_of(expression)
        return lambda _: value

    def list_of(self, expression: syntax.ListOf, scope: Scope) -> Ask:
        if all(isinstance(item, syntax.Literal) for item in expression.items):
            values = [value_of(item) for item in expression.items]
            return lambda _: values
        items = [self.ask(item, scope) for item in expression.items]
        return lambda asked: [item(asked) for item in items]

    def map_of(self, expression: syntax.MapOf, scope: Scope) -> Ask:
        pairs = [(name, self.ask(value, scope)) for name, value in expression.pairs]
        return lambda asked: {name: value(asked) for name, value in pairs}

    def time_word(self, expression: syntax.TimeWord, scope: Scope) -> Ask:
        return moments.time_word(expression)

    def period(self, expression: syntax.Period, scope: Scope) -> Ask:
        return moments.period(expression)

    def function(self, expression: syntax.Lambda, scope: Scope) -> Ask:
        """Of the profile, where it isn't given to a method: only the outermost is."""
        return self.ask(
            expression.body, scope.with_variables(dict.fromkeys(expression.names[:1], None))
        )

    def let(self, expression: syntax.Let, scope: Scope) -> Ask:
        if scope.path(expression.value) == ():
            return self.ask(expression.body, scope.with_variables({expression.name: None}))
        slot, value = self.slot(), self.ask(expression.value, scope)
        body = self.ask(expression.body, scope.with_variables({expression.name: slot}))

        def ask(asked: Asked) -> Value:
            asked.variables[slot] = value(asked)
            return body(asked)

        return ask

    # Logic and comparisons

    def and_(self, expression: syntax.And, scope: Scope) -> Ask:
        tests = [self.test(part, scope) for part in expression.parts]
        return lambda asked: all(test(asked) for test in tests)

    def or_(self, expression: syntax.Or, scope: Scope) -> Ask:
        tests = [self.test(part, scope) for part in expression.parts]
        return lambda asked: any(test(asked) for test in tests)

    def not_(self, expression: syntax.Not, scope: Scope) -> Ask:
        test = self.test(expression.part, scope)
        return lambda asked: not test(asked)

    def negative(self, expression: syntax.Negative, scope: Scope) -> Ask:
        value = self.ask(expression.part, scope)

        def ask(asked: Asked) -> Value:
            number = value(asked)
            return -number if isinstance(number, Decimal) else None

        return ask

    def binary(self, expression: syntax.Binary, scope: Scope) -> Ask:
        left, right = self.ask(expression.left, scope), self.ask(expression.right, scope)
        operator = expression.operator
        if operator in ORDERS:
            return ordered(ORDERS[operator], left, right)
        if operator in COMPARISONS:
            return compared(COMPARISONS[operator], left, right)

        def ask(asked: Asked) -> Value:
            first = left(asked)
            second = number_beside(first, right(asked))
            return None if second is None else calculated(operator, first, second)

        return ask

    def occurs(self, expression: syntax.Occurs, scope: Scope) -> Ask:
        return moments.occurs(self, expression, scope)

    # Functions

    def call(self, expression: syntax.Call, scope: Scope) -> Ask:
        if expression.object is not None:
            return methods.method(self, expression, scope)
        match expression.name:
            case "inSegment":
                held = self._assumed[segment_in(expression)]
                return lambda _: held
            case "if":
                test = self.test(expression.arguments[0], scope)
                yes, no = (self.ask(one, scope) for one in expression.arguments[1:])
                return lambda asked: yes(asked) if test(asked) else no(asked)
        arguments = [self.ask(one, scope) for one in expression.arguments]
        return FUNCTIONS[expression.name](arguments)

    # Loops

    def quantified(self, expression: syntax.Quantified, scope: Scope) -> Ask:
        loop = methods.Loop(self, expression.bindings, scope)
        if expression.kind == "forall":
            return loop.forall
        if expression.kind == "exists":
            return lambda asked: any(True for _ in loop.run(asked))
        return loop.select

    def aggregate(self, expression: syntax.Aggregate, scope: Scope) -> Ask:
        loop = methods.Loop(self, expression.bindings, scope, expression.over)
        over = loop.item if expression.over is None else self.ask(expression.over, loop.scope)
        together = AGGREGATES[expression.kind]

        def ask(asked: Asked) -> Value:
            if loop.source(asked) is None:
                return None
            return together([over(asked) for _ in loop.run(asked)])

        return ask

    def chain(self, expression: syntax.Chain, scope: Scope) -> Ask:
        return moments.chain(self, expression, scope)


def value_of(expression: Expression) -> Value:
    """The value of a literal."""
    assert isinstance(expression, syntax.Literal)
    value = expression.value
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def segment_in(call: syntax.Call) -> str:
    """The name that an ``inSegment`` asks for."""
    match call.arguments:
        case (syntax.Literal(str() as name),):
            return name
    raise PqlError('inSegment takes an id in quotation marks, such as inSegment("gold-tier").')


def _stepped(ask: Ask, steps: Sequence[str]) -> Ask:
    for step in steps:
        ask = _step(ask, step)
    return ask


def _step(ask: Ask, name: str) -> Ask:
    def stepped(asked: Asked) -> Value:
        value = ask(asked)
        if isinstance(value, list):
            asked.spend(len(value))
        return field_of(value, name)

    return stepped


_YES_OR_NO = (syntax.And, syntax.Or, syntax.Not, syntax.Occurs, syntax.Chain)


def _is_yes_or_no(expression: Expression) -> bool:
    if isinstance(expression, syntax.Binary):
        return expression.operator not in "+-*/%"
    return isinstance(expression, _YES_OR_NO)


_Maker = Callable[[Compiler, Any, Scope], Ask]
_MAKERS: dict[type, _Maker] = {
    syntax.Literal: Compiler.literal,
    syntax.TimeWord: Compiler.time_word,
    syntax.Period: Compiler.period,
    syntax.ListOf: Compiler.list_of,
    syntax.MapOf: Compiler.map_of,
    syntax.Name: Compiler.name,
    syntax.Outer: Compiler.outer,
    syntax.Field: Compiler.field,
    syntax.Index: Compiler.index,
    syntax.Call: Compiler.call,
    syntax.Lambda: Compiler.function,
    syntax.And: Compiler.and_,
    syntax.Or: Compiler.or_,
    syntax.Not: Compiler.not_,
    syntax.Negative: Compiler.negative,
    syntax.Binary: Compiler.binary,
    syntax.Occurs: Compiler.occurs,
    syntax.Let: Compiler.let,
    syntax.Quantified: Compiler.quantified,
    syntax.Aggregate: Compiler.aggregate,
    syntax.Chain: Compiler.chain,
}
