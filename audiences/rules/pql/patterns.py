"""How long a regular expression takes to be made ready, often longer than to look for it:
a class of Unicode's letters takes a millisecond, for each time that it is repeated.
"""

from __future__ import annotations

import re
from functools import lru_cache

from audiences.rules.operators import ValueProblem
from audiences.rules.operators.base import LONGEST_TEXT
from audiences.rules.operators.text import read_pattern

_BEGIN = 20  # steps
_LETTER, _CLASS, _OF_UNICODE = 1, 4, 2_000  # in quarters of a step
_REPETITION = 4  # times what is repeated, for each time
_TOKEN = re.compile(
    r"(?P<of_unicode>\\[pP](?:\{\^?\w*\}|\w))|\\."
    r"|(?P<class>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\.)"
    r"|\{(?P<least>\d{1,4})(?:,(?P<most>\d{0,4}))?\}|.",
    re.DOTALL,
)


def check(function: str, pattern: str) -> None:
    """:raises ValueProblem: the function can't read the pattern."""
    if function != "like":
        read_pattern(pattern)
    elif is_too_long(pattern):
        raise ValueProblem(f"The pattern is too long. Give at most {LONGEST_TEXT} letters.")


def is_too_long(pattern: str) -> bool:
    return len(pattern) > LONGEST_TEXT


def steps_of(pattern: str) -> int:
    """None is made ready that is too long: it finds nothing."""
    return _BEGIN if is_too_long(pattern) else _BEGIN + _weight(pattern) // 4


@lru_cache(1024)
def _weight(pattern: str) -> int:
    """In quarters of a step. What is repeated counts as often as it may be."""
    outer, last = [0], 0
    for found in _TOKEN.finditer(pattern):
        if found[0] == "(":
            outer.append(0)
            last = 0
        elif found[0] == ")" and len(outer) > 1:
            last = outer.pop()
            outer[-1] += last
        elif found["least"]:
            times = _REPETITION * max(int(found["least"]), int(found["most"] or 0))
            outer[-1] += last * times
            last *= times
        else:
            last = _weight_of(found)
            outer[-1] += last
    return sum(outer)


def _weight_of(found: re.Match[str]) -> int:
    if found["of_unicode"]:
        return _OF_UNICODE
    classes = found["class"] or ""
    return (_CLASS if classes else _LETTER) + _OF_UNICODE * len(re.findall(r"\\[pP]", classes))
