"""PQL's methods, and its loops over arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from audiences.rules.operators.text import text_of
from audiences.rules.pql import arrays, moments, syntax
from audiences.rules.pql.asked import Ask, Asked, Test, steps_for
from audiences.rules.pql.syntax import Expression
from audiences.rules.pql.texts import COMPARISONS, compared, group, matches
from audiences.rules.pql.values import Value, alike, truth

if TYPE_CHECKING:
    from audiences.rules.pql.program import Compiler, Scope


def method(compiler: Compiler, call: syntax.Call, scope: Scope) -> Ask:
    """``object.name(…)``."""
    name = call.name
    assert call.object is not None
    if name in moments.PARTS:
        return moments.part(compiler, call.object, moments.PARTS[name], scope)
    object = compiler.ask(call.object, scope)
    if name in _EACH:
        return _EACH[name](object, _each(compiler, call.arguments[0], scope))
    if name in arrays.AGGREGATES:
        each = _each(compiler, call.arguments[0], scope) if call.arguments else None
        return _aggregate(name, object, each)
    arguments = [compiler.ask(argument, scope) for argument in call.arguments[1:]]
    if name in ("topN", "bottomN"):
        each = _each(compiler, call.arguments[0], scope)
        return _ranked(object, each, arguments[0], highest=name == "topN")
    arguments = [compiler.ask(argument, scope) for argument in call.arguments]
    is_pattern = name in ("matches", "regexGroup")
    plain = _text_comparison(name) if name in COMPARISONS else _PLAIN[name]

    def ask(asked: Asked) -> Value:
        values = [object(asked), *(argument(asked) for argument in arguments)]
        for value in values:
            asked.spend_on(value)
        if is_pattern:
            asked.spend_on_pattern(values[0], values[1])
        return plain(*values)

    return ask


def index(compiler: Compiler, expression: syntax.Index, scope: Scope) -> Ask:
    """``array[condition]``; or with a number a place in it, from 0, with a text a key."""
    object = compiler.ask(expression.object, scope)
    match expression.index:
        case syntax.Literal(str() as name):
            return lambda asked: _get(object(asked), name)
        case syntax.Literal(int() as place) if not isinstance(place, bool):
            return lambda asked: _at(object(asked), place)
    return _filter(object, _each(compiler, expression.index, scope))


def _at(value: Value, place: int) -> Value:
    return value[place] if isinstance(value, list) and 0 <= place < len(value) else None


# What is asked of each item

Each = Callable[[Asked, Value, Value], Value]  # given the item, and its key in a map


def _each(compiler: Compiler, argument: Expression, scope: Scope) -> Each:
    """An argument that is asked of each item: a lambda, or an expression about the item."""
    slots = [compiler.slot(), compiler.slot()]
    if isinstance(argument, syntax.Lambda):
        names = argument.names
        inner = scope.with_variables(dict(zip(names, slots, strict=False)))
        body = compiler.ask(argument.body, inner)
    else:
        names, body = (), compiler.ask(argument, scope.with_item(slots[0]))
    pairs, steps = len(names) > 1, steps_for(argument)

    def each(asked: Asked, item: Value, key: Value) -> Value:
        asked.spend(steps)
        variables = asked.variables
        variables[slots[0]], variables[slots[1]] = (key, item) if pairs else (item, None)
        return body(asked)

    return each


def _asked_of_each(asked: Asked, value: Value, each: Each) -> list[Value]:
    if isinstance(value, dict):
        return [each(asked, item, key) for key, item in value.items()]
    return [each(asked, item, None) for item in arrays.items_of(value) or ()]


def _filter(object: Ask, each: Each) -> Ask:
    def ask(asked: Asked) -> Value:
        value = object(asked)
        if value is None:
            return None
        held = map(truth, _asked_of_each(asked, value, each))
        if isinstance(value, dict):
            return {name: value[name] for name, one in zip(value, held, strict=True) if one}
        items = arrays.items_of(value) or ()
        return [item for item, one in zip(items, held, strict=True) if one]

    return ask


def _map(object: Ask, each: Each) -> Ask:
    def ask(asked: Asked) -> Value:
        value = object(asked)
        return None if value is None else arrays.gathered(_asked_of_each(asked, value, each))

    return ask


def _group_by(object: Ask, each: Each) -> Ask:
    def ask(asked: Asked) -> Value:
        items = arrays.items_of(object(asked))
        return None if items is None else arrays.grouped(items, _asked_of_each(asked, items, each))

    return ask


_EACH: dict[str, Callable[[Ask, Each], Ask]] = {
    "filter": _filter,
    "map": _map,
    "groupBy": _group_by,
}


def _aggregate(name: str, object: Ask, each: Each | None) -> Ask:
    together = arrays.AGGREGATES[name]

    def ask(asked: Asked) -> Value:
        items = arrays.items_of(object(asked))
        if items is None:
            return None
        if each is not None:
            return together(_asked_of_each(asked, items, each))
        asked.spend(len(items))
        return together(items)

    return ask


def _ranked(object: Ask, each: Each, count: Ask, *, highest: bool) -> Ask:
    def ask(asked: Asked) -> Value:
        items = arrays.items_of(object(asked))
        if items is None:
            return None
        ranks = _asked_of_each(asked, items, each)
        return arrays.ranked(items, ranks, count(asked), highest=highest)

    return ask


# What is asked once


def _get(value: Value, name: Value) -> Value:
    name = text_of(name)
    return None if name is None else arrays.field_of(value, name)


def _of_items(function: Callable[[list[Value]], Value]) -> Callable[[Value], Value]:
    def ask(value: Value) -> Value:
        items = arrays.items_of(value)
        return None if items is None else function(items)

    return ask


def _of_both(function: Callable[[list[Value], list[Value]], Value]) -> Callable[..., Value]:
    def ask(left: Value, right: Value) -> Value:
        first, second = arrays.items_of(left), arrays.items_of(right)
        return None if first is None or second is None else function(first, second)

    return ask


def _includes(value: Value, wanted: Value) -> Value:
    if value is None or wanted is None:
        return None
    return any(alike(item, wanted) for item in (value if isinstance(value, list) else (value,)))


def _text_comparison(name: str) -> Callable[..., Value]:
    def ask(left: Value, right: Value, case_sensitive: Value = True) -> Value:
        return compared(name, left, right, case_sensitive)

    return ask


def _regex_group(value: Value, pattern: Value, number: Value) -> Value:
    return group(value, pattern, number if isinstance(number, Decimal) else None)


_PLAIN: dict[str, Callable[..., Value]] = {
    "isNull": lambda value: value is None,
    "isNotNull": lambda value: value is not None,
    "matches": matches,
    "regexGroup": _regex_group,
    "includes": _includes,
    "intersects": _of_both(arrays.intersects),
    "intersection": _of_both(arrays.intersection),
    "subsetOf": _of_both(arrays.subset_of),
    "supersetOf": _of_both(arrays.superset_of),
    "distinct": _of_items(arrays.distinct),
    "head": _of_items(arrays.head),
    "count": _of_items(lambda items: Decimal(len(items))),
    "get": _get,
    "keys": lambda value: list(value) if isinstance(value, dict) else None,
    "values": lambda value: list(value.values()) if isinstance(value, dict) else None,
}


# Loops


class Loop:
    """``X from items where …, Y from X.items where …``: each variable by turns every item that
    its condition admits."""

    def __init__(
        self,
        compiler: Compiler,
        bindings: Sequence[syntax.Binding],
        scope: Scope,
        over: Expression | None = None,
    ) -> None:
        self.names = [binding.name for binding in bindings]
        self.slots: list[int] = []
        self.sources: list[Ask] = []
        self.wheres: list[Test | None] = []
        self.steps = [steps_for(binding.where) for binding in bindings]
        self.steps[-1] += steps_for(over)
        for binding in bindings:
            self.sources.append(compiler.ask(binding.source, scope))
            self.slots.append(compiler.slot())
            scope = scope.with_variables({binding.name: self.slots[-1]})
            self.wheres.append(
                None if binding.where is None else compiler.test(binding.where, scope)
            )
        self.scope = scope
        self.source = self.sources[0]

    def run(self, asked: Asked, depth: int = 0) -> Iterator[None]:
        """Stops with the variables set, for each of their values together."""
        where, slot, last = self.wheres[depth], self.slots[depth], depth == len(self.slots) - 1
        for item in arrays.items_of(self.sources[depth](asked)) or ():
            asked.spend(self.steps[depth])
            asked.variables[slot] = item
            if where is None or where(asked):
                if last:
                    yield
                else:
                    yield from self.run(asked, depth + 1)

    def item(self, asked: Asked) -> Value:
        """What is at hand: the item, or of several variables an object of them."""
        if len(self.slots) == 1:
            return asked.variables[self.slots[0]]
        return {
            name: asked.variables[slot] for name, slot in zip(self.names, self.slots, strict=True)
        }

    def select(self, asked: Asked) -> Value:
        if self.source(asked) is None:
            return None
        return [self.item(asked) for _ in self.run(asked)]

    def forall(self, asked: Asked) -> Value:
        return None if self.source(asked) is None else self._forall(asked, 0)

    def _forall(self, asked: Asked, depth: int) -> bool:
        if depth == len(self.slots):
            return True
        where, slot = self.wheres[depth], self.slots[depth]
        for item in arrays.items_of(self.sources[depth](asked)) or ():
            asked.spend(self.steps[depth])
            asked.variables[slot] = item
            if (where is not None and not where(asked)) or not self._forall(asked, depth + 1):
                return False
        return True
