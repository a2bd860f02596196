"""No expression, on whatever data, takes a worker for long: it is answered, or says why not."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from audiences.rules.pql.asked import Asked, TooMuchWork
from audiences.rules.pql.program import program
from audiences.rules.pql.text import parse
from audiences.rules.pql.times import Now

NOW = Now.at(datetime.datetime(2026, 3, 18, 15, 30, tzinfo=datetime.UTC))


def _nested(depth: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(depth):
        nested = [nested]
    return nested


DATA = {
    "metadata.numbers": [Decimal(one) for one in range(3000)],
    "metadata.items": [{"parts": [{"v": Decimal(one)} for one in range(50)]} for _ in range(300)],
    "metadata.text": "x" * 1_000_000,
    "metadata.texts": ["x" * 1000] * 3000,
    "metadata.nested": _nested(5000),
}


def _ask(text: str) -> bool:
    made = program(parse(text))
    return made.ask(Asked(made.slots, NOW).of([DATA[read] for read in made.reads]))


@pytest.mark.parametrize(
    "text",
    [
        "(exists X from numbers, Y from numbers where X + Y > 1000000)",
        "(forall X from numbers, Y from numbers where X + Y >= 0)",
        "(sum X over X from numbers, Y from numbers) > 1",
        "numbers.map(^numbers.map(this + 1).sum()).sum() > 1",
        "items.map(parts.map(^parts.count()).sum()).sum() > 1",
        "numbers[^numbers.includes(this)].count() > 1",
        "let x = numbers.map(^numbers) in (x.map(x) = x.map(x))",
        "numbers.map(^numbers.distinct().count()).max() > 1",
        'texts.map(this.matches("(x+x+)+y")).count() > 1',
        'stringCompare("contains", text, texts, false)',
        "nested = nested",
        "nested.distinct().count() = 1",
        f"numbers.filter({' and '.join(['this >= 0'] * 1000)}).count() > 1",
        f"(exists X from numbers where {' and '.join(['X >= 0'] * 1000)} and X < 0)",
        f"(sum {'+'.join(['X'] * 90)} over X from numbers, Y from [1, 2, 3]) > 1",
        'texts.map(this.matches("\\\\pL{100}")).count() > 1',
        'texts.map(this.matches("(\\\\pL?\\\\pN){50}")).count() > 1',
        'texts.map(this.matches("[^\\\\pL]{50}")).count() > 1',
    ],
)
def test_what_takes_too_long_says_so(text: str) -> None:
    with pytest.raises(TooMuchWork, match="steps for one member"):
        _ask(text)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('text.matches("(x+x+)+y")', False),
        ('text like "%x%x%x%x%y"', False),
        ('text.regexGroup("(x*)*y", 1).isNull()', True),
        ('texts.topN(1, 1000).filter(this.matches("^x{3}-?[0-9]*(x+|y)")).count() = 1000', True),
        ("text like text or text.matches(text) or text.regexGroup(text, 0).isNotNull()", False),
        ("numbers.sum() * 1E20 * 1E20 > 1", True),
        ("numbers.map(this * 1E40 / 1E-40 * 1E40).count() = 3000", True),
        ("9999999999999 % 1E-20 = 1", False),
        ("date(99999, 1, 1).isNull() and date(2026, 2, 30).isNull()", True),
        ("date(2026, 1, 1) occurs <= 1000000000 millennia before now", True),
        ("date(2026, 1, 1) occurs last millennium", False),
    ],
)
def test_what_looks_dear_is_answered(text: str, held: bool) -> None:
    assert _ask(text) is held
