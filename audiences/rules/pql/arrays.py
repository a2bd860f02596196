"""PQL's functions of arrays, each in steps in proportion to their lengths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from audiences.rules.operators.text import text_of
from audiences.rules.pql.values import Entry, Value, calculated, key


def items_of(value: Value) -> list[Value] | None:
    """The items of an array, the values of a map; what is neither counts as an array of itself."""
    if value is None or isinstance(value, list):
        return value
    return list(value.values()) if isinstance(value, dict) else [value]


def field_of(value: Value, name: str) -> Value:
    """``value.name``; of an array the array of what its items have there."""
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list):
        found = [item[name] for item in _flat(value) if isinstance(item, dict) and name in item]
        return found or None
    return None


def _flat(items: Iterable[Value]) -> Iterable[Value]:
    for item in items:
        if isinstance(item, list):
            yield from item
        else:
            yield item


def intersects(left: Sequence[Value], right: Sequence[Value]) -> bool:
    return not {key(item) for item in left}.isdisjoint(key(item) for item in right)


def intersection(left: Sequence[Value], right: Sequence[Value]) -> list[Value] | None:
    """What is in both, each once; null where nothing is."""
    known = {key(item) for item in right}
    return [item for item in distinct(left) if key(item) in known] or None


def subset_of(left: Sequence[Value], right: Sequence[Value]) -> bool:
    return {key(item) for item in left} <= {key(item) for item in right}


def superset_of(left: Sequence[Value], right: Sequence[Value]) -> bool:
    return subset_of(right, left)


def distinct(items: Sequence[Value]) -> list[Value]:
    return list({key(item): item for item in reversed(items)}.values())[::-1]


def head(items: Sequence[Value]) -> Value:
    return items[0] if items else None


def ranked(
    items: Sequence[Value], ranks: Sequence[Value], count: Value, *, highest: bool
) -> list[Value] | None:
    """The ``count`` items of the highest ranks, or of the lowest, in that order.

    Those whose rank is no number have no place.
    """
    if not isinstance(count, Decimal):
        return None
    placed = [
        (rank, item) for rank, item in zip(ranks, items, strict=True) if isinstance(rank, Decimal)
    ]
    placed.sort(key=lambda one: one[0], reverse=highest)
    return [item for _, item in placed[: max(0, int(count))]]


def grouped(items: Sequence[Value], keys: Sequence[Value]) -> dict[str, list[Value]]:
    """A map from each key, as a text, to the items of it; those without are in none."""
    groups: dict[str, list[Value]] = {}
    for item, found in zip(items, keys, strict=True):
        name = text_of(found)
        if name is not None:
            groups.setdefault(name, []).append(item)
    return groups


def gathered(made: list[Value]) -> Value:
    """What ``map`` gives: of entries a map."""
    if made and all(isinstance(one, Entry) for one in made):
        return {one.key: one.value for one in made}
    return made


def summed(values: Iterable[Value]) -> Decimal | None:
    total: Decimal | None = Decimal(0)
    for number in _numbers(values):
        total = None if total is None else calculated("+", total, number)
    return total


def averaged(values: Iterable[Value]) -> Decimal | None:
    numbers = _numbers(values)
    total = summed(numbers)
    if total is None or not numbers:
        return None
    return calculated("/", total, Decimal(len(numbers)))


def lowest(values: Iterable[Value]) -> Decimal | None:
    return min(_numbers(values), default=None)


def highest(values: Iterable[Value]) -> Decimal | None:
    return max(_numbers(values), default=None)


def _numbers(values: Iterable[Value]) -> list[Decimal]:
    return [value for value in values if isinstance(value, Decimal)]


AGGREGATES: dict[str, Callable[[Iterable[Value]], Decimal | None]] = {
    "sum": summed,
    "average": averaged,
    "min": lowest,
    "max": highest,
}
