"""pql/text, read: ``workAddress.country = "US"``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from audiences.rules.pql.builder import Builder
from audiences.rules.pql.errors import PqlError, PqlTextError
from audiences.rules.pql.syntax import Expression, depth, size

if TYPE_CHECKING:
    from lark import Lark

LONGEST = 100_000  # letters
DEEPEST = 100
LARGEST = 20_000  # parts: names, values, operators, functions
FORMAT = "pql/text"


def parse(text: str) -> Expression:
    """The expression that a text says.

    :raises PqlTextError: naming the line and column where it stops making sense.
    :raises PqlError: it is too long, too large or too deep.
    """
    _check_letters(text)
    from lark.exceptions import UnexpectedInput  # with it comes all of lark

    from audiences.rules.pql.complaints import explained

    try:
        expression: Expression = _grammar().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as unexpected:
        raise explained(unexpected, text) from None
    check_bounds(expression)
    return expression


@cache
def _grammar() -> Lark:
    """Made on first use: lark and its tables take a tenth of a second, which few processes need."""
    from lark import Lark

    return Lark(
        Path(__file__).with_name("grammar.lark").read_text(),
        parser="lalr",
        lexer="contextual",
        maybe_placeholders=True,
        transformer=Builder(),
    )


def check_bounds(expression: Expression) -> None:
    """:raises PqlError: it is larger than is kept, or nests deeper than it could be answered."""
    if size(expression) > LARGEST:
        raise PqlError(f"The expression has more than {LARGEST:,} parts. Take some out.")
    if depth(expression) > DEEPEST:
        raise PqlError(f"The expression nests more than {DEEPEST} deep. Take a part out.")


def _check_letters(text: str) -> None:
    if len(text) > LONGEST:
        raise PqlError(f"The expression has {len(text)} letters. Give at most {LONGEST}.")
    for place, letter in enumerate(text if not text.isascii() or "\0" in text else ""):
        if letter == "\0" or "\ud800" <= letter <= "\udfff":
            line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
            problem = f"The character U+{ord(letter):04X} can't be kept. Take it out."
            raise PqlTextError(problem, line, column, found=f"U+{ord(letter):04X}")
