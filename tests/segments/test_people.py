"""People are found by external id, e-mail and phone, however these are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from segments.models import Membership, Space
from segments.people import By, Named, find_people

Make = Callable[..., Any]


@pytest.fixture
def dutch(space: Space) -> Space:
    space.country = "NL"
    space.save()
    return space


@pytest.fixture
def ann(make_membership: Make) -> Membership:
    made: Membership = make_membership(
        external_id="Ann", email="Ann@Example.org", phone="+31612345678"
    )
    return made


@pytest.mark.parametrize(
    ("by", "name"),
    [
        (By.EXTERNAL_ID, "Ann"),
        (By.EXTERNAL_ID, " Ann "),
        (By.EMAIL, "ann@example.ORG"),
        (By.PHONE, "+31612345678"),
        (By.PHONE, "06 - 1234 5678"),
        (By.PHONE, "0031 (6) 12345678"),
    ],
)
@pytest.mark.parametrize("stored", ["+31612345678", "0612345678", "+31 (0)6 12 34 56 78"])
def test_somebody_is_found(dutch: Space, ann: Membership, by: By, name: str, stored: str) -> None:
    Membership.objects.update(phone=stored)
    found = find_people(space=dutch, names=[Named(by, name), Named(by, name)])
    assert (found.numbers, found.unknown, found.ambiguous) == ({ann.pk}, [], [])


@pytest.mark.parametrize(
    ("by", "name"),
    [
        (By.EXTERNAL_ID, "ann"),
        (By.EXTERNAL_ID, "Ann@Example.org"),
        (By.EMAIL, "Ann"),
        (By.EMAIL, "%"),
        (By.EMAIL, ""),
        (By.PHONE, "+32612345678"),
        (By.PHONE, "345678"),
        (By.PHONE, "me"),
        (By.PHONE, ""),
    ],
)
def test_nobody_is_found_by_what_is_not_theirs(
    dutch: Space, ann: Membership, make_membership: Make, by: By, name: str
) -> None:
    make_membership(email=None, phone=None)
    found = find_people(space=dutch, names=[Named(by, name)])
    assert (found.numbers, found.unknown) == (set(), [Named(by, name)])


def test_without_a_country_a_number_needs_its_code(space: Space, ann: Membership) -> None:
    found = find_people(
        space=space, names=[Named(By.PHONE, "0612345678"), Named(By.PHONE, "+31 6 12345678")]
    )
    assert found.unknown == [Named(By.PHONE, "0612345678")]
    assert found.numbers == {ann.pk}


def test_a_name_of_several_is_ambiguous(
    dutch: Space, ann: Membership, make_membership: Make
) -> None:
    make_membership(external_id="other", email="ann@example.org", phone="0612345678")
    names = [Named(By.EMAIL, "ann@example.org"), Named(By.PHONE, "+31612345678")]
    found = find_people(space=dutch, names=[*names, Named(By.EXTERNAL_ID, "Ann")])
    assert (found.numbers, found.unknown, found.ambiguous) == ({ann.pk}, [], names)


def test_people_of_other_spaces_are_unknown(
    dutch: Space, other_space: Space, make_membership: Make
) -> None:
    make_membership(space=other_space, external_id="x", email="x@y.z", phone="+31612345678")
    names = [
        Named(By.EXTERNAL_ID, "x"), Named(By.EMAIL, "x@y.z"), Named(By.PHONE, "+31612345678"),
    ]  # fmt: skip
    assert find_people(space=dutch, names=names).unknown == names
