"""``/api/segment-memberships``."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from segments.models import Membership, Segment, SegmentMembership, Space
from segments.services import save_row

Make = Callable[..., Any]


def _place(segment: Segment, membership: Membership, **members: Any) -> dict[str, Any]:
    relationships = {
        "segment": {"data": {"type": "segments", "id": str(segment.id)}},
        "membership": {"data": {"type": "memberships", "id": str(membership.id)}},
    }
    return {"data": {"type": "segment-memberships", "relationships": relationships, **members}}


def test_one_is_made_with_an_id_of_the_clients_choice(
    api: Any, make_segment: Make, make_membership: Make
) -> None:
    segment, membership, id = make_segment(), make_membership(), str(uuid.uuid4())
    response = api.post("segment-memberships", _place(segment, membership, id=id))
    assert response.status_code == 201
    place = SegmentMembership.objects.get(id=id)
    assert (place.segment, place.membership) == (segment, membership)


def test_the_same_place_twice_is_refused(
    api: Any, make_segment: Make, make_membership: Make
) -> None:
    segment = make_segment()
    response = api.post("segment-memberships", _place(segment, make_membership(segment)))
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["code"] == "taken"
    assert error["source"] == {"pointer": "/data/relationships/segment"}


def test_both_ends_are_needed(api: Any) -> None:
    response = api.post("segment-memberships", {"data": {"type": "segment-memberships"}})
    assert response.status_code == 422
    pointers = {error["source"]["pointer"] for error in response.json()["errors"]}
    assert pointers == {"/data/relationships/segment", "/data/relationships/membership"}


def test_an_end_in_another_space_is_like_one_that_there_is_not(
    api: Any, make_segment: Make, other_space: Space
) -> None:
    stranger = save_row(Membership(), space=other_space, external_id="x")
    nobody = Membership(id=uuid.uuid4())

    def answer(membership: Membership) -> tuple[int, str]:
        response = api.post("segment-memberships", _place(segment, membership))
        return response.status_code, response.content.decode().replace(str(membership.id), "ID")

    segment = make_segment()
    assert answer(stranger) == answer(nobody)
    assert answer(stranger)[0] == 404
    assert "/data/relationships/membership/data/id" in answer(stranger)[1]


def test_it_is_found_by_either_end(api: Any, make_segment: Make, make_membership: Make) -> None:
    gold, silver = make_segment("gold"), make_segment("silver")
    member = make_membership(gold, silver, external_id="m-1")
    make_membership(silver)
    place = SegmentMembership.objects.get(segment=gold)
    for query in (
        f"filter[segment]={gold.id}",
        "filter[segment.short_code]=gold",
        f"filter[membership]={member.id}&filter[segment.short_code]=gold",
        "filter[membership.external_id]=m-1&filter[segment.short_code]=gold",
    ):
        data = api.get(f"segment-memberships?{query}").json()["data"]
        assert [one["id"] for one in data] == [str(place.id)], query


def test_both_ends_are_linked_and_can_be_included(
    api: Any, make_segment: Make, make_membership: Make
) -> None:
    segment = make_segment()
    membership = make_membership(segment)
    document = api.get("segment-memberships?include=segment,membership.segments").json()
    (place,) = document["data"]
    linked = {name: place["relationships"][name]["data"] for name in place["relationships"]}
    assert linked == {
        "segment": {"type": "segments", "id": str(segment.id)},
        "membership": {"type": "memberships", "id": str(membership.id)},
    }
    included = [(one["type"], one["id"]) for one in document["included"]]
    assert included == [("memberships", str(membership.id)), ("segments", str(segment.id))]


def test_an_end_is_read_by_its_own_urls(
    api: Any, make_segment: Make, make_membership: Make
) -> None:
    segment = make_segment("gold")
    make_membership(segment)
    place = SegmentMembership.objects.get()
    related = api.get(f"segment-memberships/{place.id}/segment?fields[segments]=short_code")
    assert related.json()["data"]["attributes"] == {"short_code": "gold"}
    linkage = api.get(f"segment-memberships/{place.id}/relationships/segment").json()
    assert linkage["data"] == {"type": "segments", "id": str(segment.id)}


def test_it_moves_to_another_segment(api: Any, make_segment: Make, make_membership: Make) -> None:
    gold, silver = make_segment("gold"), make_segment("silver")
    make_membership(gold)
    place = SegmentMembership.objects.get()
    url = f"segment-memberships/{place.id}/relationships/segment"
    to = {"data": {"type": "segments", "id": str(silver.id)}}
    assert api.patch(url, to).status_code == 200
    place.refresh_from_db()
    assert place.segment == silver
    assert api.patch(url, {"data": None}).status_code == 422
    assert api.patch(url, {"data": [to["data"]]}).status_code == 400
    assert api.post(url, to).status_code == 405


def test_deleting_it_takes_the_membership_out_of_the_segment(
    api: Any, make_segment: Make, make_membership: Make
) -> None:
    segment = make_segment()
    make_membership(segment)
    place = SegmentMembership.objects.get()
    assert api.delete(f"segment-memberships/{place.id}").status_code == 200
    assert not Membership.objects.in_segment(segment).exists()
