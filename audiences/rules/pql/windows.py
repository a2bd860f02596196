"""``occurs`` over a whole column: the window is the same for all, and two comparisons answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiences.rules import fields
from audiences.rules.columns import SINCE, Mask
from audiences.rules.pql import profile, syntax
from audiences.rules.pql.asked import Asked
from audiences.rules.pql.moments import Frame, frame
from audiences.rules.pql.program import Compiler, Scope
from audiences.rules.pql.syntax import Expression
from audiences.rules.pql.values import DAY


def of(expression: Expression) -> tuple[str, Frame] | None:
    """The column and the window of an ``occurs`` that has one of each."""
    if not isinstance(expression, syntax.Occurs):
        return None
    scope = Scope()
    path = scope.path(expression.moment)
    if not path or path[0] in (profile.EVENTS, profile.SEGMENTS):
        return None
    place = profile.place_of(path)
    if place.rest or place.reads.startswith("metadata") or place.made is not profile.as_it_is:
        return None
    compiler = Compiler({})
    try:
        found = frame(compiler, expression.when, scope)
    except KeyError:  # it asks for a segment
        return None
    return (place.reads, found) if found.lasting and not compiler.reads else None


def scale_of(read: str) -> int:
    """How many microseconds one of the column's whole numbers stands for."""
    is_date = not read.startswith(SINCE) and fields.get(read).kind == fields.Kind.DATE
    return DAY if is_date else 1


def held(frame: Frame, asked: Asked, moments: NDArray[np.int64], present: Mask) -> Mask:
    """Which of the moments the window holds; notes when that changes."""
    window = frame.window(asked)
    if window is None:
        return np.zeros(len(moments), np.bool_)
    first, last = window
    now = asked.now.moment
    if frame.last_moves:
        coming = moments[present & (moments > last)]
        if len(coming):
            asked.changes(now + int(coming.min()) - last)
    if frame.first_moves:
        going = moments[present & (moments >= first)]
        if len(going):
            asked.changes(now + int(going.min()) - first + 1)
    if frame.uneven and (frame.first_moves or frame.last_moves):
        asked.changes(asked.now.midnight)
    inside = (moments >= first) & (moments <= last)
    return np.asarray(present & (inside != frame.turned))
