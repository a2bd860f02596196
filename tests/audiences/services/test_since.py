"""Since when a member is in audiences, and how it came onto lists."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from pytest_django import DjangoAssertNumQueries

from audiences.models import Listed
from audiences.services import refresh_space
from audiences.services.define import list_by_hand
from audiences.services.own_list import list_of
from audiences.services.since import Since, by_hand, enrolments, since
from audiences.services.thin import thin_versions
from segments.models import SegmentMembership, Space
from segments.services import save_row

Make = Callable[..., Any]
HOUR = datetime.timedelta(hours=1)
RULE = {"field": "total_orders", "operator": "greater_or_equal", "value": 10}


def test_the_version_that_brought_a_member_in_tells_since_when(
    space: Space, make_membership: Make, make_audience: Make, at: datetime.datetime
) -> None:
    keen = make_audience("rules", rule=RULE)
    first, later, never = (make_membership(total_orders=count) for count in (12, 0, 0))

    def refresh(hours: int) -> None:
        refresh_space(space=space, now=at + hours * HOUR)

    def told(member: Any) -> Any:
        return since(audiences=[keen], membership=member.pk).get(keen.pk)

    assert told(first) is None
    refresh(0)
    assert told(first) == Since(at, at_first=True)
    for hours, orders in ((1, 10), (2, 0), (3, 11)):  # in, out, and in again
        save_row(later, total_orders=orders)
        refresh(hours)
    assert told(first) == Since(at, at_first=True)
    assert told(later) == Since(at + 3 * HOUR, at_first=False)
    assert told(never) is None
    save_row(later, total_orders=0)
    assert told(later) == Since(at + 3 * HOUR, at_first=False)  # until it is worked out
    refresh(4)
    assert told(later) is None


def test_when_versions_were_thinned_the_one_that_stayed_tells_it(
    space: Space, make_membership: Make, make_audience: Make, at: datetime.datetime
) -> None:
    keen = make_audience("rules", rule=RULE)
    make_membership(total_orders=12)
    member = make_membership()
    moments = [at, at + HOUR / 60, at + HOUR / 50, at + 2 * HOUR]
    for count, moment in enumerate(moments):
        save_row(member, total_orders=10 * (count == 1) + 11 * (count == 2) + 12 * (count == 3))
        make_membership(total_orders=12)
        refresh_space(space=space, now=moment)
    assert since(audiences=[keen], membership=member.pk)[keen.pk].moment == moments[1]
    assert thin_versions(space=space, now=at + 100 * 24 * HOUR) > 0
    assert since(audiences=[keen], membership=member.pk)[keen.pk].moment == moments[3]


def test_it_costs_as_many_queries_however_many_audiences(
    space: Space, make_membership: Make, make_audience: Make, at: datetime.datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    member = make_membership(total_orders=12)
    audiences = [make_audience("rules", rule=RULE) for _ in range(20)]
    refresh_space(space=space, now=at)
    for asked in (audiences[:1], audiences):
        with django_assert_num_queries(4):
            assert len(since(audiences=asked, membership=member.pk)) == len(asked)


def test_a_place_on_a_list_tells_since_when_and_from_where(
    make_membership: Make, make_audience: Make, make_synced: Make, make_source: Make
) -> None:
    guests, crm = make_audience("static", name="Guests"), make_audience("external", name="Crm")
    crm.origin = "CUSTOM_UPLOAD"
    shop = make_synced(make_source(name="Shop"))
    member = make_membership(*(list_of(audience) for audience in (guests, crm, shop)))
    asked = [guests, crm, shop, make_audience("static", name="Others")]
    asked.append(make_audience("rules", rule=RULE))
    found = enrolments(audiences=asked, membership=member.pk)
    assert [(number, one.origin) for number, one in sorted(found.items())] == [
        (guests.pk, ""),
        (crm.pk, "CUSTOM_UPLOAD"),
        (shop.pk, "Shop"),
    ]
    place = SegmentMembership.objects.get(segment=list_of(guests))
    assert found[guests.pk].moment == place.created_at


def test_who_is_listed_by_hand_is_told(make_membership: Make, make_audience: Make) -> None:
    one, other = make_audience("rules", rule=RULE), make_audience("rules", rule=RULE)
    member = make_membership()
    list_by_hand(audience=one, memberships=[member.pk], listed=Listed.EXCLUDED)
    assert by_hand(audiences=[one, other], membership=member.pk) == {one.pk: Listed.EXCLUDED}
