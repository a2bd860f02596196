"""One membership asked of 1,000 rules of three conditions, against ``flagsmith-flag-engine``.

    pip install -r benchmarks/requirements.txt
    python -m benchmarks.one_membership [--rules 1000] [--rounds 200]

Both are given the rules in their own form and the membership's facts in memory (the engine: its
traits). The conditions are such as the engine can say: numbers compared, texts equal, in a list or
containing another. The engine is asked segment by segment, as its ``get_evaluation_result`` does.
Every answer must be the same in both.
"""

from __future__ import annotations

import argparse
import datetime
import random
import statistics
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from benchmarks.database import scratch_database
from benchmarks.measure import in_turn, machine

_COUNTRIES = ("US", "NL", "DE", "FR", "GB", "BE", "AT", "ES", "IT", "PL")
_NAMES = ("sophia", "emma", "noah", "liam", "garcia", "smith", "jansen", "novak", "silva", "kim")
_TRAITS = ("country", "tier", "points")  # in our metadata
_OURS = {
    "GREATER_THAN_INCLUSIVE": "greater_or_equal",
    "LESS_THAN": "less",
    "EQUAL": "equals",
    "IN": "in",
    "CONTAINS": "contains",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rules", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    with scratch_database():
        measure(options.rules, options.rounds)


def measure(rules: int, rounds: int) -> None:
    from flag_engine.segments.evaluator import is_context_in_segment

    from audiences.rules import document
    from audiences.rules.program import Program

    draw = random.Random(11)
    drawn = [
        (draw.choice(("all", "any")), [_condition(draw) for _ in range(3)]) for _ in range(rules)
    ]
    ours = [document.read({kind: [_ours(one) for one in parts]}) for kind, parts in drawn]
    segments = [_theirs(place, kind, parts) for place, (kind, parts) in enumerate(drawn)]
    program = Program(ours, {})
    literals = [program.literal(rule) for rule in ours]
    people = [_person(draw) for _ in range(50)]
    facts = [_facts(traits) for traits in people]
    contexts: list[Any] = [
        {
            "environment": {"key": "e", "name": "e"},
            "identity": {"identifier": "i", "key": "i", "traits": traits},
        }
        for traits in people
    ]

    def by_engine(place: int) -> list[bool]:
        return [is_context_in_segment(contexts[place], segment) for segment in segments]

    def by_program(place: int) -> list[bool]:
        answers = program.ask(facts[place])
        return [literal.holds(answers) for literal in literals]

    for place in range(len(people)):
        if by_engine(place) != by_program(place):
            raise RuntimeError(f"The answers differ for {people[place]}")
    places = [draw.randrange(len(people)) for _ in range(rounds)]
    asked, engine = in_turn([lambda place: program.ask(facts[place]), by_engine], places)
    ours_took, engine_took = statistics.median(asked), statistics.median(engine)
    print(machine())
    print(f"rules {rules} of three conditions, members {len(people)}, rounds {rounds}, medians")
    print(f"flag engine {engine_took * 1e6:9.0f} µs")
    print(f"program     {ours_took * 1e6:9.0f} µs   {engine_took / ours_took:.1f} × faster")


def _condition(draw: random.Random) -> tuple[str, str, Any]:
    return draw.choice(
        (
            ("total_orders", "GREATER_THAN_INCLUSIVE", draw.randint(1, 99)),
            ("total_order_value", "LESS_THAN", draw.randint(1, 4999)),
            ("points", "GREATER_THAN_INCLUSIVE", draw.randint(1, 9999)),
            ("country", "EQUAL", draw.choice(_COUNTRIES)),
            ("country", "IN", draw.sample(_COUNTRIES, 3)),
            ("tier", "EQUAL", draw.choice(("gold", "silver", "bronze"))),
            ("full_name", "CONTAINS", draw.choice(_NAMES)),
        )
    )


def _ours(condition: tuple[str, str, Any]) -> dict[str, Any]:
    name, operator, value = condition
    field = f"metadata.{name}" if name in _TRAITS else name
    asked = {"field": field, "operator": _OURS[operator], "value": value}
    # the engine compares texts as they are written
    return asked if isinstance(value, int) else {**asked, "case_sensitive": True}


def _theirs(place: int, kind: str, parts: list[tuple[str, str, Any]]) -> Any:
    conditions = [
        {
            "property": name,
            "operator": operator,
            "value": value if isinstance(value, list) else str(value),
        }
        for name, operator, value in parts
    ]
    rule = {"type": kind.upper(), "conditions": conditions}
    return {"key": str(place), "name": f"Rule {place}", "rules": [rule]}


def _person(draw: random.Random) -> dict[str, Any]:
    return {
        "total_orders": draw.randint(0, 100),
        "total_order_value": draw.randint(0, 5000),
        "points": draw.randint(0, 10_000),
        "country": draw.choice(_COUNTRIES),
        "tier": draw.choice(("gold", "silver", "bronze")),
        "full_name": f"{draw.choice(_NAMES)} {draw.choice(_NAMES)}",
    }


def _facts(traits: dict[str, Any]) -> Any:
    from audiences.rules.clock import Clock
    from audiences.rules.facts import Facts

    now = datetime.datetime.now(datetime.UTC)
    metadata = {name: traits[name] for name in _TRAITS}
    values = {
        "id": uuid4(),
        "external_id": "member",
        "email": None,
        "phone": None,
        "full_name": traits["full_name"],
        "birthday": None,
        "total_orders": traits["total_orders"],
        "total_order_value": Decimal(traits["total_order_value"]),
        "last_order_at": None,
        "created_at": now,
        "updated_at": now,
        "metadata": {**metadata, "points": Decimal(traits["points"])},
    }
    return Facts(values, (), Clock(now, ZoneInfo("UTC")))


if __name__ == "__main__":
    main()
