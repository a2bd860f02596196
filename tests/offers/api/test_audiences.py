"""``/api/audiences``: the guide “Offer Audiences” to the letter, and what goes beyond it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiences.models import Audience
from offers.models import Offer
from offers.services import aim
from segments.models import Segment, Space
from segments.services import save_row

Make = Callable[..., Any]

# The three full payloads of the guide, as it spells them.
AGE_WITHIN = """
{
  "data": {
    "type": "audiences",
    "attributes": {
      "audience_type": "age_within",
      "configuration": {
        "minimum_age": 18,
        "maximum_age": null
      }
    },
    "relationships": {
      "offer": {
        "data": {
          "type": "offers",
          "id": "d7aa712d-e28b-4b53-b2b0-496e029fe743"
        }
      }
    }
  }
}
"""
IN_ALL_SEGMENTS = """
{
  "data": {
    "type": "audiences",
    "attributes": {
      "audience_type": "in_all_segments",
      "configuration": {
      "segments": ["ad629e56-cafb-487e-9d88-93ee0e2147ea", "86d2ba4a-33e5-4635-b8a2-5ec431368f6a"]
      }
    },
    "relationships": {
      "offer": {
        "data": {
          "type": "offers",
          "id": "d7aa712d-e28b-4b53-b2b0-496e029fe743"
        }
      }
    }
  }
}
"""
IN_ANY_SEGMENT = IN_ALL_SEGMENTS.replace("in_all_segments", "in_any_segment")


@pytest.fixture
def guide(space: Space) -> Offer:
    """The offer and the segments that the guide takes for granted, made with their ids."""
    for id in ("ad629e56-cafb-487e-9d88-93ee0e2147ea", "86d2ba4a-33e5-4635-b8a2-5ec431368f6a"):
        save_row(Segment(space=space, id=uuid.UUID(id)), short_code=id[:8], name=id[:4])
    offer = Offer(space=space, id=uuid.UUID("d7aa712d-e28b-4b53-b2b0-496e029fe743"))
    return save_row(offer, name="Guide")


@pytest.mark.parametrize("payload", [AGE_WITHIN, IN_ALL_SEGMENTS, IN_ANY_SEGMENT])
def test_the_payloads_of_the_guide_work_to_the_letter(api: Any, guide: Offer, payload: str) -> None:
    response = api.post("audiences", body=payload.encode())
    assert response.status_code == 201, response.content
    sent, data = json.loads(payload)["data"], response.json()["data"]
    assert data["attributes"].items() >= sent["attributes"].items()
    assert data["relationships"]["offer"]["data"] == sent["relationships"]["offer"]["data"]
    (audience,) = guide.audiences.all()
    assert str(audience.id) == data["id"]


def _new(audience_type: str, relationships: Any = None, **configuration: Any) -> dict[str, Any]:
    attributes = {"audience_type": audience_type, "configuration": configuration}
    data = {"type": "audiences", "attributes": attributes}
    return {"data": data | ({"relationships": relationships} if relationships else {})}


def _to(*offers: Offer) -> list[dict[str, str]]:
    return [{"type": "offers", "id": str(offer.id)} for offer in offers]


@pytest.mark.parametrize(
    ("audience_type", "configuration", "places"),
    [
        ("age_within", {"minimum_age": "old"}, ["/minimum_age"]),
        ("age_within", {"minimum_age": -1, "maximum_age": 124}, ["/minimum_age", "/maximum_age"]),
        ("age_within", {"minimum_age": 35, "maximum_age": 18}, ["/minimum_age"]),
        ("age_within", {"minimum_age": None, "maximum_age": None}, [""]),
        ("age_within", {"minimum_age": 18, "a/b~c": 1}, ["/a~1b~0c"]),
        ("in_all_segments", {}, ["/segments"]),
        ("in_any_segment", {"segments": []}, ["/segments"]),
        ("in_any_segment", {"segments": ["gold", 3]}, ["/segments/0", "/segments/1"]),
        ("in_all_segments", {"segments": [str(uuid.UUID(int=7))]}, ["/segments/0"]),
    ],
)
def test_what_is_wrong_in_a_configuration_is_pointed_at(
    api: Any, space: Space, audience_type: str, configuration: Any, places: list[str]
) -> None:
    response = api.post("audiences", _new(audience_type, **configuration))
    assert response.status_code == 422
    pointers = {error["source"]["pointer"] for error in response.json()["errors"]}
    assert pointers == {f"/data/attributes/configuration{place}" for place in places}
    assert not Audience.objects.exists()


def test_a_segment_of_another_space_is_like_one_that_there_is_not(
    api: Any, space: Space, other_space: Space
) -> None:
    stranger = save_row(Segment(space=other_space), short_code="x", name="x").id
    nothing = uuid.uuid4()

    def answer(id: uuid.UUID) -> tuple[int, str]:
        response = api.post("audiences", _new("in_all_segments", segments=[str(id)]))
        return response.status_code, response.content.decode().replace(str(id), "ID")

    assert answer(stranger) == answer(nothing)


@pytest.mark.parametrize("audience_type", ["age_outside", "", None, 3, ["age_within"]])
def test_a_type_that_there_is_not_is_pointed_at(api: Any, audience_type: Any) -> None:
    response = api.post("audiences", _new(audience_type, minimum_age=18))
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["source"] == {"pointer": "/data/attributes/audience_type"}


def test_an_offer_that_there_is_not_is_pointed_at_and_no_audience_made(
    api: Any, space: Space, other_space: Space
) -> None:
    stranger = save_row(Offer(space=other_space), name="x")
    relationships = {"offer": {"data": _to(stranger)[0]}}
    response = api.post("audiences", _new("age_within", relationships, minimum_age=18))
    assert response.status_code == 404
    (error,) = response.json()["errors"]
    assert error["source"] == {"pointer": "/data/relationships/offer/data/id"}
    assert not Audience.objects.exists()


def test_several_offers_can_be_given(api: Any, make_offer: Make) -> None:
    one, two = make_offer(), make_offer()
    relationships = {"offers": {"data": _to(one, two)}}
    data = api.post("audiences", _new("age_within", relationships, minimum_age=18)).json()["data"]
    assert data["relationships"]["offers"]["data"] == _to(one, two)
    assert data["relationships"]["offer"]["data"] == _to(one)[0]


def test_the_offer_shown_is_the_one_that_was_first(
    api: Any, make_audience: Make, make_offer: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18)
    older, newer = make_offer(), make_offer()
    aim(offer=newer, audiences=[audience])
    aim(offer=older, audiences=[audience])
    relationships = api.get(f"audiences/{audience.id}").json()["data"]["relationships"]
    assert relationships["offer"]["data"] == _to(newer)[0]
    assert api.get(f"audiences/{audience.id}/offer").json()["data"]["id"] == str(newer.id)


def test_an_audience_without_offer_says_so(api: Any, make_audience: Make) -> None:
    audience = make_audience("age_within", minimum_age=18)
    relationships = api.get(f"audiences/{audience.id}").json()["data"]["relationships"]
    assert relationships["offer"]["data"] is None
    assert relationships["offers"]["data"] == []
    assert api.get(f"audiences/{audience.id}/offer").json()["data"] is None
    assert api.get(f"audiences/{audience.id}/relationships/offer").json()["data"] is None


def test_its_one_offer_is_changed_through_the_relationship(
    api: Any, make_audience: Make, make_offer: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18)
    one, two = make_offer(audience), make_offer()
    url = f"audiences/{audience.id}/relationships/offer"
    assert api.patch(url, {"data": _to(two)[0]}).status_code == 200
    assert (one.audiences.count(), two.audiences.count()) == (0, 1)
    assert api.patch(url, {"data": None}).status_code == 200
    assert two.audiences.count() == 0


def test_the_one_offer_of_several_is_not_guessed(
    api: Any, make_audience: Make, make_offer: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18)
    one, two = make_offer(audience), make_offer(audience)
    url = f"audiences/{audience.id}/relationships/offer"
    assert api.patch(url, {"data": _to(two)[0]}).status_code == 409
    assert (one.audiences.count(), two.audiences.count()) == (1, 1)


def test_its_offers_are_changed_through_the_relationship(
    api: Any, make_audience: Make, make_offer: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18)
    one, two, three = make_offer(audience), make_offer(), make_offer()
    url = f"audiences/{audience.id}/relationships/offers"

    def used_by() -> set[Offer]:
        return set(Offer.objects.aimed_at(audience))

    api.post(url, {"data": _to(two)})
    assert used_by() == {one, two}
    api.patch(url, {"data": _to(two, three)})
    assert used_by() == {two, three}
    api.delete(url, {"data": _to(two)})
    assert used_by() == {three}
    assert [row["id"] for row in api.get(url).json()["data"]] == [str(three.id)]
    related = api.get(f"audiences/{audience.id}/offers?fields[offers]=name").json()["data"]
    assert [row["attributes"] for row in related] == [{"name": three.name}]


def test_the_segments_follow_from_the_configuration(
    api: Any, make_audience: Make, make_segment: Make
) -> None:
    gold, silver = make_segment("gold"), make_segment("silver")
    audience = make_audience("in_any_segment", segments=[str(gold.id), str(silver.id)])
    data = api.get(f"audiences/{audience.id}").json()["data"]
    linked = data["relationships"]["segments"]["data"]
    assert {one["id"] for one in linked} == {str(gold.id), str(silver.id)}
    assert data["attributes"]["summary"] == "in gold or silver"
    url = f"audiences/{audience.id}/relationships/segments"
    assert len(api.get(url).json()["data"]) == 2
    assert api.post(url, {"data": linked}).status_code == 403
    assert api.patch(f"audiences/{audience.id}", {"data": data}).status_code == 200


def test_segments_other_than_the_configurations_are_refused(
    api: Any, make_audience: Make, make_segment: Make
) -> None:
    gold, silver = make_segment("gold"), make_segment("silver")
    audience = make_audience("in_any_segment", segments=[str(gold.id)])
    data = api.get(f"audiences/{audience.id}").json()["data"]
    data["relationships"]["segments"]["data"][0]["id"] = str(silver.id)
    response = api.patch(f"audiences/{audience.id}", {"data": data})
    assert response.status_code == 403
    (error,) = response.json()["errors"]
    assert error["source"] == {"pointer": "/data/relationships/segments"}


def test_a_change_replaces_the_configuration_whole(api: Any, make_audience: Make) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=35)
    data = {
        "type": "audiences",
        "id": str(audience.id),
        "attributes": {"configuration": {"minimum_age": 21}},
    }
    changed = api.patch(f"audiences/{audience.id}", {"data": data}).json()["data"]["attributes"]
    assert changed["configuration"] == {"minimum_age": 21, "maximum_age": None}
    assert changed["summary"] == "aged 21 or over"


def test_a_change_of_type_alone_must_fit_the_configuration(api: Any, make_audience: Make) -> None:
    audience = make_audience("age_within", minimum_age=18)
    data = {
        "type": "audiences",
        "id": str(audience.id),
        "attributes": {"audience_type": "in_all_segments"},
    }
    response = api.patch(f"audiences/{audience.id}", {"data": data})
    assert response.status_code == 422
    pointers = {error["source"]["pointer"] for error in response.json()["errors"]}
    assert "/data/attributes/configuration/segments" in pointers


def test_an_audience_in_use_is_not_deleted(api: Any, make_audience: Make, make_offer: Make) -> None:
    audience = make_audience("age_within", minimum_age=18)
    offer = make_offer(audience, name="Coffee")
    response = api.delete(f"audiences/{audience.id}")
    assert response.status_code == 409
    users = [{"type": "offers", "id": str(offer.id), "name": "Coffee"}]
    assert response.json()["errors"][0]["meta"] == {"used_by": users}
    assert api.delete(f"offers/{offer.id}").status_code == 200
    assert api.delete(f"audiences/{audience.id}").status_code == 200
    assert not Audience.objects.exists()


def test_who_uses_an_audience_is_told_in_as_many_queries_however_many(
    api: Any, make_audience: Make, make_offer: Make
) -> None:
    def queries(audience: Audience) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.delete(f"audiences/{audience.id}").status_code == 409
        return len(captured)

    few, many = (make_audience("age_within", minimum_age=age) for age in (18, 21))
    for audience, count in ((few, 1), (many, 5)):
        for _ in range(count):
            make_offer(audience)
            make_audience("rules", rule={"in_audience": str(audience.id)})
    assert queries(few) == queries(many)


def test_a_list_is_filtered(
    api: Any, make_audience: Make, make_offer: Make, make_segment: Make
) -> None:
    gold = make_segment("gold")
    adults = make_audience("age_within", minimum_age=18, name="Adults")
    golden = make_audience("in_any_segment", segments=[str(gold.id)], name="Golden")
    offer = make_offer(adults)

    def found(query: str) -> list[str]:
        data = api.get(f"audiences?{query}").json()["data"]
        return [one["attributes"]["name"] for one in data]

    assert found("filter[audience_type]=age_within") == ["Adults"]
    assert found(f"filter[segment]={gold.id}") == ["Golden"]
    assert found(f"filter[offer]={offer.id}") == ["Adults"]
    assert found("filter[search]=gold") == ["Golden"]
    assert found("sort=-name") == ["Golden", "Adults"]
    assert golden.name == "Golden"


def test_all_that_is_related_comes_in_one_request(
    api: Any, make_audience: Make, make_offer: Make, make_segment: Make
) -> None:
    gold = make_segment("gold")
    audience = make_audience("in_any_segment", segments=[str(gold.id)])
    other = make_audience("age_within", minimum_age=18)
    offer = make_offer(audience, other)
    path = f"audiences/{audience.id}?include=offer,offers.audiences.segments,segments"
    document = api.get(path).json()
    included = [(one["type"], one["id"]) for one in document["included"]]
    assert included == [
        ("audiences", str(other.id)),
        ("offers", str(offer.id)),
        ("segments", str(gold.id)),
    ]
    assert document["included"][0]["attributes"]["summary"] == "aged 18 or over"


def test_offers_are_named_by_external_id_too(
    api: Any, make_audience: Make, make_offer: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18)
    coffee, nameless = make_offer(external_id="coffee"), make_offer()
    url = f"audiences/{audience.id}/relationships/offers"
    coffees = {"type": "offers", "meta": {"external_id": "coffee"}}
    assert api.post(url, {"data": [coffees, *_to(nameless)]}).status_code == 200
    assert set(Offer.objects.aimed_at(audience)) == {coffee, nameless}
    no_id = {"type": "offers", "id": "none"}
    response = api.post(url, {"data": [no_id, coffees, *_to(nameless)]})
    assert response.status_code == 404
    (error,) = response.json()["errors"]
    assert error["source"] == {"pointer": "/data/0/id"}
