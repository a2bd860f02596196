"""The list of an audience is no segment: only its audience shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience
from audiences.services.own_list import list_of
from segments.models import Membership, Segment, SegmentMembership

Make = Callable[..., Any]


@pytest.fixture
def vips(make_audience: Make) -> Audience:
    made: Audience = make_audience("static", name="VIPs")
    return made


@pytest.fixture
def gold(make_segment: Make) -> Segment:
    made: Segment = make_segment("gold")
    return made


@pytest.fixture
def ada(make_membership: Make, vips: Audience, gold: Segment) -> Membership:
    made: Membership = make_membership(list_of(vips), gold, full_name="Ada")
    return made


def _names(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [one["attributes"]["name"] for one in response.json()["data"]]


def test_segments_are_told_without_lists(
    api: Any, vips: Audience, gold: Segment, ada: Membership
) -> None:
    assert _names(api.get("segments")) == ["gold"]
    assert _names(api.get(f"memberships/{ada.id}/segments")) == ["gold"]
    assert _names(api.get(f"audiences/{vips.id}/segments")) == []
    document = api.get(f"memberships/{ada.id}?include=segments").json()
    assert [one["attributes"]["name"] for one in document["included"]] == ["gold"]
    relationships = api.get(f"audiences/{vips.id}").json()["data"]["relationships"]
    assert relationships["segments"]["data"] == []
    assert len(api.get("segment-memberships").json()["data"]) == 1


def test_a_list_is_not_reached_as_a_segment(api: Any, vips: Audience, ada: Membership) -> None:
    made = list_of(vips)
    url = f"segments/{made.id}"
    document = {"data": {"type": "segments", "id": str(made.id), "attributes": {"name": "Mine"}}}
    linkage = {"data": [{"type": "memberships", "id": str(ada.id)}]}
    place = SegmentMembership.objects.get(segment=made)
    for response in (
        api.get(url),
        api.patch(url, document),
        api.delete(url),
        api.delete(f"{url}/relationships/memberships", linkage),
        api.delete(f"segment-memberships/{place.id}"),
        api.post(
            f"memberships/{ada.id}/relationships/segments",
            {"data": [{"type": "segments", "id": str(made.id)}]},
        ),
    ):
        assert response.status_code == 404, response.content
    assert SegmentMembership.objects.filter(segment=made).count() == 1


def test_replacing_the_segments_of_a_membership_leaves_lists_alone(
    api: Any, vips: Audience, ada: Membership
) -> None:
    answer = api.patch(f"memberships/{ada.id}/relationships/segments", {"data": []})
    assert answer.json()["meta"] == {"removed": 1, "added": 0}
    assert ada.segment_memberships.get().segment == list_of(vips)


def test_why_somebody_is_in_or_not_names_the_list(
    api: Any, vips: Audience, ada: Membership, make_membership: Make, make_offer: Make
) -> None:
    make_offer(vips)
    bob = make_membership()
    (offer,) = api.get(f"memberships/{bob.id}/offers").json()["data"]
    (reason,) = offer["attributes"]["visible_reasons"]
    assert (reason["code"], reason["detail"]) == ("not_in_audience", "Not on the list “VIPs”.")
    assert reason["missing_segments"] == []


def test_the_admin_shows_no_list_among_segments(
    colleague: Any, vips: Audience, gold: Segment, ada: Membership
) -> None:
    assert "VIPs" not in colleague.page("segments/segment/")
    page = colleague.get(f"/admin/segments/segment/{list_of(vips).pk}/change/")
    assert page.status_code == 302  # to where there is no such segment
    assert "VIPs" not in colleague.page("segments/segment/choices/", space=vips.space_id)
    path = f"segments/membership/{ada.pk}/change/"
    assert "VIPs" not in colleague.page(path)
    fields = {"external_id": ada.external_id, "space": vips.space_id, "total_orders": 0}
    colleague.save(path, **fields, total_order_value=0, segments=[])
    assert ada.segment_memberships.get().segment == list_of(vips)
