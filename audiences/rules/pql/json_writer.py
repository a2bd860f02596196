"""pql/json, written: an expression as a tree of nodes, in compact JSON.

Names are told apart: a variable is a ``varRef``, a field of an array's item one of ``this``, any
other a field of ``parameterReference`` 1. Clients look for a literal's ``value`` as its last key.
"""

from __future__ import annotations

import json
from decimal import Decimal

from audiences.rules.pql import syntax
from audiences.rules.pql.printer import decimal_text
from audiences.rules.pql.scope import ITEM, Scope, is_of_each
from audiences.rules.pql.syntax import Expression, Literal

PROFILE = '{"nodeType":"parameterReference","position":1}'


def to_json(expression: Expression) -> str:
    """The JSON of an expression: ``read_json`` gives one that means the same."""
    return _node(expression, Scope())


def _node(expression: Expression, scope: Scope) -> str:
    match expression:
        case Literal(value):
            return _literal(value)
        case syntax.ListOf(items) if all(isinstance(item, Literal) for item in items):
            listed = ",".join(_plain(item.value) for item in items if isinstance(item, Literal))
            return f'{{"nodeType":"literal","literalType":"List","value":[{listed}]}}'
        case syntax.ListOf(items):
            return f'{{"nodeType":"list","items":{_nodes(items, scope)}}}'
        case syntax.MapOf(pairs):
            keys = ",".join(_quoted(key) for key, _ in pairs)
            values = _nodes(tuple(value for _, value in pairs), scope)
            return f'{{"nodeType":"map","keys":[{keys}],"values":{values}}}'
        case syntax.TimeWord(word):
            return _apply(word)
        case syntax.Period(which, unit):
            return _apply(which, _literal(unit))
        case syntax.And(parts):
            return _apply("and", *(_node(part, scope) for part in parts))
        case syntax.Or(parts):
            return _apply("or", *(_node(part, scope) for part in parts))
        case syntax.Not(part):
            return _apply("not", _node(part, scope))
        case syntax.Negative(part):
            return _apply("-", _node(part, scope))
        case syntax.Binary(operator, left, right):
            return _apply(operator, _node(left, scope), _node(right, scope))
        case syntax.Occurs(moment, when):
            return _apply("occurs", _node(moment, scope), _when(when, scope))
        case syntax.Call():
            return _call(expression, scope)
        case syntax.Index(object, index):
            return _apply("[]", _node(object, scope), _node(index, scope.of_each()))
        case syntax.Name() | syntax.Parameter() | syntax.Outer() | syntax.Field():
            return _lookup(expression, scope)
        case _:
            return _binding_form(expression, scope)


def _lookup(expression: Expression, scope: Scope) -> str:
    match expression:
        case syntax.Parameter():
            return PROFILE
        case syntax.Name(name) if name in scope.variables:
            return _variable(name)
        case syntax.Name(name) if name == ITEM:
            return _variable(ITEM) if scope.items else PROFILE
        case syntax.Name(name):
            return _field(name, _variable(ITEM) if scope.items else PROFILE)
        case syntax.Outer(levels, name):
            outer = _variable("^" * levels) if levels < scope.items else PROFILE
            return _field(name, outer)
        case syntax.Field(object, name):
            return _field(name, _node(object, scope))
    raise TypeError(f"{expression!r} looks nothing up")


def _call(call: syntax.Call, scope: Scope) -> str:
    arguments = [
        _node(argument, _scope_of_argument(call, place, scope))
        for place, argument in enumerate(call.arguments)
    ]
    receiver = [] if call.object is None else [_node(call.object, scope)]
    return _apply(call.name, *receiver, *arguments)


def _scope_of_argument(call: syntax.Call, place: int, scope: Scope) -> Scope:
    given_a_function = isinstance(call.arguments[place], syntax.Lambda)
    return scope.of_each() if is_of_each(call, place) and not given_a_function else scope


def _binding_form(expression: Expression, scope: Scope) -> str:
    match expression:
        case syntax.Lambda(names, body):
            return _lambda(names, _node(body, scope.binding(*names)))
        case syntax.Let(name, value, body):
            given, inner = _node(value, scope), _node(body, scope.binding(name))
            return f'{{"nodeType":"let","varName":{_quoted(name)},"value":{given},"body":{inner}}}'
        case syntax.Quantified("select", bindings):
            variables, _ = _variables(bindings, scope)
            return f'{{"nodeType":"select","variables":{variables}}}'
        case syntax.Quantified(kind, bindings):
            variables, _ = _variables(bindings, scope)
            quantifier = "some" if kind == "exists" else "all"
            return (
                f'{{"nodeType":"quantification","quantifier":"{quantifier}",'
                f'"variables":{variables}}}'
            )
        case syntax.Aggregate(kind, over, bindings):
            variables, inner_scope = _variables(bindings, scope)
            subject = "" if over is None else f'"over":{_node(over, inner_scope)},'
            return (
                f'{{"nodeType":"aggregation","fnName":"{kind}",{subject}"variables":{variables}}}'
            )
        case syntax.Chain():
            return _chain(expression, scope)
    raise TypeError(f"{expression!r} is no expression of PQL")


def _variables(bindings: tuple[syntax.Binding, ...], scope: Scope) -> tuple[str, Scope]:
    """The declarations, and the scope in which all of them are known."""
    declared = []
    for binding in bindings:
        source = _node(binding.source, scope)
        scope = scope.binding(binding.name)
        where = "" if binding.where is None else f',"where":{_node(binding.where, scope)}'
        name = _quoted(binding.name)
        declared.append(f'{{"nodeType":"varDecl","varName":{name},"from":{source}{where}}}')
    return f"[{','.join(declared)}]", scope


def _chain(chain: syntax.Chain, scope: Scope) -> str:
    timestamp = _lambda((ITEM,), _field(chain.timestamp, _variable(ITEM)))
    elements = ",".join(_element(step, scope.of_each()) for step in chain.steps)
    return (
        f'{{"nodeType":"chain","array":{_node(chain.source, scope)},'
        f'"timestampField":{timestamp},"elements":[{elements}]}}'
    )


def _element(step: syntax.Step, scope: Scope) -> str:
    when = "" if step.when is None else f',"when":{_when(step.when, scope)}'
    what = _lambda((ITEM,), _node(step.what, scope))
    return f'{{"name":{_quoted(step.name)},"what":{what}{when}}}'


def _when(when: syntax.When, scope: Scope) -> str:
    match when:
        case syntax.On(anchor):
            return _apply("on", _node(anchor, scope))
        case syntax.Between(first, last):
            return _apply("between", _node(first, scope), _node(last, scope))
        case syntax.Beside(direction, anchor):
            return _apply(direction, _node(anchor, scope))
        case syntax.Distance(operator, amount, unit, direction, anchor):
            beside = _apply(direction, _node(anchor, scope))
            return _apply(operator, _literal(amount), _literal(unit), beside)


def _nodes(expressions: tuple[Expression, ...], scope: Scope) -> str:
    return f"[{','.join(_node(one, scope) for one in expressions)}]"


def _apply(name: str, *params: str) -> str:
    return f'{{"nodeType":"fnApply","fnName":{_quoted(name)},"params":[{",".join(params)}]}}'


def _field(name: str, object: str) -> str:
    return f'{{"nodeType":"fieldLookup","fieldName":{_quoted(name)},"object":{object}}}'


def _variable(name: str) -> str:
    return f'{{"nodeType":"varRef","varName":{_quoted(name)}}}'


def _lambda(names: tuple[str, ...], body: str) -> str:
    listed = ",".join(_quoted(name) for name in names)
    return f'{{"nodeType":"lambda","varNames":[{listed}],"body":{body}}}'


def _literal(value: str | bool | int | Decimal) -> str:
    kind = {str: "String", bool: "Boolean", int: "Integer", Decimal: "Double"}[type(value)]
    return f'{{"nodeType":"literal","literalType":"{kind}","value":{_plain(value)}}}'


def _plain(value: str | bool | int | Decimal) -> str:
    match value:
        case str():
            return _quoted(value)
        case bool():
            return "true" if value else "false"
        case Decimal():
            return decimal_text(value)
        case _:
            return str(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
