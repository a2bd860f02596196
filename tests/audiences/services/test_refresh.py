import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from audiences import members
from audiences.models import (
    Audience,
    AudienceStatus,
    AudienceVersion,
    Cause,
    Listed,
    SpaceRefresh,
)
from audiences.services import Outcome, redefine_audience, refresh_space
from audiences.services.define import list_by_hand
from segments.models import ChangedMemberships, Membership, Segment, Space
from segments.services import add_members, delete_row, remove_members, save_row

Make = Callable[..., Any]
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def refresh(space: Space, at: datetime.datetime) -> Callable[..., dict[str, Outcome]]:
    def refresh(now: datetime.datetime = at, **options: Any) -> dict[str, Outcome]:
        outcomes = refresh_space(space=space, now=now, **options)
        return {outcome.name: outcome for outcome in outcomes}

    return refresh


@pytest.fixture
def make_rule(make_audience: Make) -> Make:
    def make(name: str, **rule: Any) -> Audience:
        audience: Audience = make_audience("rules", name=name, rule=rule)
        return audience

    return make


def held(audience: Audience) -> set[int]:
    return set(members.load(AudienceStatus.objects.get(pk=audience.pk)))


def orders(count: int) -> dict[str, Any]:
    return {"field": "total_orders", "operator": "greater_or_equal", "value": count}


def test_a_first_refresh_works_out_who_is_in(
    refresh: Make, make_membership: Make, make_rule: Make, at: datetime.datetime
) -> None:
    keen = make_membership(total_orders=12)
    make_membership(total_orders=3)
    audience = make_rule("keen", **orders(10))
    outcome = refresh()["keen"]
    assert (outcome.cause, outcome.size, outcome.entered, outcome.left) == (Cause.FIRST, 1, 1, 0)
    assert held(audience) == {keen.pk}
    status = AudienceStatus.objects.get(pk=audience.pk)
    assert (status.version, status.size, status.as_of) == (1, 1, at)


def test_a_change_through_any_door_moves_members(
    refresh: Make, make_membership: Make, make_segment: Make, make_rule: Make
) -> None:
    gold: Segment = make_segment("gold")
    person = make_membership(total_orders=3)
    keen = make_rule("keen", **orders(10))
    golden = make_rule("golden", in_segment=str(gold.id))
    refresh()
    save_row(person, total_orders=10)
    assert refresh()["keen"].cause == Cause.FACTS
    assert held(keen) == {person.pk}
    with connection.cursor() as cursor:  # past Django altogether
        cursor.execute("UPDATE segments_membership SET total_orders = 1")
    refresh()
    assert held(keen) == set()
    add_members(segment=gold, memberships=[person.pk])
    refresh()
    assert held(golden) == {person.pk}
    remove_members(segment=gold, memberships=[person.pk])
    refresh()
    assert held(golden) == set()
    add_members(segment=gold, memberships=[person.pk])
    refresh()
    Membership.objects.get(pk=person.pk).delete()
    assert refresh()["golden"].left == 1
    assert held(golden) == set()


def test_nothing_changed_writes_nothing(
    refresh: Make,
    make_membership: Make,
    make_rule: Make,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    make_membership(total_orders=12)
    for count in range(5):
        make_rule(f"over {count}", **orders(count))
    refresh()
    with django_assert_max_num_queries(15):
        outcomes = refresh()
    assert {outcome.cause for outcome in outcomes.values()} == {None}
    assert AudienceVersion.objects.count() == 5


def test_a_changed_definition_works_the_audience_out_anew_and_those_that_depend_on_it(
    refresh: Make, make_membership: Make, make_rule: Make
) -> None:
    person = make_membership(total_orders=5)
    keen = make_rule("keen", **orders(10))
    others = make_rule("others", **{"not": {"in_audience": str(keen.id)}})
    refresh()
    assert held(others) == {person.pk}
    redefine_audience(keen, configuration={"rule": orders(5)})
    outcomes = refresh()
    assert outcomes["keen"].cause == outcomes["others"].cause == Cause.DEFINITION
    assert (held(keen), held(others)) == ({person.pk}, set())


def test_manual_lists_survive_every_rebuild_and_excluded_wins(
    refresh: Make, make_membership: Make, make_rule: Make
) -> None:
    keen, idle, out = (make_membership(total_orders=count) for count in (12, 0, 12))
    audience = make_rule("keen", **orders(10))
    list_by_hand(audience=audience, memberships=[idle.pk], listed=Listed.INCLUDED)
    list_by_hand(audience=audience, memberships=[out.pk], listed=Listed.EXCLUDED)
    refresh()
    assert held(audience) == {keen.pk, idle.pk}
    refresh(full=True)
    assert held(audience) == {keen.pk, idle.pk}
    list_by_hand(audience=audience, memberships=[idle.pk], listed=Listed.EXCLUDED)
    list_by_hand(audience=audience, memberships=[out.pk], listed=None)
    refresh()
    assert held(audience) == {keen.pk, out.pk}


def test_the_clock_moves_members_at_its_own_next_moment(
    refresh: Make, make_membership: Make, make_rule: Make, at: datetime.datetime
) -> None:
    make_membership(last_order_at=at - HOUR)
    recently = {"field": "last_order_at", "operator": "within_last"}
    day = make_rule("day", **recently, value={"amount": 24, "unit": "hour"})
    week = make_rule("week", **recently, value={"amount": 7, "unit": "day"})
    refresh()
    statuses = AudienceStatus.objects.in_bulk()
    leaves_at = at + 23 * HOUR
    assert statuses[day.pk].changes_at == leaves_at + datetime.timedelta(microseconds=1)
    assert statuses[week.pk].changes_at == datetime.datetime(2026, 6, 15, 22, tzinfo=datetime.UTC)
    assert refresh(leaves_at)["day"].size == 1
    outcome = refresh(leaves_at + datetime.timedelta(seconds=1))["day"]
    assert (outcome.cause, outcome.left) == (Cause.CLOCK, 1)
    assert refresh(at + 24 * 8 * HOUR)["week"].left == 1


def test_a_failure_keeps_the_last_version_and_says_why(
    refresh: Make, make_membership: Make, make_rule: Make, at: datetime.datetime
) -> None:
    person = make_membership(total_orders=12)
    audience = make_rule("keen", **orders(10))
    other = make_rule("other", **orders(1))
    refresh()
    Audience.objects.filter(pk=audience.pk).update(configuration={"rule": {"field": "nonsense"}})
    save_row(person, total_orders=0)
    assert "nonsense" in refresh()["keen"].error
    status = AudienceStatus.objects.get(pk=audience.pk)
    assert (status.version, status.failed_at) == (1, at)
    assert "nonsense" in status.last_error
    assert held(audience) == {person.pk}
    assert held(other) == set()
    redefine_audience(audience, configuration={"rule": orders(10)})
    refresh()
    status.refresh_from_db()
    assert (status.last_error, status.failed_at, status.size) == ("", None, 0)


def test_an_audience_that_rests_keeps_its_version_and_catches_up_when_published_again(
    refresh: Make, make_membership: Make, make_rule: Make
) -> None:
    person = make_membership(total_orders=12)
    audience = make_rule("keen", **orders(10))
    refresh()
    redefine_audience(audience, lifecycle="inactive")
    save_row(person, total_orders=0)
    assert refresh() == {}
    assert held(audience) == {person.pk}
    redefine_audience(audience, lifecycle="published")
    refresh()
    assert held(audience) == set()


def test_versions_say_who_entered_and_left_since(
    refresh: Make, make_membership: Make, make_rule: Make
) -> None:
    first, second = make_membership(total_orders=12), make_membership(total_orders=0)
    audience = make_rule("keen", **orders(10))
    refresh()
    save_row(second, total_orders=10)
    refresh()
    save_row(first, total_orders=0)
    refresh()
    status = AudienceStatus.objects.get(pk=audience.pk)
    was = [set(members.members_at(status, version)) for version in range(4)]
    assert was == [set(), {first.pk}, {first.pk, second.pk}, {second.pk}]


def test_a_full_pass_reports_drift(
    refresh: Make, make_membership: Make, make_rule: Make, caplog: pytest.LogCaptureFixture
) -> None:
    person = make_membership(total_orders=12)
    make_rule("keen", **orders(10))
    refresh()
    assert refresh(full=True)["keen"].drift == 0
    save_row(person, total_orders=0)
    ChangedMemberships.objects.all().delete()  # as if the change had not been noted
    assert refresh()["keen"].left == 0
    assert refresh(full=True)["keen"].drift == 1
    assert "had drifted by 1 members" in caplog.text


def test_what_the_clock_moved_is_no_drift(
    refresh: Make, make_membership: Make, make_rule: Make, at: datetime.datetime
) -> None:
    make_membership(last_order_at=at)
    recently = {"field": "last_order_at", "operator": "within_last"}
    make_rule("day", **recently, value={"amount": 24, "unit": "hour"})
    refresh()
    outcome = refresh(at + 25 * HOUR, full=True)["day"]
    assert (outcome.left, outcome.drift) == (1, 0)


def test_another_time_zone_works_the_audiences_out_anew(
    space: Space, refresh: Make, make_membership: Make, make_rule: Make
) -> None:
    make_membership()
    make_rule("keen", **orders(10))
    refresh()
    Space.objects.filter(pk=space.pk).update(time_zone="Pacific/Auckland")
    version = Space.objects.get(pk=space.pk).definitions_version
    assert version != SpaceRefresh.objects.get(space=space).definitions_version
    space.refresh_from_db()
    refresh()
    assert version == SpaceRefresh.objects.get(space=space).definitions_version


def test_every_audience_is_worked_out_whole_once_a_day_or_at_its_own_interval(
    refresh: Make, make_membership: Make, make_rule: Make, at: datetime.datetime
) -> None:
    make_membership(total_orders=12)
    make_rule("daily", **orders(10))
    redefine_audience(make_rule("hourly", **orders(10)), refresh_interval=3600)
    refresh()

    def worked_out_at(name: str) -> datetime.datetime | None:
        return AudienceStatus.objects.get(audience__name=name).as_of

    refresh(at + HOUR)
    assert (worked_out_at("daily"), worked_out_at("hourly")) == (at, at + HOUR)
    refresh(at + 24 * HOUR)
    assert worked_out_at("daily") == worked_out_at("hourly") == at + 24 * HOUR


def test_another_spaces_members_are_not_asked(
    refresh: Make, make_membership: Make, make_rule: Make, other_space: Space
) -> None:
    make_membership(space=other_space, total_orders=99)
    audience = make_rule("keen", **orders(10))
    refresh()
    assert held(audience) == set()
    assert ChangedMemberships.objects.filter(space=other_space).exists()


def test_segments_in_use_by_a_rule_can_not_be_deleted(make_segment: Make, make_rule: Make) -> None:
    gold = make_segment("gold")
    make_rule("golden", **{"all": [{"in_segment": str(gold.id)}]})
    with pytest.raises(Exception, match="“golden”"):
        delete_row(gold)
