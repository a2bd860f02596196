"""Definition queries, written: what is written is read as the same."""

from __future__ import annotations

from decimal import Decimal

from audiences.rules.definition_query.syntax import (
    And,
    Argument,
    Chain,
    Comparison,
    Expression,
    Length,
    Named,
    Not,
    Or,
)


def write(expression: Expression) -> str:
    """The text of an expression, with no more brackets than are needed."""
    match expression:
        case Or(parts):
            return " OR ".join(_within(part, Or) for part in parts)
        case And(parts):
            return " AND ".join(_within(part, Or, And) for part in parts)
        case Not(part):
            return f"NOT ({write(part)})"
        case Comparison(chain, operator, value):
            return f"{_chain(chain)} {operator} {_argument(value)}"
        case Chain():
            return _chain(expression)


def _within(part: Expression, *bracketed: type) -> str:
    text = write(part)
    return f"({text})" if isinstance(part, bracketed) else text


def _chain(chain: Chain) -> str:
    calls = (f"{call.name}({', '.join(map(_argument, call.arguments))})" for call in chain.calls)
    return ".".join(calls) + (f" as {chain.kind}" if chain.kind else "")


def _argument(argument: Argument) -> str:
    match argument:
        case bool():
            return "true" if argument else "false"
        case str():
            escaped = argument.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
        case Decimal():
            return f"{argument:f}"
        case Length(amount, unit):
            return f"{amount} {unit}{'' if amount == 1 else 's'}"
        case tuple():
            return f"[{', '.join(map(_argument, argument))}]"
        case Named(name, value):
            text = _argument(value)
            return f"{{{name}: {text}}}" if isinstance(value, tuple) else f"{name}: {text}"
        case _:
            return write(argument)
