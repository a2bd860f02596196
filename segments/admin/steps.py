"""The line that says at which step of a job one is, and which are behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Step(NamedTuple):
    """What ``templates/admin/steps.html`` draws."""

    number: int
    name: str
    is_done: bool
    is_current: bool


def steps(names: Sequence[str], current: int) -> list[Step]:
    """The steps of these names, of which the one at the place ``current`` is to be done now."""
    return [
        Step(place + 1, name, place < current, place == current) for place, name in enumerate(names)
    ]
