"""After any sequence of changes, incremental refreshes and a full rebuild give the same sets."""

from __future__ import annotations

import datetime
import os
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from audiences import members as member_sets
from audiences.models import Audience, AudienceStatus, Listed
from audiences.services import (
    define_audience,
    held_now,
    read_meanings,
    redefine_audience,
    refresh_space,
    work_out,
)
from audiences.services.define import list_by_hand
from segments.models import Membership, Segment, Space
from segments.services import add_members, remove_members
from tests.audiences.rules.pql.meaningful import expressions
from tests.audiences.rules.strategies import SEGMENTS, members, rules

EXAMPLES = int(os.environ.get("INCREMENTAL_EXAMPLES", "40"))
places = st.integers(0, 7)
steps = st.one_of(
    st.tuples(st.just("add"), members),
    st.tuples(st.just("change"), places, members),
    st.tuples(st.just("delete"), places),
    st.tuples(st.just("assign"), st.sampled_from(SEGMENTS), st.lists(places)),
    st.tuples(st.just("unassign"), st.sampled_from(SEGMENTS), st.lists(places)),
    st.tuples(st.just("define"), rules),
    st.tuples(st.just("redefine"), places, rules),
    st.tuples(st.just("define_in_pql"), expressions),
    st.tuples(st.just("depend"), places),
    st.tuples(st.just("list"), places, places, st.sampled_from([*Listed, None])),
    st.tuples(st.just("lifecycle"), places, st.sampled_from(["published", "inactive"])),
    st.tuples(st.just("wait"), st.integers(1, 40)),
    st.tuples(st.just("refresh")),
)


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(rules, min_size=1, max_size=3), st.lists(steps, max_size=15))
def test_incremental_is_full(
    space: Space, first: list[dict[str, Any]], sequence: list[tuple[Any, ...]]
) -> None:
    with transaction.atomic():
        world = _World(space)
        for rule in first:
            world.define(rule)
        for name, *arguments in sequence:
            getattr(world, name)(*arguments)
        world.assert_held_now()
        world.refresh()
        world.assert_held_now()
        by_steps = world.sets()
        drifts = [outcome.drift for outcome in refresh_space(space=space, now=world.now, full=True)]
        assert drifts == [0] * len(drifts)
        assert world.sets() == by_steps
        AudienceStatus.objects.update(version=0, base_version=0, meaning="")
        for audience in Audience.objects.filter(space=space):
            audience.versions.all().delete()
        refresh_space(space=space, now=world.now)
        assert world.sets() == by_steps
        transaction.set_rollback(True)


class _World:
    """What the steps do, by their names."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.now = datetime.datetime(2026, 2, 20, 12, tzinfo=datetime.UTC)
        for place, id in enumerate(SEGMENTS):
            Segment.objects.create(space=space, id=id, short_code=f"s{place}", name=f"S{place}")

    def add(self, person: dict[str, Any]) -> None:
        values = {key: value for key, value in person.items() if key != "segments"}
        count = Membership.objects.count()
        Membership.objects.create(space=self.space, external_id=f"m{count}-{id(person)}", **values)

    def _membership(self, place: int) -> Membership | None:
        return Membership.objects.filter(space=self.space).order_by("number")[place:].first()

    def _audience(self, place: int) -> Audience | None:
        return Audience.objects.filter(space=self.space).order_by("number")[place:].first()

    def change(self, place: int, person: dict[str, Any]) -> None:
        if membership := self._membership(place):
            values = {key: value for key, value in person.items() if key != "segments"}
            Membership.objects.filter(pk=membership.pk).update(**values)

    def delete(self, place: int) -> None:
        if membership := self._membership(place):
            membership.delete()

    def _numbers(self, chosen: list[int]) -> list[int]:
        return [found.pk for place in chosen if (found := self._membership(place))]

    def assign(self, segment: str, chosen: list[int]) -> None:
        add_members(
            segment=Segment.objects.get(space=self.space, id=segment),
            memberships=self._numbers(chosen),
        )

    def unassign(self, segment: str, chosen: list[int]) -> None:
        remove_members(
            segment=Segment.objects.get(space=self.space, id=segment),
            memberships=self._numbers(chosen),
        )

    def define(self, rule: dict[str, Any]) -> None:
        define_audience(space=self.space, audience_type="rules", configuration={"rule": rule})

    def define_in_pql(self, text: str) -> None:
        define_audience(
            space=self.space,
            audience_type="pql",
            configuration={"expression": {"value": text}},
        )

    def redefine(self, place: int, rule: dict[str, Any]) -> None:
        if audience := self._audience(place):
            redefine_audience(audience, audience_type="rules", configuration={"rule": rule})

    def depend(self, place: int) -> None:
        if audience := self._audience(place):
            self.define({"not": {"in_audience": str(audience.id)}})

    def list(self, place: int, member: int, listed: Listed | None) -> None:
        audience, membership = self._audience(place), self._membership(member)
        if audience and membership:
            list_by_hand(audience=audience, memberships=[membership.pk], listed=listed)

    def lifecycle(self, place: int, lifecycle: str) -> None:
        if audience := self._audience(place):
            redefine_audience(audience, lifecycle=lifecycle)

    def wait(self, hours: int) -> None:
        self.now += datetime.timedelta(hours=hours)

    def refresh(self) -> None:
        refresh_space(space=self.space, now=self.now)

    def assert_held_now(self) -> None:
        """What is stored, with those asked anew, is what all who are asked would say."""
        meanings = read_meanings(self.space)
        asked = [one for one in meanings.by_number.values() if not one.error]
        rules = [meaning.rule for meaning in asked]
        found = held_now(space=self.space, meanings=meanings, asked=asked, at=self.now)
        assert found == work_out(space=self.space, meanings=meanings, rules=rules, at=self.now)

    def sets(self) -> dict[int, bytes]:
        """The members of every audience in force, as they are stored."""
        kept = Audience.objects.filter(space=self.space, lifecycle="published")
        statuses = AudienceStatus.objects.filter(audience__in=kept)
        found = member_sets.load_many(list(statuses))
        return {number: BitMap(members).serialize() for number, members in found.items()}
