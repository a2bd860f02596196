"""The words of PQL: its functions, and how many arguments each takes; units; keywords."""

from __future__ import annotations

import re
from difflib import get_close_matches

Counts = tuple[int, int]  # fewest and most

FUNCTIONS: dict[str, Counts] = {
    "if": (3, 3),
    "date": (3, 3),
    "currentYear": (0, 0),
    "currentMonth": (0, 0),
    "currentDayOfMonth": (0, 0),
    "inSegment": (1, 1),
    "mapEntry": (2, 2),
    "stringCompare": (3, 4),
}

METHODS: dict[str, Counts] = {
    "isNull": (0, 0),
    "isNotNull": (0, 0),
    "startsWith": (1, 2),
    "doesNotStartWith": (1, 2),
    "endsWith": (1, 2),
    "doesNotEndWith": (1, 2),
    "contains": (1, 2),
    "doesNotContain": (1, 2),
    "equals": (1, 2),
    "notEqualTo": (1, 2),
    "matches": (1, 1),
    "regexGroup": (2, 2),
    "includes": (1, 1),
    "intersects": (1, 1),
    "intersection": (1, 1),
    "subsetOf": (1, 1),
    "supersetOf": (1, 1),
    "distinct": (0, 0),
    "head": (0, 0),
    "topN": (2, 2),
    "bottomN": (2, 2),
    "filter": (1, 1),
    "map": (1, 1),
    "groupBy": (1, 1),
    "count": (0, 0),
    "sum": (0, 1),
    "average": (0, 1),
    "min": (0, 1),
    "max": (0, 1),
    "get": (1, 1),
    "keys": (0, 0),
    "values": (0, 0),
    "getYear": (0, 0),
    "getMonth": (0, 0),
    "getDayOfMonth": (0, 0),
}


_UNITS = [
    "millisecond",
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "year",
    "decade",
    "century",
    "millennium",
]
UNITS: dict[str, str] = {  # each as it may be written, and its singular
    **{unit: unit for unit in _UNITS},
    **{f"{unit}s": unit for unit in _UNITS},
    "centuries": "century",
    "millennia": "millennium",
}

MOST_VARIABLES = 20  # of one select, exists, forall or sum

KEYWORDS = ("and", "or", "not", "in", "notIn", "like", "matches", "occurs", "true", "false")

# Bare words that other languages have and PQL hasn't: as fields they would be missing, silently.
FOREIGN = {
    **dict.fromkeys(
        ("null", "NULL", "Null"),
        "There is no null in PQL. Write field.isNull() or field.isNotNull().",
    ),
    **dict.fromkeys(("TRUE", "True"), "Write true, in small letters."),
    **dict.fromkeys(("FALSE", "False"), "Write false, in small letters."),
}
_RESERVED = {*KEYWORDS, *FOREIGN, "over", "where", "from", "let"}
_TIME_WORDS = {"now", "today", "yesterday", "tomorrow"}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_identifier(name: str) -> bool:
    """Whether it can stand after a dot."""
    return bool(_IDENTIFIER.fullmatch(name))


def is_bare_name(name: str) -> bool:
    """Whether it can stand alone and be a name."""
    return is_identifier(name) and name not in _RESERVED and name not in _TIME_WORDS


def complaint(name: str, count: int, *, method: bool) -> str | None:
    """What is wrong with a call of that name and so many arguments, or None.

    A method's object is not counted.
    """
    known, others = (METHODS, FUNCTIONS) if method else (FUNCTIONS, METHODS)
    if name not in known:
        return _unknown(name, known, others, method)
    fewest, most = known[name]
    if fewest <= count <= most:
        return None
    wanted = f"{fewest} or {most}" if most > fewest else str(fewest or "no")
    plural = "" if most == 1 else "s"
    return f"{name} takes {wanted} argument{plural}, not {count}."


def _unknown(name: str, known: dict[str, Counts], others: dict[str, Counts], method: bool) -> str:
    if name in others:
        right = f"{name}(…)" if method else f"field.{name}(…)"
        return f"{name} does not stand here. Write {right}."
    by_small = {word.lower(): word for word in (*KEYWORDS, *others, *known)}
    near = get_close_matches(name[:40].lower(), by_small, 1)
    hint = f" Did you mean {by_small[near[0]]}?" if near else ""
    return f"There is no function “{name[:40]}”.{hint}"
