"""Quintiles of recency, frequency and monetary value."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience, AudienceGroup
from audiences.services import refresh_space
from audiences.services.groups import AudiencesInUse, audiences_of_group
from audiences.services.members import members_of
from audiences.services.rfm import NothingToMeasure, make_rfm, preview_rfm
from segments.models import Membership, Space

Make = Callable[..., Any]
DAY = datetime.timedelta(days=1)


@pytest.fixture
def people(make_membership: Make, at: datetime.datetime) -> list[Membership]:
    """Fifty with orders, the more and dearer the later the last; and one who has none."""
    found = [
        make_membership(
            total_orders=count, total_order_value=10 * count, last_order_at=at - DAY * (100 - count)
        )
        for count in range(1, 51)
    ]
    return [*found, make_membership()]


def make(space: Space, at: datetime.datetime) -> list[AudienceGroup]:
    return [one.group for one in make_rfm(space=space, at=at) if one.group]


def names_and_sizes(group: AudienceGroup) -> dict[str, int]:
    return {str(one): len(members_of(one)) for one in audiences_of_group(group)}


def test_three_groups_of_five_tiers_are_made_at_once(
    space: Space, people: Any, at: datetime.datetime
) -> None:
    recency, frequency, monetary = make(space, at)
    refresh_space(space=space, now=at)
    assert names_and_sizes(recency) == {f"Recency {place}": 10 for place in range(1, 6)}
    assert sum(names_and_sizes(frequency).values()) == 51
    assert set(names_and_sizes(frequency).values()) == {10, 11}
    assert set(names_and_sizes(monetary).values()) == {10, 11}
    assert recency.kind == "rfm"
    best = audiences_of_group(recency)[-1]
    assert people[49].pk in members_of(best)
    assert best.configuration["end"] is None


def test_who_comes_later_with_less_than_anybody_is_in_the_first(
    space: Space, people: Any, make_membership: Make, at: datetime.datetime
) -> None:
    groups = make(space, at)
    late = make_membership(last_order_at="1999-01-01T00:00:00Z", total_orders=0)
    refresh_space(space=space, now=at)
    assert all(late.pk in members_of(audiences_of_group(group)[0]) for group in groups)


def test_equal_values_stay_together_and_it_says_so(
    space: Space, make_membership: Make, at: datetime.datetime
) -> None:
    for count in [1] * 7 + [2] * 2 + [3]:
        make_membership(total_orders=count, last_order_at=at)
    (recency, _), (frequency, moves), _ = preview_rfm(space=space, at=at)
    assert [tier["start"] for tier in frequency.tiers] == [0, 2]
    assert moves.then == [7, 3]
    assert frequency.warning == (
        "2 instead of 5: members with the same number of orders stay together, and 70 % have 1."
    )
    assert recency.warning == (
        "1 instead of 5: members with the same last order stay together, and 100 % have 2026-06-15."
    )
    assert AudienceGroup.objects.count() == 0


def test_worked_out_anew_they_keep_their_audiences(
    space: Space, people: list[Membership], make_membership: Make, at: datetime.datetime
) -> None:
    before = [audiences_of_group(group) for group in make(space, at)]
    for _ in range(50):
        make_membership(total_orders=100, last_order_at=at, total_order_value=1)
    _, (quintiles, moves), _ = preview_rfm(space=space, at=at)
    assert (sum(moves.now), moves.now[-1], moves.then[-1]) == (101, 60, 50)
    assert moves.moved > 0
    groups = make(space, at)
    assert AudienceGroup.objects.count() == 3
    assert (
        audiences_of_group(groups[1])[: len(quintiles.tiers)] == before[1][: len(quintiles.tiers)]
    )
    refresh_space(space=space, now=at)
    assert list(names_and_sizes(groups[1]).values()) == moves.then


def test_one_in_use_does_not_go_and_then_none_is_changed(
    space: Space, people: list[Membership], make_offer: Make, at: datetime.datetime
) -> None:
    frequency = make(space, at)[1]
    make_offer(audiences_of_group(frequency)[4], name="Coffee")
    before = list(Audience.objects.values_list("id", "configuration"))
    Membership.objects.update(total_orders=5)
    with pytest.raises(AudiencesInUse, match="“Frequency 5” is in use by “Coffee”"):
        make_rfm(space=space, at=at)
    assert list(Audience.objects.values_list("id", "configuration")) == before


def test_without_orders_there_is_nothing_to_measure(
    space: Space, make_membership: Make, at: datetime.datetime
) -> None:
    make_membership()
    with pytest.raises(NothingToMeasure, match="No member has a last order, so recency has no"):
        make_rfm(space=space, at=at)


def test_a_space_has_its_own(
    space: Space, other_space: Space, people: Any, make_membership: Make, at: datetime.datetime
) -> None:
    make_membership(space=other_space, total_orders=3, last_order_at=at)
    make_rfm(space=other_space, at=at)
    assert len(make(space, at)[0].audiences.all()) == 5
    assert AudienceGroup.objects.filter(space=other_space).count() == 3
