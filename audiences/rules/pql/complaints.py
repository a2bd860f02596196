"""What is wrong with a text, for those who wrote it: what was found, what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from audiences.rules.pql.errors import PqlTextError
from audiences.rules.pql.signatures import KEYWORDS, UNITS

if TYPE_CHECKING:
    from lark import UnexpectedInput

# What terminals of the grammar are, in words. A group whose first terminal is expected is said,
# and then those in its last column are not: they are part of it.
_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "_BETWEEN",
        "a time such as today or <= 3 days before now",
        ("TEXT", "DIRECTION", "NAME", "NUMBER", "LPAR", "LSQB", "EQUAL"),
    ),
    ("TEXT", "a value", ("IN", "NAME", "WORD", "NUMBER", "LPAR", "LSQB")),
    ("PLUS", "an operator", ("IN", "_AND", "LSQB", "LPAR", "_OVER", "__ANON_0")),
    ("DIRECTION", "before, after or from", ()),
    ("NUMBER", "a number", ()),
    ("NAME", "a name", ()),
    ("WORD", "a name", ()),
    ("IN", "“in”", ()),
    ("_AND", "“and”", ()),
    ("EQUAL", "“=”", ()),
    ("_OVER", "“over”", ()),
    ("_FROM", "“from”", ()),
    ("_WHAT", "“WHAT”", ()),
    ("COMMA", "a comma", ()),
    ("LPAR", "“(”", ()),
    ("RPAR", "“)”", ()),
    ("LSQB", "“[”", ()),
    ("RSQB", "“]”", ()),
    ("RBRACE", "“}”", ()),
    ("COLON", "a colon", ()),
    ("$END", "the end", ()),
)
_AFTER_A_COMPARISON = "“and”, “or” or the end"
_QUOTES = 'Texts stand between straight double quotation marks: "…".'
_INSTEAD = {
    "&": "Write and.",
    "|": "Write or.",
    **dict.fromkeys("'’‘“”", _QUOTES),
    "@": "Context data (@{…}) is known in offer decisioning only.",
}
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_WORD = re.compile(r"\w+|.", re.DOTALL)
_COMPARISON = re.compile(r"[=<>]|!=|(in|notIn|like|matches|occurs)\b")
_OTHER = re.compile(r"a (value|name|number)|“(and|from|=)”")  # than the end of a comparison


def explained(unexpected: UnexpectedInput, text: str) -> PqlTextError:
    """The error in words."""
    place = place_of(unexpected, text)
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    if text.startswith('"', place) and not _TEXT.match(text, place):
        problem = "The text that begins here has no closing quotation mark."
        return PqlTextError(problem, line, column, found='"', expected="a closing quotation mark")
    found, expected = _found(text, place), _expected(unexpected)
    hint = _hint(text, place)
    if _COMPARISON.match(text, place) and not hint and not _OTHER.search(expected):
        expected, hint = _AFTER_A_COMPARISON, "Comparisons are joined by and, not chained."
    problem = (
        f"{found} stands where {expected} should."
        if found
        else f"The text ends where {expected} should stand."
    )
    return PqlTextError(
        f"{problem} {hint}".rstrip(), line, column, found=found or "the end", expected=expected
    )


def place_of(unexpected: UnexpectedInput, text: str) -> int:
    """Where the text stops making sense; its length, without blanks, is its end."""
    end, place = len(text.rstrip()), unexpected.pos_in_stream
    token = getattr(unexpected, "token", None)
    if place is None or getattr(token, "type", "") == "$END":
        return end  # the end has no place of its own
    return min(place, end)


def _found(text: str, place: int) -> str:
    """What stands there; nothing at the end."""
    found = _TEXT.match(text, place) or _WORD.match(text.rstrip(), place)
    word = found[0] if found else ""
    return word and f"“{word[:40]}{'…' if len(word) > 40 else ''}”"


def _expected(unexpected: UnexpectedInput) -> str:
    known = set(unexpected.interactive_parser.accepts())  # type: ignore[no-untyped-call]
    if "_AND" in known and "_OR" not in known:
        return "“and”"  # between's own
    groups = []
    for terminal, words, parts in _GROUPS:
        if terminal in known:
            groups.append(words)
            known.difference_update(parts, ("EQUAL",) if parts else ())
    return one_of(dict.fromkeys(groups))


def one_of(words: Iterable[str]) -> str:
    """``a, b or c``."""
    listed = list(words)
    return " or ".join(filter(None, (", ".join(listed[:-1]), *listed[-1:])))


def _hint(text: str, place: int) -> str:
    here, before = text[place : place + 1], text[:place].rstrip()
    if here == "=" and before.endswith("="):
        return "Write one = to compare."
    if here == ">" and before.endswith("<"):
        return "Write != for “is not”."
    if here in _INSTEAD:
        return _INSTEAD[here]
    found = _WORD.match(text, place)
    word = found[0] if found else ""
    if not word.isascii():
        return 'Names have the letters a to z; other keys of an object are asked by .get("…").'
    if word.lower() in KEYWORDS and word not in KEYWORDS:
        return f"Write {word.lower()}, in small letters."
    return _unit_hint(word, before) if word.isalpha() else ""


def _unit_hint(word: str, before: str) -> str:
    """What was meant where a length of time should stand."""
    if not re.search(r"(\d|\b(this|last|next))$", before[-10:]):
        return ""
    if word in UNITS:
        return f"Write an operator before the number, such as <= 3 {word} before now."
    near = get_close_matches(word[:40], UNITS, 1)
    return f"“{word[:40]}” is not a unit of time. Did you mean {near[0]}?" if near else ""
