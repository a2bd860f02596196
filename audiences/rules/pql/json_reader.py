"""pql/json, read: the nodes that Adobe's pages, samples and clients have, and those that we write.

What only pql/json tells apart is said as a text would say it: a field of ``parameterReference`` 1
is a bare name wherever that means the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from audiences.rules.operators import ValueProblem
from audiences.rules.operators.base import read_number
from audiences.rules.pql import patterns, syntax
from audiences.rules.pql.errors import PqlTreeError
from audiences.rules.pql.json_moments import MomentNode
from audiences.rules.pql.json_node import kept, shown
from audiences.rules.pql.scope import Scope, is_of_each
from audiences.rules.pql.signatures import (
    METHODS,
    MOST_VARIABLES,
    complaint,
    is_identifier,
)
from audiences.rules.pql.syntax import Expression, Literal
from audiences.rules.pql.text import DEEPEST, LONGEST, check_bounds

FORMAT = "pql/json"
# A text, also one that never ends: it must not be looked through again from each of its quotes.
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*\\?(?:"|\Z)|[\[\]{}]', re.DOTALL)
_DEEPEST_BRACKET = 5 * DEEPEST
_MOST_LETTERS = 10 * LONGEST

_INFIX = ("=", "!=", "<", "<=", ">", ">=", "in", "notIn", "like", "+", "-", "*", "/", "%")
_TIME_WORDS = ("now", "today", "yesterday", "tomorrow")
_PERIODS = ("this", "last", "next")
_SMALL = 10**18
_PROFILE = "_"  # what the form of 2019 calls it


def read_json(text: str) -> Expression:
    """The expression that a text of pql/json says.

    :raises PqlTreeError: naming the node that makes no sense.
    :raises PqlError: it is too large or too deep.
    """
    _check_size(text)
    try:
        tree = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise PqlTreeError(f"It is not JSON: {error.msg} at {where}.", "") from None
    except (ValueError, ArithmeticError):
        raise PqlTreeError("It has a number that is out of bounds.", "") from None
    return read_tree(tree)


def read_tree(tree: Any) -> Expression:
    """The expression that JSON says, once it has been read with ``Decimal`` for fractions."""
    expression = _Node(tree, "", Scope(), 1).read()
    check_bounds(expression)
    return expression


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _check_size(text: str) -> None:
    if len(text) > _MOST_LETTERS:
        problem = f"The JSON has {len(text)} letters. Give at most {_MOST_LETTERS}."
        raise PqlTreeError(problem, "")
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth > _DEEPEST_BRACKET:
            raise PqlTreeError("The JSON nests too deep. Take a part out.", "")


class _Node(MomentNode):
    """Any node, by its ``nodeType``."""

    def read(self) -> Expression:
        kind = self.text("nodeType")
        if kind in _NODES:
            return _NODES[kind](self)
        near = get_close_matches(kind[:40], _NODES, 1)
        hint = f" Did you mean {near[0]}?" if near else f" Give one of {', '.join(_NODES)}."
        raise self.problem(f"There is no nodeType “{kind[:40]}”.{hint}", "nodeType")

    # The nodes

    def literal(self) -> Expression:
        kind = self.text("literalType").lower()
        if "value" not in self.node:
            raise self.problem("It is missing. Give the value of the literal.", "value")
        value = self.node["value"]
        match kind:
            case "string":
                return Literal(self.text("value"))
            case "boolean" if isinstance(value, bool):
                return Literal(value)
            case "boolean" if value in ("true", "false"):
                return Literal(value == "true")
            case "integer" | "long" | "short" | "double" | "float" | "decimal":
                return self._number(value, whole=kind in ("integer", "long", "short"))
            case "list":
                return self._listed(self.items("value"))
            case "xdmobject" if value == "profile":
                return syntax.Parameter(1)
        raise self.problem(f"{shown(value)} is no literal of the type “{kind[:40]}”.", "value")

    def _number(self, value: Any, *, whole: bool) -> Literal:
        if whole and type(value) is int and abs(value) < _SMALL:
            return Literal(value)  # nearly all, and lists may be long
        try:
            number = read_number(value)
        except ValueProblem as problem:
            raise self.problem(str(problem)[:200], "value") from None
        if not whole:
            return Literal(number)
        if number != number.to_integral_value():
            raise self.problem(f"{number} is not a whole number.", "value")
        return Literal(int(number))

    def _listed(self, values: list[Any]) -> Expression:
        return syntax.ListOf(tuple(self._plain(one, place) for place, one in enumerate(values)))

    def _plain(self, value: Any, place: int) -> Expression:
        if isinstance(value, dict):
            return self.of(value, f"value/{place}")
        if isinstance(value, str):
            return Literal(kept(value, self, f"value/{place}"))
        if isinstance(value, bool):
            return Literal(value)
        if isinstance(value, int | float | Decimal):
            return self._number(value, whole=isinstance(value, int))
        raise self.problem(f"{shown(value)} can't be in a list.", f"value/{place}")

    def list_of(self) -> Expression:
        return syntax.ListOf(self.each("items"))

    def map_of(self) -> Expression:
        keys, values = self.items("keys"), self.each("values")
        if len(keys) != len(values) or not all(isinstance(key, str) for key in keys):
            raise self.problem("Give as many texts as there are values.", "keys")
        known = [kept(key, self, f"keys/{place}") for place, key in enumerate(keys)]
        return syntax.MapOf(tuple(zip(known, values, strict=True)))

    def parameter(self) -> Expression:
        if self.node.get("position") not in (1, "1"):
            raise self.problem("An audience asks for one profile. Give 1.", "position")
        return syntax.Parameter(1)

    def variable_reference(self) -> Expression:
        name = self.text("varName")
        if self.scope.means_item(name) or name in self.scope.variables:
            return syntax.Name(name)
        if name == _PROFILE:
            return syntax.Parameter(1)
        known = ", ".join(sorted(self.scope.variables))[:200] or "none"
        problem = f"There is no variable “{name[:40]}” here. Known here: {known}."
        raise self.problem(problem, "varName")

    def field(self) -> Expression:
        name = self.text("fieldName")
        levels = self._levels()
        if levels and is_identifier(name):
            return syntax.Outer(levels, name)
        object = self.inner("object")
        if self._is_at_hand(object) and self.scope.stands_for_itself(name):
            return syntax.Name(name)
        if is_identifier(name):
            return syntax.Field(object, name)
        return syntax.Call("get", (Literal(name),), object)

    def _levels(self) -> int:
        """How many arrays further out the item is whose field is looked up."""
        object = self.node.get("object")
        name = object.get("varName") if isinstance(object, dict) else None
        if isinstance(name, str) and name and not name.strip("^"):
            return len(name) if len(name) < self.scope.items else 0
        return 0

    def _is_at_hand(self, object: Expression) -> bool:
        """Whether a bare name would be a field of this object."""
        if self.scope.items:
            return isinstance(object, syntax.Name) and self.scope.means_item(object.name)
        return isinstance(object, syntax.Parameter)

    def function(self) -> Expression:
        names = self.names("varNames")
        return syntax.Lambda(names, self.inner("body", self.scope.binding(*names)))

    def let(self) -> Expression:
        name, value = self.variable(), self.inner("value")
        return syntax.Let(name, value, self.inner("body", self.scope.binding(name)))

    def quantification(self) -> Expression:
        quantifier = self.text("quantifier")
        if quantifier not in ("some", "all"):
            raise self.problem("Give some or all.", "quantifier")
        bindings, _ = self._declared()
        return syntax.Quantified("exists" if quantifier == "some" else "forall", bindings)

    def select(self) -> Expression:
        return syntax.Quantified("select", self._declared()[0])

    def aggregation(self) -> Expression:
        kind = self.text("fnName")
        if kind not in ("sum", "average", "min", "max"):
            raise self.problem("Give sum, average, min or max.", "fnName")
        bindings, scope = self._declared()
        over = self.inner("over", scope) if "over" in self.node else None
        return syntax.Aggregate(kind, over, bindings)  # type: ignore[arg-type]

    def _declared(self) -> tuple[tuple[syntax.Binding, ...], Scope]:
        scope, bindings = self.scope, []
        for place, declared in enumerate(self._variables()):
            inner = _Node(declared, f"{self.path}/variables/{place}", scope, self.depth + 1)
            bindings.append(inner.declaration())
            scope = scope.binding(bindings[-1].name)
        return tuple(bindings), scope

    def _variables(self) -> list[Any]:
        found = self.items("variables")
        if not 1 <= len(found) <= MOST_VARIABLES:
            raise self.problem(f"Give 1 to {MOST_VARIABLES} variables.", "variables")
        return found

    def declaration(self) -> syntax.Binding:
        name, source = self.variable(), self.inner("range" if "range" in self.node else "from")
        where = None
        if self.node.get("where") is not None:
            where = self.inner("where", self.scope.binding(name))
        return syntax.Binding(name, source, where)

    # Functions

    def apply(self) -> Expression:
        if "function" in self.node:
            return self._filtered()
        name = self.text("fnName")
        count = len(self.items("params"))
        if name in ("and", "or"):
            return self._joined(name)
        if name in ("not", "!"):
            return syntax.Not(*self.exactly(1))
        if name == "-" and count == 1:
            return syntax.Negative(*self.exactly(1))
        if name in _INFIX:
            left, right = self.exactly(2)
            self._check_pattern(name, (right,))
            return syntax.Binary(name, left, right)
        if name == "[]":
            return self._index()
        if name == "occurs":
            return self.occurs()
        if name in _TIME_WORDS and not count:
            return syntax.TimeWord(name)
        if name in _PERIODS and count == 1:
            return syntax.Period(name, self.unit("params/0", *self.exactly(1)))  # type: ignore[arg-type]
        return self._call(name, count)

    def _joined(self, name: str) -> Expression:
        parts = self.each("params")
        if not parts:
            raise self.problem(f"Give {name} one or more params.", "params")
        if len(parts) == 1:
            return parts[0]
        return syntax.And(parts) if name == "and" else syntax.Or(parts)

    def _index(self) -> Expression:
        params = self.items("params")
        if len(params) != 2:
            raise self.problem("Give an array and a condition on its items.", "params")
        return syntax.Index(
            self.of(params[0], "params/0"), self.of(params[1], "params/1", self.scope.of_each())
        )

    def _call(self, name: str, count: int) -> Expression:
        method = name in METHODS
        wrong = complaint(name, count - 1 if method else count, method=method)
        if wrong:
            raise self.problem(wrong, "fnName")
        params = self.items("params")
        object = self.of(params[0], "params/0") if method else None
        call = syntax.Call(name, (), object)
        given = enumerate(params[1:] if method else params)
        offset = 1 if method else 0
        arguments = tuple(
            self.of(one, f"params/{place + offset}", self._scope_of(call, place, one))
            for place, one in given
        )
        self._check_pattern(name, arguments)
        return syntax.Call(name, arguments, object)

    def _scope_of(self, call: syntax.Call, place: int, argument: Any) -> Scope:
        given_a_function = isinstance(argument, dict) and argument.get("nodeType") == "lambda"
        of_each = is_of_each(call, place) and not given_a_function
        return self.scope.of_each() if of_each else self.scope

    def _check_pattern(self, name: str, arguments: tuple[Expression, ...]) -> None:
        match arguments:
            case (Literal(str() as pattern), *_) if name in ("matches", "regexGroup", "like"):
                try:
                    patterns.check(name, pattern)
                except ValueProblem as problem:
                    raise self.problem(str(problem), "params/1") from None

    # The form of 2019: a set of conditions and of what each variable ranges over

    def set_of(self) -> Expression:
        """All of the conditions; those after a variable, over the items that it ranges over."""
        scope, parts, bindings = self.scope, list[Expression](), list[syntax.Binding]()
        for place, one in enumerate(self._variables()):
            inner = _Node(one, f"{self.path}/variables/{place}", scope, self.depth + 1)
            if inner.text("nodeType") == "varDecl":
                bindings.append(inner.declaration())
                scope = scope.binding(bindings[-1].name)
            elif bindings:
                bindings[-1] = _also(bindings[-1], inner.read())
            else:
                parts.append(inner.read())
        if bindings:
            parts.append(syntax.Quantified("select", tuple(bindings)))
        return parts[0] if len(parts) == 1 else syntax.And(tuple(parts))

    def _filtered(self) -> Expression:
        """A function made on the spot, applied to an array: those of its items that it admits."""
        params = self.items("params")
        if len(params) != 1:
            raise self.problem("Give one array.", "params")
        source = self.of(params[0], "params/0")
        made = _Node(self.node["function"], f"{self.path}/function", self.scope, self.depth + 1)
        declared = made.items("params")
        if made.text("nodeType") != "fnCreate" or len(declared) != 1:
            raise made.problem("Give an fnCreate of one param.")
        name = _Node(declared[0], f"{made.path}/params/0", self.scope, made.depth + 1).variable()
        body = made.inner("body", self.scope.binding(name))
        return syntax.Call("filter", (syntax.Lambda((name,), body),), source)


def _also(binding: syntax.Binding, condition: Expression) -> syntax.Binding:
    both = condition if binding.where is None else syntax.And((binding.where, condition))
    return replace(binding, where=both)


_NODES: dict[str, Callable[[_Node], Expression]] = {
    "fnApply": _Node.apply,
    "fieldLookup": _Node.field,
    "parameterReference": _Node.parameter,
    "literal": _Node.literal,
    "varRef": _Node.variable_reference,
    "lambda": _Node.function,
    "chain": _Node.chain,
    "select": _Node.select,
    "quantification": _Node.quantification,
    "set": _Node.set_of,
    "aggregation": _Node.aggregation,
    "let": _Node.let,
    "list": _Node.list_of,
    "map": _Node.map_of,
}
