"""``let N = now in …``, as it is without: what is compared with ``now`` itself is known to stay as
it is until somebody crosses it, and what is made of a variable nobody knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from audiences.rules.pql import syntax
from audiences.rules.pql.syntax import Expression, Node


def without_named_times(node: Any) -> Any:
    """The same, with each time in the place of the variable that it was given to."""
    match node:
        case syntax.Let(name, (syntax.TimeWord() | syntax.Period()) as time, body) if not _binds(
            body, name
        ):
            return without_named_times(_put(body, name, time))
    return _rebuilt(node, without_named_times)


def _put(node: Any, name: str, time: Expression) -> Any:
    if node == syntax.Name(name):
        return time
    return _rebuilt(node, lambda part: _put(part, name, time))


def _binds(node: Node, name: str) -> bool:
    """Whether the name is given to something else somewhere in it."""
    match node:
        case syntax.Let(bound) | syntax.Binding(bound) if bound == name:
            return True
        case syntax.Lambda(names) if name in names:
            return True
    return any(_binds(part, name) for part in syntax.parts(node))


def _rebuilt(node: Any, change: Any) -> Any:
    """The node of parts that have been changed; itself, if none is another."""

    def changed(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(changed(one) for one in value)
        return change(value) if isinstance(value, Node) else value

    values = {name: getattr(node, name) for name in node.__slots__}
    new = {name: changed(value) for name, value in values.items()}
    return node if new == values else replace(node, **new)
