"""What is wrong with a PQL expression, in one sentence that says where."""

from __future__ import annotations


class PqlError(ValueError):
    """An expression that can't be used. ``str`` of it names the place and says what would be right.

    ``problem`` is the sentence without the place.
    """

    def __init__(self, problem: str, place: str = "") -> None:
        self.problem = problem
        super().__init__(f"{place}: {problem}" if place else problem)


class PqlTextError(PqlError):
    """At a line and column of a text, both from 1. ``found`` and ``expected`` are in words."""

    def __init__(
        self, problem: str, line: int, column: int, *, found: str = "", expected: str = ""
    ) -> None:
        self.line, self.column, self.found, self.expected = line, column, found, expected
        super().__init__(problem, f"Line {line}, column {column}")


class PqlTreeError(PqlError):
    """At a node of pql/json: ``path`` is a JSON pointer to it, empty for the whole."""

    def __init__(self, problem: str, path: str) -> None:
        self.path = path
        super().__init__(problem, f"At {path}" if path else "")
