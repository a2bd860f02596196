"""PQL's functions of texts. Each is false where a side is null.

Scalars are taken as they are written; of an array some item is enough. Patterns are those of RE2,
which takes time in proportion to the text whatever the pattern says, and match anywhere in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from audiences.rules.operators.text import text_of
from audiences.rules.pql.patterns import is_too_long
from audiences.rules.pql.values import Value

Comparison = Callable[[str, str], bool]

_POSITIVE: dict[str, Comparison] = {
    "equals": str.__eq__,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
}
NEGATIVES = {
    "notEqualTo": "equals",
    "doesNotStartWith": "startsWith",
    "doesNotEndWith": "endsWith",
    "doesNotContain": "contains",
}
COMPARISONS = frozenset({*_POSITIVE, *NEGATIVES})


def compared(name: str, left: Value, right: Value, case_sensitive: Value) -> bool:
    """A comparison of texts; without regard to case where that is false."""
    wanted = text_of(right)
    if left is None or wanted is None:
        return False
    fold = case_sensitive is False
    if fold:
        wanted = wanted.casefold()
    compare = _POSITIVE[NEGATIVES.get(name, name)]
    items = left if isinstance(left, list) else (left,)
    texts = (text_of(item) for item in items)
    held = any(
        text is not None and compare(text.casefold() if fold else text, wanted) for text in texts
    )
    return held is not (name in NEGATIVES)


def compared_with_any(name: Value, left: Value, wanted: Value, case_sensitive: Value) -> bool:
    """``stringCompare``: as ``compared`` with one of several texts, or for a negative with none."""
    if name not in COMPARISONS or left is None or wanted is None:
        return False
    answers = [
        compared(name, left, one, case_sensitive)
        for one in (wanted if isinstance(wanted, list) else (wanted,))
    ]
    return all(answers) if name in NEGATIVES else any(answers)


def like(left: Value, pattern: Value) -> bool:
    """The whole text against a pattern: ``%`` stands for any letters, ``_`` for one."""
    if left is None or not isinstance(pattern, str) or is_too_long(pattern):
        return False
    expression = as_expression(pattern)
    return _some(left, lambda text: _found(text, expression))


@lru_cache(1024)
def as_expression(pattern: str) -> str:
    """The regular expression that says what ``like`` does."""
    meant = {"%": ".*", "_": "."}
    return f"(?s)^{''.join(meant.get(one) or _quoted(one) for one in pattern)}$"


def _quoted(letter: str) -> str:
    return letter if letter.isalnum() or not letter.isascii() else f"\\x{ord(letter):02x}"


def matches(left: Value, pattern: Value) -> bool:
    """Whether the pattern is found in the text. A pattern that none can read finds nothing."""
    if left is None or not isinstance(pattern, str) or is_too_long(pattern):
        return False
    return _some(left, lambda text: _found(text, pattern))


def _some(value: Value, holds: Callable[[str], bool]) -> bool:
    items = value if isinstance(value, list) else (value,)
    return any((text := text_of(item)) is not None and holds(text) for item in items)


def _found(text: str, pattern: str) -> bool:
    try:
        return bool(pc.match_substring_regex(pa.scalar(text), pattern=pattern).as_py())
    except pa.ArrowInvalid:
        return False


def group(left: Value, pattern: Value, number: Value) -> str | None:
    """What the n-th group of the pattern's first match holds; 0 is the whole match."""
    text = text_of(left)
    if text is None or not isinstance(pattern, str) or is_too_long(pattern) or number is None:
        return None
    groups = _groups(text, pattern)
    return groups[int(number)] if groups and 0 <= number < len(groups) else None


def _groups(text: str, pattern: str) -> Sequence[str | None] | None:
    try:
        found = pc.extract_regex(pa.array([text]), pattern=f"(?P<g>{_named(pattern)})")
    except pa.ArrowInvalid:
        return None
    groups: dict[str, Any] | None = found[0].as_py()
    return None if groups is None else list(groups.values())


# What has parentheses that are none, and the parentheses.
_PARENTHESIS = re.compile(
    r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\(\??", re.DOTALL
)


@lru_cache(1024)
def _named(pattern: str) -> str:
    """The pattern with a name for every group, which Arrow asks for."""
    names = count(1)
    return _PARENTHESIS.sub(
        lambda found: f"(?P<g{next(names)}>" if found[0] == "(" else found[0], pattern
    )
