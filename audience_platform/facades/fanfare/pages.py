"""Pages by cursor: ``first`` after one, ``last`` before one. A cursor is the number of a row."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from pyroaring import BitMap

from audience_platform.facades.fanfare.errors import Invalid, Issue

DEFAULT_SIZE, LARGEST_SIZE = 20, 100
ASKED = ("first", "after", "last", "before", "sortBy", "sortDir")
_HIGHEST = (1 << 32) - 1

Key = tuple[Any, ...]  # by what rows are sorted; the last is the number


class Ordered(Protocol):
    """Keys in ascending order."""

    def __len__(self) -> int: ...

    def below(self, key: Key) -> int:
        """How many are lower than the key."""

    def up_to(self, key: Key) -> int:
        """How many are lower, or the key itself."""

    def keys(self, start: int, end: int) -> list[Key]: ...


class Members:
    """The numbers of a member set."""

    def __init__(self, held: BitMap) -> None:
        self._held = held

    def __len__(self) -> int:
        return len(self._held)

    def below(self, key: Key) -> int:
        return self._held.rank(key[-1] - 1) if key[-1] > 0 else 0

    def up_to(self, key: Key) -> int:
        return self._held.rank(key[-1])

    def keys(self, start: int, end: int) -> list[Key]:
        return [(number,) for number in self._held[start:end]]


class Keys:
    """Keys that are all known."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._keys = sorted(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def below(self, key: Key) -> int:
        return bisect_left(self._keys, key)

    def up_to(self, key: Key) -> int:
        return bisect_right(self._keys, key)

    def keys(self, start: int, end: int) -> list[Key]:
        return self._keys[start:end]


@dataclass(frozen=True)
class Page:
    """The numbers of a page's rows, in their order; and what is said of the page."""

    numbers: list[int]
    info: dict[str, Any]


def page(asked: Mapping[str, str], among: Ordered, *, width: int = 1, down: bool = False) -> Page:
    """The page that is asked for. ``width`` is that of a key; ``down``: from the highest on.

    :raises Invalid: a size or a cursor is wrong.
    """
    first, last = _size(asked, "first"), _size(asked, "last")
    start, end = 0, len(among)
    after, before = _cursor(asked, "after", width), _cursor(asked, "before", width)
    if down:
        after, before = before, after
    if after is not None:
        start = among.up_to(after)
    if before is not None:
        end = min(end, among.below(before))
    end = max(end, start)
    size = (last or DEFAULT_SIZE) if first is None else first
    from_end = (last is not None and first is None) != down
    shown = (max(start, end - size), end) if from_end else (start, min(end, start + size))
    keys = among.keys(*shown)
    earlier, later = shown[0] > 0, shown[1] < len(among)
    if down:
        keys, earlier, later = keys[::-1], later, earlier
    return Page(
        [key[-1] for key in keys],
        {
            "startCursor": _written(keys[0]) if keys else None,
            "endCursor": _written(keys[-1]) if keys else None,
            "hasNextPage": later,
            "hasPreviousPage": earlier,
        },
    )


def _size(asked: Mapping[str, str], name: str) -> int | None:
    given = asked.get(name)
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal() and 1 <= int(given[:9]) <= LARGEST_SIZE):
        wrong = f"Give a number from 1 to {LARGEST_SIZE}."
        raise Invalid(Issue((name,), wrong, given, "number"))
    return int(given)


def _written(key: Key) -> str:
    """Without padding, and in letters that a URL takes as they are: clients put it there so."""
    return urlsafe_b64encode(orjson.dumps(key)).rstrip(b"=").decode()


def _cursor(asked: Mapping[str, str], name: str, width: int) -> Key | None:
    given = asked.get(name)
    if given is None:
        return None
    try:
        key = orjson.loads(urlsafe_b64decode(given + "=" * (-len(given) % 4)))
    except (binascii.Error, ValueError):
        key = None
    if not _is_key(key, width):
        wrong = "Give a cursor of a page that was sorted alike, as it is."
        raise Invalid(Issue((name,), wrong, given))
    return tuple(key)


def _is_key(key: Any, width: int) -> bool:
    if not isinstance(key, list) or len(key) != width:
        return False
    number = key[-1]
    named = all(isinstance(one, str) for one in key[:-1])
    return named and type(number) is int and 0 <= number <= _HIGHEST
