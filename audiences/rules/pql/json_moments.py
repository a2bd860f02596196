"""What a node of pql/json says of moments: ``occurs``, and the steps of a ``chain``."""

from __future__ import annotations

from typing import Any

from audiences.rules.pql import syntax
from audiences.rules.pql.builder import MOST_OF_A_UNIT
from audiences.rules.pql.json_node import Node
from audiences.rules.pql.scope import ITEM, Scope
from audiences.rules.pql.signatures import UNITS, is_bare_name
from audiences.rules.pql.syntax import Expression, Literal

_DISTANCES = ("=", "!=", "<", "<=", ">", ">=")
_DIRECTIONS = ("before", "after", "from")


class MomentNode(Node):
    def occurs(self) -> Expression:
        params = self.items("params")
        if len(params) != 2:
            raise self.problem("Give a moment, and when it occurs.", "params")
        moment = self.of(params[0], "params/0")
        return syntax.Occurs(moment, self.when(params[1], "params/1", self.scope))

    def when(self, node: Any, place: str, scope: Scope) -> syntax.When:
        when = type(self)(node, f"{self.path}/{place}", scope, self.depth + 1)
        name = when.node.get("fnName")
        if name == "on":
            return syntax.On(*when.exactly(1))
        if name == "between":
            return syntax.Between(*when.exactly(2))
        if name in _DIRECTIONS:
            return syntax.Beside(name, *when.exactly(1))
        if name in _DISTANCES:
            return when.distance(name)
        return syntax.On(when.read())

    def distance(self, operator: str) -> syntax.Distance:
        params = self.items("params")
        if len(params) != 3:
            raise self.problem("Give a number, a unit, and before, after or from.", "params")
        amount = self.of(params[0], "params/0")
        if not isinstance(amount, Literal) or type(amount.value) is not int:
            raise self.problem("Give a literal of the type Integer.", "params/0")
        if not 0 <= amount.value <= MOST_OF_A_UNIT:
            raise self.problem(f"Give 0 to {MOST_OF_A_UNIT}.", "params/0")
        unit = self.unit("params/1", self.of(params[1], "params/1"))
        beside = self.when(params[2], "params/2", self.scope)
        if not isinstance(beside, syntax.Beside):
            raise self.problem("Give before, after or from.", "params/2")
        return syntax.Distance(operator, amount.value, unit, beside.direction, beside.anchor)

    def unit(self, place: str, expression: Expression) -> str:
        unit = expression.value if isinstance(expression, Literal) else None
        if not isinstance(unit, str) or unit not in UNITS:
            raise self.problem("It is not a unit of time. Give one such as day or month.", place)
        return UNITS[unit]

    def chain(self) -> Expression:
        source, timestamp = self.inner("array"), self._timestamp()
        steps = []
        for place, element in enumerate(self.items("elements")):
            path = f"{self.path}/elements/{place}"
            inner = type(self)(element, path, self.scope.of_each(), self.depth + 1)
            name = inner.variable("name") if "name" in inner.node else f"C{place}"
            when = None
            if inner.node.get("when") is not None:
                when = inner.when(inner.node["when"], "when", inner.scope)
            steps.append(syntax.Step(name, inner.what(), when))
        if not steps:
            raise self.problem("Give one or more elements.", "elements")
        return syntax.Chain(source, timestamp, tuple(steps))

    def _timestamp(self) -> str:
        found = self.node.get("timestampField")
        if isinstance(found, dict) and found.get("nodeType") == "lambda":
            found = found.get("body")
        name = found.get("fieldName") if isinstance(found, dict) else found
        if not isinstance(name, str) or not is_bare_name(name):
            raise self.problem(
                "Give the field that says when: a lambda of its item.", "timestampField"
            )
        return name

    def what(self) -> Expression:
        """What a step asks of its event: a lambda, whose variable is the item at hand."""
        node = self.node.get("what")
        if not isinstance(node, dict) or node.get("nodeType") != "lambda":
            return self.inner("what")
        function = type(self)(node, f"{self.path}/what", self.scope, self.depth + 1)
        (name, *_) = names = function.names("varNames")
        if names == (ITEM,):
            return function.inner("body")
        return syntax.Let(name, syntax.Name(ITEM), function.inner("body", self.scope.binding(name)))
