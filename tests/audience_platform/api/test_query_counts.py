"""A page costs as many queries with fifty rows as with one, with all that can be included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audience_platform.refresh_schedules import refresh_on
from audiences.models import Listed
from audiences.services import refresh_space
from audiences.services.by_hand import put_on_list
from audiences.services.groups import make_group, order_group
from audiences.services.own_list import list_of
from segments.imports.asking import make_import
from segments.models import Membership, Space

Make = Callable[..., Any]

PAGES = [
    "spaces",
    "memberships",
    "memberships?include=segments",
    "segments",
    "segment-memberships",
    "segment-memberships?include=segment,membership,membership.segments",
    "audiences",
    "audiences?include=segments",
    "audiences?include=offer,offers,segments,offers.audiences.segments",
    "audiences?fields[audiences]=name",
    "offers",
    "offers?include=audiences,audiences.segments,audiences.offer",
    "offers?include=audiences&fields[audiences]=summary",
    "membership-offers?filter[external_id]=m-0",
    "membership-offers?filter[external_id]=m-0&include=membership,offer,audiences",
    "membership-offers?filter[external_id]=m-0&include=offer.audiences.segments,audiences.offers",
    "membership-offers?filter[external_id]=m-0&include=offer&fields[offers]=name",
    "memberships/M/offers",
    "memberships?filter[search]=m",
    "memberships/M/segments",
    "memberships/M/relationships/segments",
    "segments/S/memberships?include=segments",
    "segments/S/relationships/memberships",
    "audiences/A/segments",
    "audiences?include=dependencies,dependents",
    "audiences/A/members?include=segments",
    "audiences/A/members?filter[search]=m",
    "audiences/A/relationships/members",
    "audiences/A/changes/entered?filter[from]=0&filter[to]=1",
    "audiences/A/dependents",
    "audiences/A/included",
    "audiences/A/versions",
    "audience-versions",
    "refresh-schedules?include=audience",
    "audience-groups?include=audiences",
    "audience-groups/G/audiences?include=offers",
    "audience-groups/G/members",
    "audience-groups/G/relationships/audiences",
    "imports",
    "imports?include=segment,audience",
    "imports?include=audience.segments",
    "memberships/M/audiences",
    "memberships/M/explain",
    "rule-fields",
    "audiences/A/offers?include=audiences",
    "audiences/A/offer",
    "audiences/A/relationships/offer",
    "audiences/A/relationships/offers",
    "offers/O/audiences?include=offers,segments",
    "offers/O/relationships/audiences",
]


class World:
    """Everything related to everything, in a number that grows."""

    def __init__(self, segment: Make, membership: Make, audience: Make, offer: Make) -> None:
        self._make = segment, membership, audience, offer
        self.segments: list[Any] = []
        self.memberships: list[Any] = []
        self.audiences: list[Any] = []
        self.offers: list[Any] = []
        self.groups: list[Any] = []

    def grow(self, count: int) -> None:
        segment, membership, audience, offer = self._make
        self.segments += [segment() for _ in range(count)]
        for _ in range(count):
            external_id = f"m-{len(self.memberships)}"
            self.memberships.append(membership(*self.segments[:2], external_id=external_id))
        ids = [str(one.id) for one in self.segments]
        while len(self.audiences) < len(self.memberships):
            self.audiences.append(audience("in_any_segment", segments=ids[:2]))
            asked = {"in_audience": str(self.audiences[0].id)}
            self.audiences.append(audience("rules", rule=asked))
            self.audiences.append(audience("static", name="List"))
        while len(self.offers) < len(self.memberships):
            self.offers.append(offer(*self.audiences[:4]))  # the first is used by them all
        space = self.memberships[0].space
        for one in self.audiences:
            refresh_on(one, at=timezone.now(), days=[1], hours=[3], time_zone="UTC")
        for _ in range(count):
            make_import(space=space, segment=self.segments[-1])
            make_import(space=space, segment=list_of(self.audiences[2]))
        self.groups += [make_group(space=space, name="Group") for _ in range(count)]
        order_group(group=self.groups[0], audiences=self.audiences)
        put_on_list(
            audience=self.audiences[0],
            memberships=[one.pk for one in self.memberships],
            listed=Listed.INCLUDED,
        )
        refresh_space(space=space, now=timezone.now())


@pytest.fixture
def world(
    make_segment: Make, make_membership: Make, make_audience: Make, make_offer: Make
) -> World:
    return World(make_segment, make_membership, make_audience, make_offer)


def test_a_page_of_fifty_costs_as_many_queries_as_one_of_one(
    api: Any, make_program: Make, world: World, space: Space
) -> None:
    def queries(page: str) -> tuple[int, int]:
        firsts = {
            "M": world.memberships[0],
            "S": world.segments[0],
            "A": world.audiences[0],
            "O": world.offers[0],
            "G": world.groups[0],
        }
        path = "/".join(
            str(firsts[step].id) if step in firsts else step for step in page.split("/")
        )
        if not path.endswith("/offer"):
            path += ("&" if "?" in path else "?") + "page[size]=50"
        assert api.get(path).status_code == 200, path  # compiles what is kept between requests
        with CaptureQueriesContext(connection) as captured:
            data = api.get(path).json()["data"]
        return len(captured), len(data) if isinstance(data, list) else 1

    world.grow(1)
    with_one = {page: queries(page)[0] for page in PAGES}
    world.grow(49)
    assert Membership.objects.count() == 50
    with_fifty = {page: queries(page) for page in PAGES}
    assert {page: found[0] for page, found in with_fifty.items()} == with_one
    assert sum(count for _, count in with_fifty.values()) > 600
