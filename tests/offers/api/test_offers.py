"""``/api/offers``."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from offers.models import Offer

Make = Callable[..., Any]


def _to(*audiences: Any) -> dict[str, Any]:
    return {"data": [{"type": "audiences", "id": str(one.id)} for one in audiences]}


def test_one_is_made_with_its_audiences(api: Any, make_audience: Make) -> None:
    adults = make_audience("age_within", minimum_age=18)
    attributes = {
        "name": "Free coffee",
        "external_id": "coffee",
        "category": "in-store",
        "description": "One cup",
        "publish_at": "2026-05-01T08:00:00+02:00",
        "expire_at": None,
        "discontinued": False,
        "custom_data": {"image": "cup.png"},
    }
    relationships = {"audiences": _to(adults)}
    sent = {"data": {"type": "offers", "attributes": attributes, "relationships": relationships}}
    response = api.post("offers", sent)
    assert response.status_code == 201, response.content
    data = response.json()["data"]
    shown = attributes | {"publish_at": "2026-05-01T06:00:00Z"}
    assert data["attributes"].items() >= shown.items()
    assert data["relationships"]["audiences"]["data"] == _to(adults)["data"]
    assert list(Offer.objects.get().audiences.all()) == [adults]


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({}, "name"),
        ({"name": "x", "external_id": ""}, "external_id"),
        ({"name": "x", "external_id": "taken"}, "external_id"),
        ({"name": "x", "publish_at": "soon"}, "publish_at"),
        ({"name": "x", "publish_at": "2026-05-02", "expire_at": "2026-05-01"}, "expire_at"),
        ({"name": "x", "custom_data": "x"}, "custom_data"),
        ({"name": "x", "discontinued": "perhaps"}, "discontinued"),
        ({"name": "x" * 256}, "name"),
    ],
)
def test_what_is_not_possible_is_pointed_at(
    api: Any, make_offer: Make, attributes: dict[str, Any], name: str
) -> None:
    make_offer(external_id="taken")
    response = api.post("offers", {"data": {"type": "offers", "attributes": attributes}})
    assert response.status_code == 422, response.content
    (error,) = response.json()["errors"]
    assert error["source"] == {"pointer": f"/data/attributes/{name}"}


def test_its_audiences_are_changed_with_it_or_through_the_relationship(
    api: Any, make_offer: Make, make_audience: Make
) -> None:
    young = make_audience("age_within", maximum_age=30)
    adult = make_audience("age_within", minimum_age=18)
    offer = make_offer(young)
    url = f"offers/{offer.id}/relationships/audiences"

    def aimed_at() -> set[Any]:
        return set(offer.audiences.all())

    api.post(url, _to(adult))
    assert aimed_at() == {young, adult}
    api.delete(url, _to(young))
    assert aimed_at() == {adult}
    api.patch(url, _to(young))
    assert aimed_at() == {young}
    data = {"type": "offers", "id": str(offer.id)}
    api.patch(f"offers/{offer.id}", {"data": data | {"attributes": {"name": "New"}}})
    assert aimed_at() == {young}
    whole = {"data": data | {"relationships": {"audiences": _to(adult)}}}
    changed = api.patch(f"offers/{offer.id}", whole).json()["data"]
    assert aimed_at() == {adult}
    assert changed["attributes"]["name"] == "New"


def test_a_list_is_filtered(api: Any, make_offer: Make, make_audience: Make) -> None:
    adults = make_audience("age_within", minimum_age=18)
    day = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)
    make_offer(adults, name="a", category="food", publish_at=day)
    make_offer(name="b", category="drink", expire_at=day)
    make_offer(name="c", discontinued=True, external_id="c")

    def found(query: str) -> list[str]:
        response = api.get(f"offers?{query}")
        assert response.status_code == 200, response.content
        return [one["attributes"]["name"] for one in response.json()["data"]]

    assert found("filter[category]=food") == ["a"]
    assert found("filter[category.in]=food,drink") == ["a", "b"]
    assert found(f"filter[audience]={adults.id}") == ["a"]
    assert found("filter[discontinued]=true") == ["c"]
    assert found("filter[publish_at.gte]=2026-05-01") == ["a"]
    assert found("filter[publish_at.isnull]=false") == ["a"]
    assert found("filter[expire_at.lt]=2026-05-02T00:00:00Z") == ["b"]
    assert found("sort=-name") == ["c", "b", "a"]


def test_a_filter_with_a_value_that_it_can_not_read_is_refused(api: Any) -> None:
    for query in ("filter[discontinued]=perhaps", "filter[publish_at.gte]=soon", "filter[name]="):
        response = api.get(f"offers?{query}")
        assert response.status_code == 400, query
        (error,) = response.json()["errors"]
        assert error["source"] == {"parameter": query.partition("=")[0]}
