"""When a rule's answers may change although no fact does."""

from __future__ import annotations

from audiences.rules import fields
from audiences.rules.operators import Moves, operator_of
from audiences.rules.tree import Condition, Rule, leaves


def moves(rule: Rule) -> Moves:
    """The most restless of the rule's conditions."""
    found = {_leaf_moves(leaf) for leaf in leaves(rule) if isinstance(leaf, Condition)}
    return max(found, key=list(Moves).index, default=Moves.NEVER)


def _leaf_moves(condition: Condition) -> Moves:
    field = fields.get(condition.field)
    moves = operator_of(condition, field).moves(condition.value)
    return Moves.BY_DAY if moves == Moves.NEVER and field.by_day else moves
