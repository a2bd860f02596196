"""Judges a CSV file's bytes, while they pass, for whether the database would read them rightly.

PostgreSQL's COPY reads a CSV file several times faster than Python can, but takes a quote anywhere
in a cell for the beginning of a quoted text: ``5" pipe`` would swallow what follows, unnoticed. A
file whose quotes all stand where they should is *plain*: COPY and Python's csv module read it
alike. Any other is read row by row, in Python.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

_QUOTE, _BLANK, _TAB = b'" \t'
_LINE_ENDS = tuple(b"\r\n")
_LONGEST_QUOTED = 1_000_000  # bytes; the database would keep more in memory until it ends
Bytes: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.uint8]]"


class NotPlain(Exception):
    """The file is to be read row by row."""


class PlainCheck:
    """Takes a file chunk by chunk; says at once when it is not plain."""

    def __init__(self, separator: str) -> None:
        self.padded = False  # whether a cell may begin or end with blanks
        self._before = b"\n"  # the last byte of the chunk before
        self._quotes = 0
        self._since_quote = 0
        self._bounds = np.zeros(256, bool)  # what may stand before and after a quoted text
        self._bounds[[*separator.encode(), *b'\r\n"']] = True

    def take(self, chunk: bytes) -> None:
        """Judge the next bytes.

        :raises NotPlain: when a quote stands where none should, or is not closed for long, or a
            ``\\.`` might be alone in its line, which ends the data for COPY before PostgreSQL 18.
        """
        seen = self._before + chunk
        self._before = seen[-1:]
        if b"\\" in seen and b"\\." in seen:
            raise NotPlain
        values = np.frombuffer(seen, np.uint8)
        if b'"' in seen:
            self._judge_quotes(values)
            self._since_quote = 0
        self._since_quote += len(chunk)
        if self._quotes % 2 and self._since_quote > _LONGEST_QUOTED:
            raise NotPlain
        self.padded = self.padded or self._has_padding(seen, values)

    def end(self) -> None:
        """Judge the end.

        :raises NotPlain: when a quoted text is still open.
        """
        self.padded = self.padded or self._before in (b" ", b"\t")
        if self._quotes % 2:
            raise NotPlain

    def _judge_quotes(self, seen: Bytes) -> None:
        """Every second quote closes what the one before it opened. Two in a row stand for one
        within the text; for being neighbours, quotes are among the bounds."""
        quotes = np.flatnonzero(seen[1:] == _QUOTE) + 1
        opens = (np.arange(len(quotes)) + self._quotes) % 2 == 0
        opening, closing = quotes[opens], quotes[~opens]
        if seen[0] == _QUOTE and self._quotes % 2:
            opening = np.append(0, opening)  # the chunk before ended with it
        within = np.append(opening[opening + 1 < len(seen)] + 1, closing - 1)
        self.padded = self.padded or bool(np.isin(seen[within], _LINE_ENDS).any())
        if seen[0] == _QUOTE and self._quotes and self._quotes % 2 == 0:
            closing = np.append(0, closing)  # the chunk before ended with it
        self._quotes += len(quotes)
        if not (
            self._bounds[seen[quotes[opens] - 1]].all()
            and self._bounds[seen[closing[closing + 1 < len(seen)] + 1]].all()
        ):
            raise NotPlain

    def _has_padding(self, seen: bytes, values: Bytes) -> bool:
        if b"\xa0" in seen and b"\xc2\xa0" in seen:  # a no-break space
            return True
        blanks = np.flatnonzero((values == _BLANK) | (values == _TAB))
        if self._bounds[_TAB]:
            blanks = blanks[values[blanks] == _BLANK]
        before, after = blanks[blanks > 0] - 1, blanks[blanks + 1 < len(values)] + 1
        return bool(self._bounds[values[before]].any() or self._bounds[values[after]].any())
