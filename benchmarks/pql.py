"""Expressions of PQL: read and compiled, and answered for many members.

    python -m benchmarks.pql [--memberships 1000000]

First how long it takes to parse and compile one. Then each expression is worked out over all
members, beside the rule of the rule language that says the same, where one does: both from the
database, in turn, medians of three; their counts must agree.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import time
from typing import Any

from benchmarks.database import scratch_database
from benchmarks.measure import in_turn, machine
from benchmarks.population import fill

TYPICAL = (
    'totalOrders > 5 and (workAddress.country = "US" or metadata.tier in ["gold", "platinum"]) '
    'and lastOrderAt occurs <= 30 days before now and not inSegment("s-3")'
)
RICH = (
    "exists O from orders where O.price > 20 and O.lines[quantity > 1].sum(price) > totalOrderValue"
    " / totalOrders"
)


def _is(field: str, operator: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value, **more}


EXPRESSIONS: list[tuple[str, dict[str, Any] | None]] = [
    ("totalOrders > 20", _is("total_orders", "greater", 20)),
    (
        'metadata.country in ["US", "NL"]',
        _is("metadata.country", "in", ["US", "NL"], case_sensitive=True),
    ),
    ('email.contains("5@")', _is("email", "contains", "5@", case_sensitive=True)),
    ("metadata.points > 5000", _is("metadata.points", "greater", 5000)),
    (
        "lastOrderAt occurs < 30 days before now",
        _is("last_order_at", "within_last", {"amount": 720, "unit": "hour"}),
    ),
    ("birthday.getMonth() = 6", _is("birthday_month", "equals", 6)),
    ("totalOrderValue > totalOrders * 10", None),
    ("totalOrderValue / totalOrders > 50", None),
    ('fullName like "A%a%1_"', None),
    ("metadata.points % 100 + totalOrders > 120", None),
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--memberships", type=int, default=1_000_000)
    options = parser.parse_args()
    with scratch_database():
        for name, text in (("typical", TYPICAL), ("rich", RICH)):
            print(f"parse and compile, {name}: {_compiled(text):.2f} ms  {text}")
        _answered(options.memberships)
        print(machine())


def _compiled(text: str) -> float:
    """Milliseconds, the median of a hundred; the grammar itself has been made before."""
    from audiences.rules.pql.text import parse
    from audiences.rules.pql.translate import rule_of
    from audiences.rules.program import Program

    taken = []
    for _ in range(101):
        start = time.perf_counter()
        Program([_named(rule_of(parse(text)))], {})
        taken.append(1e3 * (time.perf_counter() - start))
    return statistics.median(taken[1:])


def _named(rule: Any) -> Any:
    from audiences.rules.evaluate import resolve

    return resolve(rule, {})


def _answered(memberships: int) -> None:
    from audiences.rules import document
    from audiences.rules.pql.text import parse
    from audiences.rules.pql.translate import rule_of
    from audiences.services import read_meanings, work_out

    space = fill(memberships)
    meanings = read_meanings(space)
    at = datetime.datetime.now(datetime.UTC)

    def members(rule: Any) -> int:
        return len(work_out(space=space, meanings=meanings, rules=[rule], at=at)[0])

    for text, same in EXPRESSIONS:
        rule = _named(rule_of(parse(text)))
        (ours,) = in_turn([members], [rule] * 3)
        took = statistics.median(ours)
        said = f"{took:7.3f} s {1e6 * took / memberships:6.2f} µs each"
        if same is not None:
            other = document.read(same)
            (theirs,) = in_turn([members], [other] * 3)
            if members(rule) != members(other):
                raise RuntimeError(f"{text} holds {members(rule)}, the rule {members(other)}")
            ratio = took / statistics.median(theirs)
            said += f" {ratio:5.2f} × the rule's {statistics.median(theirs):.3f} s"
        print(f"{said:60} {text}")


if __name__ == "__main__":
    main()
