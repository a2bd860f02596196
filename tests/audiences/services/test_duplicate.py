"""Copies of audiences."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from audiences.models import Audience, Lifecycle, Listed, ListedMembership
from audiences.services import redefine_audience, refresh_space
from audiences.services.by_hand import listed_memberships, put_on_list
from audiences.services.duplicate import NotDuplicated, duplicate_audience
from audiences.services.members import members_of
from audiences.services.own_list import list_of, renew
from segments.models import SegmentMembership, Space

Make = Callable[..., Any]


def test_a_copy_has_the_same_members_and_a_name_of_its_own(
    make_audience: Make, make_membership: Make, make_offer: Make, space: Space
) -> None:
    old, put_in, kept_out = (
        make_membership(birthday=datetime.date(year, 1, 1)) for year in (1950, 2015, 1940)
    )
    first = make_audience("age_within", minimum_age=18, name="Grown up")
    make_offer(first)
    redefine_audience(first, key="grown_up", labels=["mine"], metadata={"a": 1}, origin="CRM")
    for listed, membership in ((Listed.INCLUDED, put_in), (Listed.EXCLUDED, kept_out)):
        put_on_list(audience=first, memberships=[membership.pk], listed=listed)

    copy = duplicate_audience(audience=first)

    assert (copy.name, copy.lifecycle) == ("Copy of Grown up", Lifecycle.PUBLISHED)
    assert (copy.labels, copy.configuration) == (["mine"], first.configuration)
    assert (copy.key, copy.origin, copy.metadata) == (None, "", {})
    assert not copy.offer_audiences.exists()
    refresh_space(space=space, now=timezone.now())
    assert set(members_of(copy)) == set(members_of(first)) == {old.pk, put_in.pk}
    redefine_audience(copy, configuration={"minimum_age": 21})
    assert Audience.objects.get(pk=first.pk).configuration["minimum_age"] == 18
    assert list(listed_memberships(audience=copy, listed=Listed.EXCLUDED)) == [kept_out]
    assert ListedMembership.objects.count() == 4


@pytest.mark.parametrize("kind", ["static", "external"])
def test_the_copy_of_a_list_has_a_list_of_its_own(
    kind: str, make_audience: Make, make_membership: Make
) -> None:
    first = make_audience(kind, name="Guests")
    member = make_membership(list_of(first))
    if kind == "external":
        renew(audience=first, at=timezone.now())

    copy = duplicate_audience(audience=first, name="Others")

    assert list_of(copy) != list_of(first)
    assert list_of(copy).name == "Others"
    assert copy.expires_at == first.expires_at
    places = SegmentMembership.objects.filter(segment=list_of(copy))
    assert [place.membership_id for place in places] == [member.pk]


def test_a_copy_of_what_has_no_name_says_who_is_in_it(make_audience: Make) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=35)
    assert duplicate_audience(audience=audience).name == "Copy of Aged 18 to 35"
    redefine_audience(audience, name="x" * 255)
    assert duplicate_audience(audience=audience).name == f"Copy of {'x' * 247}"


def test_a_copy_of_what_rests_rests_and_of_what_is_archived_is_a_draft(make_audience: Make) -> None:
    audience = make_audience("age_within", minimum_age=18)
    redefine_audience(audience, lifecycle=Lifecycle.INACTIVE, enabled=False)
    copy = duplicate_audience(audience=audience)
    assert (copy.lifecycle, copy.enabled) == (Lifecycle.INACTIVE, False)
    redefine_audience(audience, lifecycle=Lifecycle.ARCHIVED)
    assert duplicate_audience(audience=audience).lifecycle == Lifecycle.DRAFT


def test_the_list_of_a_source_has_one_audience(make_synced: Make) -> None:
    synced = make_synced(name="Shoppers")
    with pytest.raises(NotDuplicated, match="“Shoppers” is synced with a list"):
        duplicate_audience(audience=synced)
    assert Audience.objects.count() == 1
