"""What a rule means that another language has no words for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from audiences.rules.tree import Rule

Said = TypeVar("Said")


class Unsayable(ValueError):
    """A rule that a language can't say: ``reasons``, each a sentence about one part of it."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(dict.fromkeys(reasons))
        super().__init__(" ".join(self.reasons))


def each_said(say: Callable[[Rule], Said], rules: Iterable[Rule]) -> tuple[Said, ...]:
    """Each of the rules as ``say`` says it.

    :raises Unsayable: with the reasons of all that can't be said.
    """
    found: list[Said] = []
    reasons: list[str] = []
    for rule in rules:
        try:
            found.append(say(rule))
        except Unsayable as unsayable:
            reasons += unsayable.reasons
    if reasons:
        raise Unsayable(reasons)
    return tuple(found)
