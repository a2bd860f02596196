"""Why an import was refused, in words for the one who started it. Nothing was changed then."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class ImportRefused(Exception):
    """The import changed nothing; the message says why, and what would be right."""


class UnreadableFile(ImportRefused):
    """The file as a whole can't be read as CSV: what it seems to be, and how to convert it."""


class WrongHeader(ImportRefused):
    """The first row doesn't name the columns as it should."""


class Problem(NamedTuple):
    """What is wrong in one cell, or (``column`` empty) in one whole row."""

    line: int  # of the file, on which the row begins; the header is line 1
    column: str
    value: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = f"line {self.line}"
        if self.column:
            place += f", {self.column} “{self.value}”" if self.value else f", {self.column}"
        return f"{place}: {self.problem}; {self.remedy}"


class BadRows(ImportRefused):
    """Some rows can't be imported, and nobody said to skip them."""

    def __init__(self, count: int, first: list[Problem], report: Path | None) -> None:
        self.count = count  # rows, each counted once however much is wrong in it
        self.first = first  # at most ten
        self.report = report
        wrong = "1 row is not as it" if count == 1 else f"{count:,} rows are not as they"
        super().__init__(f"{wrong} should be, so nothing was imported.")


class Cancelled(ImportRefused):
    """Raised by a ``progress`` to stop the import."""

    def __init__(self) -> None:
        super().__init__("The import was cancelled.")


class TooManyRemoved(ImportRefused):
    """A list would lose more than the share that may go without asking."""

    def __init__(self, name: str, *, listed: int, removed: int, share: float) -> None:
        self.name = name
        self.listed = listed  # before
        self.removed = removed
        self.share = share  # that may go, of 1
        super().__init__(
            f"This would take {removed:,} of the {listed:,} off “{name}”: "
            f"{removed / listed:.0%}, where up to {share:.0%} go without asking. "
            "Look whether the file is whole, then confirm."
        )
