"""PQL's comparisons and plain functions, of values that have been worked out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from audiences.rules.operators.text import text_of
from audiences.rules.pql.asked import Ask, Asked
from audiences.rules.pql.moments import part_of_today
from audiences.rules.pql.texts import compared_with_any, like, matches
from audiences.rules.pql.times import day_of
from audiences.rules.pql.values import Entry, Value, equal, number_beside, same

ORDERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": Decimal.__lt__,
    "<=": Decimal.__le__,
    ">": Decimal.__gt__,
    ">=": Decimal.__ge__,
}


def ordered(order: Callable[[Decimal, Decimal], bool], left: Ask, right: Ask) -> Ask:
    def ask(asked: Asked) -> Value:
        first, second = left(asked), right(asked)
        if isinstance(first, list):
            asked.spend(len(first))
            numbers = [(item, number_beside(item, second)) for item in first]
            return any(other is not None and order(item, other) for item, other in numbers)
        if isinstance(second, list):
            asked.spend(len(second))
            others = [number_beside(first, item) for item in second]
            return any(other is not None and order(first, other) for other in others)
        other = number_beside(first, second)
        return other is not None and order(first, other)

    return ask


def compared(comparison: Callable[[Value, Value], bool], left: Ask, right: Ask) -> Ask:
    is_pattern = comparison in (like, matches)

    def ask(asked: Asked) -> Value:
        first, second = left(asked), right(asked)
        if first is None or second is None:
            return False
        asked.spend_on(first)
        asked.spend_on(second)
        if is_pattern:
            asked.spend_on_pattern(first, second)
        return comparison(first, second)

    return ask


def _in(value: Value, items: Value) -> bool:
    wanted = items if isinstance(items, list) else (items,)
    return any(item is not None and same(value, item) for item in wanted)


COMPARISONS: dict[str, Callable[[Value, Value], bool]] = {
    "=": equal,
    "!=": lambda left, right: not equal(left, right),
    "in": _in,
    "notIn": lambda left, right: not _in(left, right),
    "like": like,
    "matches": matches,
}


def _date(arguments: Sequence[Ask]) -> Ask:
    def ask(asked: Asked) -> Value:
        numbers = [argument(asked) for argument in arguments]
        if not all(isinstance(one, Decimal) and abs(one) < 10_000 for one in numbers):
            return None
        return day_of(*map(int, numbers))

    return ask


def _string_compare(arguments: Sequence[Ask]) -> Ask:
    def ask(asked: Asked) -> Value:
        name, left, wanted, *case = (argument(asked) for argument in arguments)
        for one in wanted if isinstance(wanted, list) else (wanted,):
            asked.spend_on(left)
            asked.spend_on(one)
        return compared_with_any(name, left, wanted, case[0] if case else True)

    return ask


def _entry(arguments: Sequence[Ask]) -> Ask:
    name, value = arguments

    def ask(asked: Asked) -> Value:
        key = text_of(name(asked))
        return None if key is None else Entry(key, value(asked))

    return ask


FUNCTIONS: dict[str, Callable[[Sequence[Ask]], Ask]] = {
    "date": _date,
    "stringCompare": _string_compare,
    "mapEntry": _entry,
    "currentYear": lambda _: part_of_today("year"),
    "currentMonth": lambda _: part_of_today("month"),
    "currentDayOfMonth": lambda _: part_of_today("day"),
}
