"""What would be otherwise if a membership's facts were: as if they were saved, and nothing is."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audience_platform.models import AuditEvent
from audiences.models import Audience, Listed
from audiences.services import audiences_of, redefine_audience
from audiences.services.define import define_audience, list_by_hand
from audiences.services.own_list import list_of, renew
from audiences.services.what_if import SUPPOSABLE, Supposition, WhatIf, suppose, what_if
from offers import visibility
from offers.models import Offer
from offers.services import aim
from segments.models import ChangedMemberships, Membership, Segment, SegmentMembership, Space
from segments.services import add_members, remove_members, save_row
from tests.audiences.rules.strategies import SEGMENTS, clocks, members, rules

Make = Callable[..., Any]
DAY = datetime.timedelta(days=1)
EXAMPLES = int(os.environ.get("WHAT_IF_EXAMPLES", "15"))


@pytest.fixture
def ask(space: Space) -> Callable[..., WhatIf]:
    def ask(person: Membership, **supposed: Any) -> WhatIf:
        others = {name: supposed.pop(name, None) for name in ("segments", "lists", "at")}
        found = suppose(
            space=space,
            membership=person.id,
            supposition=Supposition(supposed, **others),
            now=timezone.now(),
        )
        return what_if(space=space, supposed=found)

    return ask


def at_least(orders: int) -> dict[str, Any]:
    return {"field": "total_orders", "operator": "greater_or_equal", "value": orders}


def test_a_supposed_fact_moves_a_member_from_one_audience_to_another(
    ask: Make, make_membership: Make, make_audience: Make
) -> None:
    few = make_audience("rules", rule={"not": at_least(5)})
    many = make_audience("rules", rule=at_least(5))
    some = make_audience("rules", rule=at_least(1))
    found = ask(make_membership(total_orders=3), total_orders=9)
    assert found == WhatIf(enters=[many], leaves=[few], stays=[some])


def test_supposing_nothing_changes_nothing(
    ask: Make, make_membership: Make, make_audience: Make
) -> None:
    few = make_audience("rules", rule={"not": at_least(5)})
    assert ask(make_membership()) == WhatIf([], [], [few])


def test_audiences_of_audiences_follow_the_supposed_facts(
    ask: Make, make_membership: Make, make_audience: Make
) -> None:
    many = make_audience("rules", rule=at_least(5))
    others = make_audience("rules", rule={"not": {"in_audience": str(many.id)}})
    found = ask(make_membership(), total_orders=5)
    assert (found.enters, found.leaves) == ([many], [others])


def test_lists_keep_whom_they_list_unless_they_are_supposed_to(
    ask: Make, make_membership: Make, make_audience: Make, make_segment: Make
) -> None:
    guests, crm = make_audience("static", name="Guests"), make_audience("external", name="Crm")
    gold = make_segment("gold")
    golden = make_audience("in_all_segments", segments=[str(gold.id)])
    person = make_membership(list_of(guests))
    assert ask(person, segments=[gold]) == WhatIf([golden], [], [guests])
    found = ask(person, lists=[crm])
    assert (found.enters, found.leaves) == ([crm], [guests])


def test_a_list_that_has_run_out_holds_nobody_then(
    ask: Make, make_membership: Make, make_audience: Make
) -> None:
    crm = make_audience("external", name="Crm")
    now = timezone.now()
    renew(audience=crm, at=now)
    person = make_membership(list_of(crm))
    assert ask(person, at=now + 29 * DAY).stays == [crm]
    assert ask(person, at=now + 31 * DAY).leaves == [crm]


def test_another_moment_is_asked_with_the_facts_as_they_are(
    ask: Make, make_membership: Make, make_audience: Make
) -> None:
    adults = make_audience("age_within", minimum_age=18, maximum_age=None)
    today = timezone.localdate()
    child = make_membership(birthday=today.replace(year=today.year - 17, day=1))
    assert ask(child, at=timezone.now() + 400 * DAY).enters == [adults]


def test_who_is_put_in_or_kept_out_by_hand_stays_so(
    ask: Make, make_membership: Make, make_audience: Make
) -> None:
    many, few = make_audience("rules", rule=at_least(5)), make_audience("rules", rule=at_least(9))
    person = make_membership(total_orders=7)
    list_by_hand(audience=many, memberships=[person.pk], listed=Listed.EXCLUDED)
    list_by_hand(audience=few, memberships=[person.pk], listed=Listed.INCLUDED)
    assert ask(person, total_orders=10) == WhatIf([], [], [few])


def test_an_audience_that_is_not_in_force_is_entered_by_nobody(
    ask: Make, make_membership: Make, make_audience: Make
) -> None:
    redefine_audience(make_audience("rules", rule=at_least(5)), enabled=False)
    assert ask(make_membership(), total_orders=5) == WhatIf([], [], [])


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("birthday", datetime.date(2999, 1, 1), "is in the future"),
        ("birthday", datetime.date(1800, 1, 1), "more than 123 years ago"),
        ("total_orders", -1, "greater than or equal to 0"),
        ("total_order_value", "1.234", "no more than 2 decimal places"),
        ("metadata", [1], "must be an object"),
        ("external_id", "taken", "already exists"),
    ],
)
def test_what_could_not_be_saved_cannot_be_supposed(
    name: str, value: Any, told: str, ask: Make, make_membership: Make
) -> None:
    make_membership(external_id="taken")
    with pytest.raises(ValidationError) as refused:
        ask(make_membership(), **{name: value})
    assert list(refused.value.message_dict) == [name]
    assert told in refused.value.messages[0]


def test_an_audience_without_a_list_takes_nobody_on_it(
    ask: Make, make_membership: Make, make_audience: Make
) -> None:
    with pytest.raises(ValidationError) as refused:
        ask(make_membership(), lists=[make_audience("rules", rule=at_least(5), name="Keen")])
    assert refused.value.message_dict == {
        "lists": ["“Keen” has no list of its own. Name static, external or synced lists."]
    }


def test_nothing_is_written(
    ask: Make, make_membership: Make, make_audience: Make, make_segment: Make
) -> None:
    guests = make_audience("static", name="Guests")
    person = make_membership(total_orders=3, metadata={"points": 1})
    events, noted = AuditEvent.objects.count(), ChangedMemberships.objects.count()
    gold = make_segment("gold")
    with CaptureQueriesContext(connection) as asked:
        supposed = {"total_orders": 9, "metadata": {"points": 2}}
        ask(person, segments=[gold], lists=[guests], **supposed)
    assert {query["sql"].split()[0] for query in asked.captured_queries} <= {
        *("SELECT", "SAVEPOINT", "RELEASE")
    }
    kept = Membership.objects.get(pk=person.pk)
    assert (kept.total_orders, kept.metadata, kept.updated_at) == (
        3,
        {"points": 1},
        person.updated_at,
    )
    assert not SegmentMembership.objects.exists()
    assert ChangedMemberships.objects.count() == noted
    assert AuditEvent.objects.count() == events + 1  # that the segment was made


# The law: what if gives what is answered once it is really saved.

PQL = [
    'inSegment("s-0")',
    'segmentMembership.get("ups").get("s-1").lastQualificationTime occurs > 300 days before now',
    'inSegment("s-2") and a != "a"',
    "metadata.a = 5 or totalOrderValue > 10.5",
]


def _places(person: Membership, supposed: set[int], lists: bool) -> None:
    """Put the person into these segments, and no others of their kind."""
    segments = Segment.objects.filter(space=person.space, is_list=lists)
    for segment in segments:
        change = add_members if segment.pk in supposed else remove_members
        change(segment=segment, memberships=[person.pk])


def _audiences(space: Space, documents: list[Any]) -> list[Audience]:
    def define(kind: str, name: str = "", **configuration: Any) -> Audience:
        return define_audience(
            space=space, audience_type=kind, configuration=configuration, name=name
        )

    some = [define("rules", rule=document) for document in documents]
    ids = list(map(str, Segment.objects.order_by("number").values_list("id", flat=True)))
    some += [
        define("age_within", minimum_age=18, maximum_age=60),
        define("in_all_segments", segments=ids[:2]),
        define("in_any_segment", segments=ids[1:3]),
        define("static", name="Static"),
        define("external", name="External"),
        *(define("pql", expression={"format": "pql/text", "value": text}) for text in PQL),
    ]
    nested = [
        {"any": [{"in_audience": str(one.id)}, {"not": {"in_audience": str(other.id)}}]}
        for one, other in zip(some, reversed(some), strict=True)
    ]
    return [*some, *(define("rules", rule=rule) for rule in nested)]


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    members,
    members,
    st.sets(st.sampled_from(SUPPOSABLE)),
    st.tuples(st.booleans(), st.booleans()),
    st.tuples(st.sets(st.integers(0, 1)), st.sets(st.integers(0, 1))),
    st.lists(rules, min_size=1, max_size=4),
    clocks,
)
def test_what_if_gives_exactly_what_is_answered_once_it_is_saved(
    space: Space,
    stored: dict[str, Any],
    others: dict[str, Any],
    names: set[str],
    moved: tuple[bool, bool],
    listed: tuple[set[int], set[int]],
    documents: list[dict[str, Any]],
    clock: tuple[datetime.datetime, str],
) -> None:
    at = clock[0]
    with transaction.atomic():
        for place, id in enumerate(SEGMENTS):
            values = {"space": space, "short_code": f"s-{place}", "name": f"Segment {place}"}
            save_row(Segment(id=id), **values)
        for audience in _audiences(space, documents):
            aim(offer=save_row(Offer(), space=space, name="Offer"), audiences=[audience])
        segments = list(Segment.objects.filter(is_list=False))
        lists = list(Audience.objects.filter(audience_type__in=["static", "external"]))
        numbers = [list_of(audience).pk for audience in lists]

        def places(of: dict[str, Any]) -> set[int]:
            return {segment.pk for segment in segments if str(segment.id) in of["segments"]}

        facts = {name: stored[name] for name in SUPPOSABLE if name in stored}
        person = save_row(Membership(space=space, external_id="person"), **facts)
        _places(person, places(stored), lists=False)
        _places(person, {numbers[place] for place in listed[0]}, lists=True)
        long_ago = at - 400 * DAY  # so that it matters since when
        SegmentMembership.objects.update(created_at=long_ago)

        values = {name: others.get(name, "renamed") for name in names}
        supposition = Supposition(
            values,
            [one for one in segments if one.pk in places(others)] if moved[0] else None,
            [lists[place] for place in listed[1]] if moved[1] else None,
            at,
        )
        supposed = suppose(
            space=space, membership=person.id, supposition=supposition, now=timezone.now()
        )
        foreseen = what_if(space=space, supposed=supposed)
        offers = visibility.what_if(space=space, supposed=supposed)

        held = audiences_of(space=space, membership=person.id, at=supposed.now.clock.now)
        assert {*foreseen.leaves, *foreseen.stays} == set(held)
        if values:
            save_row(person, **values)
        if moved[0]:
            _places(person, places(others), lists=False)
        if moved[1]:
            _places(person, {numbers[place] for place in listed[1]}, lists=True)
        held = audiences_of(space=space, membership=person.id, at=at)
        assert {*foreseen.enters, *foreseen.stays} == set(held)
        answers = visibility.membership_offers(space=space, membership=person.id, at=at)
        assert [change.after for change in offers] == answers
        transaction.set_rollback(True)
