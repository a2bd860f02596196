"""The published examples of PQL, and those derived from what is published, with their answers."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from audiences.rules import columns, evaluate
from audiences.rules.clock import Clock
from audiences.rules.facts import loads, look_up, read_facts
from audiences.rules.pql import profile
from audiences.rules.pql.asked import Asked
from audiences.rules.pql.program import SINCE, program
from audiences.rules.pql.times import Now
from audiences.rules.pql.translate import asks, rule_of
from audiences.rules.pql.values import Moment, Value, moment_of
from audiences.rules.program import Program
from audiences.rules.tree import InSegment
from audiences.types import ConfigurationError, registry
from audiences.types.pql import READERS
from segments.models import Membership, Segment, SegmentMembership, Space

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text())
IN_FORCE = ("realized", "existing")
_FIELDS = {name: field for name, field in profile.FIELDS.items() if name != "id"}
_MOMENTS = ("last_order_at", "created_at", "updated_at")


def _is_for_a_membership(vector: Mapping[str, Any]) -> bool:
    """Whether there can be a membership such as the vector's: none is without a number of orders,
    and none has events."""
    return vector["needs"] != "events" and not (
        "totalOrders" in vector["expression"] and "totalOrders" not in vector["profile"]
    )


def _named(vectors: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "vector",
        [
            pytest.param(one, id=f"{VECTORS.index(one)}: {one['expression'].strip()[:60]}")
            for one in vectors
        ],
    )


ANSWERED = [vector for vector in VECTORS if vector["expected"] != "error"]
REFUSED = [vector for vector in VECTORS if vector["expected"] == "error"]


@pytest.mark.django_db
@_named([vector for vector in ANSWERED if _is_for_a_membership(vector)])
def test_a_membership_gets_the_answer_by_columns_singly_and_compiled(
    space: Space, vector: dict[str, Any]
) -> None:
    now = datetime.datetime.fromisoformat(vector["now"])
    names, numbers = _segments(space, vector["profile"])
    person = _membership(space, vector["profile"], names)
    rule = evaluate.resolve(rule_of(READERS[vector["format"]](vector["expression"])), names)
    wanted = columns.Wanted(evaluate.sources([rule]), list(numbers.values()))
    chunk = columns.read_numbers(
        space=space.pk, wanted=wanted, clock=Clock(now, space.zone), numbers=[person.pk]
    )
    facts, _ = read_facts(space=space, membership=person.id, at=now)
    held = evaluate.ColumnAnswers(chunk, numbers).members(rule)
    assert (person.pk in held) is vector["expected"]
    assert evaluate.holds(rule, facts, numbers) is vector["expected"]
    compiled = Program([rule], numbers)
    assert compiled.literal(rule).holds(compiled.ask(facts)) is vector["expected"]


def _segments(space: Space, known: Mapping[str, Any]) -> tuple[dict[str, Any], dict[Any, int]]:
    made = {
        name: Segment.objects.create(space=space, short_code=name, name=name)
        for name in known.get("segmentMembership", {}).get("ups", {})
    }
    names = {name: InSegment(segment.id) for name, segment in made.items()}
    return names, {segment.id: segment.pk for segment in made.values()}


def _membership(
    space: Space, known: Mapping[str, Any], names: Mapping[str, InSegment]
) -> Membership:
    values = {_FIELDS[name]: value for name, value in known.items() if name in _FIELDS}
    for name in _MOMENTS:
        if name in values:
            values[name] = _moment(values[name])
    if "birthday" in values:
        values["birthday"] = datetime.date.fromisoformat(values["birthday"])
    rest = {*_FIELDS, "segmentMembership", "metadata"}
    metadata = {name: value for name, value in known.items() if name not in rest}
    values["metadata"] = {**metadata, **known.get("metadata", {})}
    person = Membership.objects.create(space=space, **{"external_id": "C-1", **values})
    for name, place in known.get("segmentMembership", {}).get("ups", {}).items():
        if place["status"] in IN_FORCE:
            segment = Segment.objects.get(space=space, id=names[name].segment)
            row = SegmentMembership.objects.create(space=space, segment=segment, membership=person)
            since = place.get("lastQualificationTime")
            if since:
                SegmentMembership.objects.filter(pk=row.pk).update(created_at=_moment(since))
    return person


def _moment(value: Any) -> datetime.datetime | None:
    known = moment_of(Decimal(value) if isinstance(value, int) else value)
    if known is None:
        return None
    return datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(
        microseconds=known
    )


@_named(ANSWERED)
def test_whoever_is_as_described_gets_the_answer_events_and_all(vector: dict[str, Any]) -> None:
    """Asked of the profile itself: also of one that no membership can be."""
    known = loads(json.dumps(vector["profile"]))
    expression = READERS[vector["format"]](vector["expression"])
    places = known.get("segmentMembership", {}).get("ups", {})
    assumed = tuple(
        (name, places.get(name, {}).get("status") in IN_FORCE) for name in asks(expression).names
    )
    made = program(expression, assumed)
    now = Now.at(datetime.datetime.fromisoformat(vector["now"]))
    values = [_value(read, known) for read in made.reads]
    assert made.ask(Asked(made.slots, now).of(values)) is vector["expected"]


def _value(read: str, known: Mapping[str, Any]) -> Value:
    if read.startswith(SINCE):
        return known["segmentMembership"]["ups"][read.removeprefix(SINCE)]["lastQualificationTime"]
    if read == profile.EVENTS:
        return known.get(read, [])
    if read == "metadata":
        return known.get("metadata")
    if read.startswith("metadata."):
        rest = {**known, **known.get("metadata", {})}
        return look_up(rest, tuple(read.removeprefix("metadata.").split(".")))
    value = known.get(next(name for name, field in profile.FIELDS.items() if field == read))
    moment = moment_of(value) if read in (*_MOMENTS, "birthday") else None
    return value if moment is None else Moment(moment)


@_named(REFUSED)
def test_what_is_no_expression_is_refused_with_its_place(vector: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        registry.get("pql").clean({"expression": {"value": vector["expression"]}})
    assert refused.value.problems.keys() == {("expression", "value")}
    assert "Line 1, column" in str(refused.value)
