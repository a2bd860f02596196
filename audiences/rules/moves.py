"""When a rule's answers may change although no fact does."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import numpy as np

from audiences.rules import fields
from audiences.rules.clock import EPOCH, microseconds
from audiences.rules.columns import Chunk, Documents, Ordered
from audiences.rules.operators import Moves, operator_of
from audiences.rules.operators.date import moment_of
from audiences.rules.pql import answers
from audiences.rules.tree import Condition, Duration, Pql, Rule, Until, leaves

_HOUR = 3_600_000_000


def next_change(rule: Rule, chunk: Chunk) -> datetime.datetime | None:
    """The first moment after the chunk's at which the clock changes an answer; None: never.

    For what moves by the day, the next midnight; for what moves by the moment, the first time one
    of the chunk's memberships crosses a bound.
    """
    found = [moment for leaf in leaves(rule) for moment in _changes(leaf, chunk)]
    return min(found, default=None)


def _changes(leaf: Rule, chunk: Chunk) -> Iterator[datetime.datetime]:
    if isinstance(leaf, Pql) and (moment := answers.column(leaf, chunk).changes_at):
        yield moment
    if isinstance(leaf, Until) and leaf.moment > chunk.clock.now:
        yield leaf.moment
    if not isinstance(leaf, Condition):
        return
    field = fields.get(leaf.field)
    moves = operator_of(leaf, field).moves(leaf.value)
    if moves == Moves.BY_DAY or field.by_day:
        yield chunk.clock.next_midnight()
    if moves == Moves.BY_MOMENT:
        assert isinstance(leaf.value, Duration)
        moments = _moments(field, chunk)
        hours = leaf.value.amount * _HOUR
        for shift in (0, hours, -hours):  # a fact comes, and goes by so many hours either way
            coming = moments + shift
            coming = coming[coming >= microseconds(chunk.clock.now)]
            if len(coming):
                yield EPOCH + datetime.timedelta(microseconds=int(coming.min()) + 1)


def _moments(field: fields.Field, chunk: Chunk) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    column = field.column(chunk)
    if isinstance(column, Ordered):
        return column.values[column.present]
    assert isinstance(column, Documents)
    known = [moment_of(seen, chunk.clock) for seen in column.distinct]
    return np.array([moment for moment in known if moment is not None], np.int64)
