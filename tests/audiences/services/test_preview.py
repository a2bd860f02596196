import datetime
from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience
from audiences.rules import document
from audiences.services import overlap, preview, read_meanings, refresh_space
from audiences.services.preview import Preview
from segments.models import Space

Make = Callable[..., Any]
KEEN = {"field": "total_orders", "operator": "greater_or_equal", "value": 10}
DUTCH = {"field": "metadata.country", "operator": "equals", "value": "NL"}


@pytest.fixture
def look(space: Space, at: datetime.datetime) -> Callable[..., Preview]:
    def look(rule: dict[str, Any], **options: Any) -> Preview:
        read = document.read(rule)
        meanings = read_meanings(space).with_segments_of(space, read)
        return preview(space=space, rule=read, meanings=meanings, names={}, at=at, **options)

    return look


def test_a_preview_counts_the_rule_and_each_condition_in_its_place(
    look: Make, make_membership: Make
) -> None:
    make_membership(total_orders=12, metadata={"country": "NL"})
    make_membership(total_orders=12, metadata={"country": "DE"})
    make_membership(total_orders=1, metadata={"country": "NL"})
    make_membership(total_orders=0)
    found = look({"all": [KEEN, DUTCH]})
    assert (found.count, found.everyone, found.percent, found.exact) == (1, 4, 25.0, True)
    steps = {step.path: step for step in found.steps}
    assert [steps[path].count for path in ((), ("all", 0), ("all", 1))] == [1, 2, 2]
    assert [steps[path].removes for path in (("all", 0), ("all", 1))] == [2, 1]
    assert steps["all", 1].sentence == "country is NL"
    assert found.lacking == {"metadata.country": 1, "total_orders": 0}
    assert len(found.sample) == 1
    either = {step.path: step for step in look({"any": [KEEN, DUTCH]}).steps}
    assert [either[path].adds for path in (("any", 0), ("any", 1))] == [2, 1]


def test_a_preview_warns_of_a_field_that_nobody_has(look: Make, make_membership: Make) -> None:
    make_membership()
    (warning,) = look({"field": "metadata.contry", "operator": "is_missing"}).warnings
    assert warning.startswith("No member has metadata.contry.")


def test_given_an_audience_a_preview_says_who_would_enter_and_leave(
    look: Make, space: Space, make_membership: Make, make_audience: Make, at: datetime.datetime
) -> None:
    for count in (5, 10, 15):
        make_membership(total_orders=count)
    audience = make_audience("rules", rule=KEEN)
    refresh_space(space=space, now=at)
    found = look({"field": "total_orders", "operator": "less", "value": 15}, audience=audience)
    assert (found.count, found.would_enter, found.would_leave) == (2, 1, 1)


def test_a_rule_reads_only_the_audiences_that_it_leads_to(
    space: Space, make_audience: Make, django_assert_num_queries: Make
) -> None:
    first = make_audience("rules", rule=KEEN)
    second = make_audience("rules", rule={"not": {"in_audience": str(first.id)}})
    make_audience("rules", rule=DUTCH)
    asked = document.read({"any": [DUTCH, {"in_audience": str(second.id)}]})
    meanings = read_meanings(space, asked_by=asked)
    assert set(meanings.by_id) == {first.id, second.id}
    assert meanings.by_id[second.id] == read_meanings(space).by_id[second.id]
    with django_assert_num_queries(0):
        assert not read_meanings(space, asked_by=document.read(DUTCH)).by_id


def test_an_estimate_says_that_it_is_one(look: Make, make_membership: Make) -> None:
    make_membership(total_orders=12)
    assert look(KEEN, estimate=True).exact is False


def test_overlap_counts_every_pair(
    space: Space, make_membership: Make, make_audience: Make, at: datetime.datetime
) -> None:
    make_membership(total_orders=12, metadata={"country": "NL"})
    make_membership(total_orders=12)
    make_membership(metadata={"country": "NL"})
    keen: Audience = make_audience("rules", rule=KEEN)
    dutch: Audience = make_audience("rules", rule=DUTCH)
    refresh_space(space=space, now=at)
    found = overlap([keen, dutch])
    assert found.sizes == {keen.pk: 2, dutch.pk: 2}
    assert (found.everyone, found.in_all) == (3, 1)
    assert (found.pairs[0].both, found.pairs[0].jaccard) == (1, 0.3333)
    assert {one.audiences: one.count for one in found.combinations} == {
        (keen.pk,): 1,
        (dutch.pk,): 1,
        (keen.pk, dutch.pk): 1,
    }


def test_combinations_are_counted_of_five_audiences_at_most(
    space: Space, make_membership: Make, make_audience: Make, at: datetime.datetime
) -> None:
    for orders in range(8):
        make_membership(total_orders=orders)
    bits = [
        make_audience(
            "rules",
            rule={
                "field": "total_orders",
                "operator": "in",
                "value": [orders for orders in range(8) if orders >> bit & 1],
            },
        )
        for bit in range(3)
    ]
    refresh_space(space=space, now=at)
    found = overlap(bits)
    assert len(found.combinations) == 7  # and who has no orders is in none
    assert {one.count for one in found.combinations} == {1}
    assert sum(one.count for one in found.combinations) == found.everyone
    new = [make_audience("age_within", minimum_age=age) for age in (1, 2, 3)]  # not worked out yet
    assert overlap([*bits, *new]).combinations == []
    assert overlap([*bits, *new[:2]]).combinations == found.combinations
