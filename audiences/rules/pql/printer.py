"""pql/text, written: with the fewest parentheses that are right."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import IntEnum

from audiences.rules.pql import syntax
from audiences.rules.pql.syntax import Expression, Literal


class Level(IntEnum):
    """How tightly a form holds together; looser ones inside tighter ones need parentheses."""

    EXPRESSION = 0  # let, lambdas and what binds names: they take all that follows
    OR = 1
    AND = 2
    NOT = 3
    COMPARISON = 4
    ADDITIVE = 5
    PRODUCT = 6
    UNARY = 7
    POSTFIX = 8


_OPERATORS = {
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "in", "notIn", "like", "matches"), 4),
    **dict.fromkeys("+-", 5),
    **dict.fromkeys("*/%", 6),
}
# Words that a time can't begin with, and letters that the subject of a sum must.
_TIME_KEYWORDS = re.compile(r"(between|before|after|on)\b")
_SUBJECT = re.compile(r'[A-Za-z_$^("0-9]')


def to_text(expression: Expression) -> str:
    """The text of an expression: ``parse`` gives the expression again."""
    return _at(expression, Level.EXPRESSION)


def _at(expression: Expression, level: Level | int) -> str:
    """The text where at least this level is needed."""
    own, text = _printed(expression)
    return text if own >= level else f"({text})"


def _printed(expression: Expression) -> tuple[Level | int, str]:
    match expression:
        case Literal(value):
            return (Level.UNARY if _is_negative(value) else Level.POSTFIX), _literal(value)
        case syntax.Or(parts):
            return Level.OR, " or ".join(_at(part, Level.AND) for part in parts)
        case syntax.And(parts):
            return Level.AND, " and ".join(_at(part, Level.NOT) for part in parts)
        case syntax.Not(part):  # as the language's own pages write it
            return Level.NOT, f"not {_at(part, Level.POSTFIX)}"
        case syntax.Binary(operator, left, right):
            level = _OPERATORS[operator]
            first = level + 1 if level == Level.COMPARISON else level  # comparisons don't chain
            return level, f"{_at(left, first)} {operator} {_at(right, level + 1)}"
        case syntax.Occurs(moment, when):
            return Level.COMPARISON, f"{_at(moment, Level.ADDITIVE)} occurs {_when(when)}"
        case syntax.Negative(part):
            return Level.UNARY, f"-{_at(part, Level.UNARY)}"
        case syntax.Let() | syntax.Lambda() | syntax.Quantified() | syntax.Aggregate():
            return Level.EXPRESSION, _binding_form(expression)
        case _:
            return Level.POSTFIX, _postfix(expression)


def _postfix(expression: Expression) -> str:
    match expression:
        case syntax.TimeWord(word) | syntax.Name(word):
            return word
        case syntax.Period(which, unit):
            return f"{which} {unit}"
        case syntax.ListOf(items):
            return f"[{_listed(items)}]"
        case syntax.MapOf(pairs):
            return f"{{{', '.join(f'{_quoted(key)}: {to_text(value)}' for key, value in pairs)}}}"
        case syntax.Parameter(position):
            return f"${position}"
        case syntax.Outer(levels, name):
            return f"{'^' * levels}{name}"
        case syntax.Field(object, name):
            return f"{_at(object, Level.POSTFIX)}.{name}"
        case syntax.Index(object, index):
            return f"{_at(object, Level.POSTFIX)}[{to_text(index)}]"
        case syntax.Call(name, arguments, object):
            receiver = "" if object is None else f"{_at(object, Level.POSTFIX)}."
            return f"{receiver}{name}({_listed(arguments)})"
        case syntax.Chain(source, timestamp, steps):
            listed = ", ".join(_step(step) for step in steps)
            return f"CHAIN({to_text(source)}, {timestamp}, [{listed}])"
    raise TypeError(f"{expression!r} is no expression of PQL")


def _binding_form(expression: Expression) -> str:
    match expression:
        case syntax.Let(name, value, body):
            return f"let {name} = {_at(value, Level.ADDITIVE)} in {to_text(body)}"
        case syntax.Lambda(names, body):
            return f"({', '.join(names)}) => {to_text(body)}"
        case syntax.Quantified(kind, bindings):
            return f"{kind} {_bindings(bindings)}"
        case syntax.Aggregate(kind, None, bindings):
            return f"{kind} {_bindings(bindings)}"
        case syntax.Aggregate(kind, over, bindings) if over is not None:
            subject = _at(over, Level.ADDITIVE)
            subject = subject if _SUBJECT.match(subject) else f"({subject})"
            return f"{kind} {subject} over {_bindings(bindings)}"
    raise TypeError(f"{expression!r} binds no names")


def _bindings(bindings: tuple[syntax.Binding, ...]) -> str:
    return ", ".join(
        f"{binding.name} from {_at(binding.source, Level.ADDITIVE)}"
        + ("" if binding.where is None else f" where {_at(binding.where, Level.OR)}")
        for binding in bindings
    )


def _step(step: syntax.Step) -> str:
    window = "" if step.when is None else f" WHEN({_when(step.when)})"
    return f"{step.name}: WHAT({to_text(step.what)}){window}"


def _when(when: syntax.When) -> str:
    match when:
        case syntax.On(anchor):
            text = _time(anchor)
            return f"({text})" if _TIME_KEYWORDS.match(text) else text
        case syntax.Between(first, last):
            return f"between {_time(first)} and {_time(last)}"
        case syntax.Beside(direction, anchor):
            return f"{direction} {_time(anchor)}"
        case syntax.Distance(operator, amount, unit, direction, anchor):
            units = unit if amount == 1 else _PLURALS.get(unit, f"{unit}s")
            return f"{operator} {amount} {units} {direction} {_time(anchor)}"


_PLURALS = {"century": "centuries", "millennium": "millennia"}


def _time(anchor: Expression) -> str:
    return _at(anchor, Level.ADDITIVE)


def _listed(items: tuple[Expression, ...]) -> str:
    return ", ".join(to_text(item) for item in items)


def _is_negative(value: str | bool | int | Decimal) -> bool:
    return not isinstance(value, str) and value < 0


def _literal(value: str | bool | int | Decimal) -> str:
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
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def decimal_text(number: Decimal) -> str:
    """A number that is read as a fraction again, whole or not: 7.0, 0.25, 2.02E+30."""
    plain, short = f"{number:f}", str(number.normalize())
    if len(plain) > 20 and "E" in short:
        return short
    return plain if "." in plain else f"{plain}.0"
