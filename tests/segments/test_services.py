from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from segments.models import Membership, Segment, SegmentMembership, Space
from segments.services import (
    Change,
    InUse,
    add_members,
    delete_row,
    memberships_by_external_id,
    remove_members,
    replace_members,
    save_row,
)

Make = Callable[..., Any]


def members(segment: Segment) -> set[int]:
    return set(
        SegmentMembership.objects.filter(segment=segment).values_list("membership", flat=True)
    )


def test_a_name_taken_between_the_check_and_the_saving_is_told_at_its_field(
    space: Space, make_membership: Make
) -> None:
    make_membership(external_id="taken")
    check = Membership.full_clean
    calls: list[Membership] = []

    def blind_at_first(row: Membership) -> None:
        calls.append(row)
        if len(calls) > 1:
            check(row)

    with (
        patch.object(Membership, "full_clean", blind_at_first),
        pytest.raises(ValidationError) as caught,
    ):
        save_row(Membership(), space=space, external_id="taken")
    assert set(caught.value.error_dict) == {"external_id"}


def test_places_in_a_segment_are_added_removed_and_replaced_and_only_changes_count(
    make_membership: Make, make_segment: Make
) -> None:
    gold = make_segment()
    one, two, three = (make_membership().pk for _ in range(3))
    assert add_members(segment=gold, memberships=[one, two, two]) == Change(added=2, removed=0)
    assert add_members(segment=gold, memberships=[two, three]) == Change(added=1, removed=0)
    assert remove_members(segment=gold, memberships=[one, one]) == Change(added=0, removed=1)
    assert remove_members(segment=gold, memberships=[one]) == Change(added=0, removed=0)
    assert replace_members(segment=gold, memberships=[one, two]) == Change(added=1, removed=1)
    assert members(gold) == {one, two}


def test_the_database_refuses_a_place_that_joins_two_spaces(
    make_membership: Make, make_segment: Make, other_space: Space
) -> None:
    gold, stranger = make_segment(), make_membership(space=other_space)
    with pytest.raises(IntegrityError, match="in_its_space"), transaction.atomic():
        add_members(segment=gold, memberships=[stranger.pk])


def test_what_is_in_use_is_not_deleted_and_the_users_are_named(
    make_segment: Make, make_audience: Make
) -> None:
    gold = make_segment("gold")
    make_audience("in_any_segment", segments=[str(gold.id)], name="Golden")
    with pytest.raises(InUse, match="“gold” is in use by “Golden”") as caught:
        delete_row(gold)
    assert [str(user) for user in caught.value.users] == ["Golden"]
    assert Segment.objects.filter(pk=gold.pk).exists()


def test_a_deleted_row_takes_its_places_with_it(make_membership: Make, make_segment: Make) -> None:
    gold = make_segment()
    person = make_membership(gold)
    delete_row(person)
    assert members(gold) == set()
    make_membership(gold)
    delete_row(gold)
    assert not SegmentMembership.objects.exists()


def test_external_ids_are_looked_up_in_their_space_alone(
    space: Space, other_space: Space, make_membership: Make
) -> None:
    here = make_membership(external_id="a")
    make_membership(external_id="b", space=other_space)
    assert memberships_by_external_id(space=space, external_ids=["a", "b"]) == {"a": here.pk}
