"""``POST /api/offers/preview``: how many would see an offer now."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience
from audiences.services import redefine_audience
from offers.models import Offer

Make = Callable[..., Any]


def _ask(audiences: Any = None, offer: Any = None, **attributes: Any) -> dict[str, Any]:
    related: dict[str, Any] = {}
    if audiences is not None:
        linkage = [{"type": "audiences", "id": str(one.id)} for one in audiences]
        related["audiences"] = {"data": linkage}
    if offer is not None:
        related["offer"] = {"data": {"type": "offers", "id": str(offer.id)}}
    data = {"type": "offer-previews", "attributes": attributes, "relationships": related}
    return {"data": data}


@pytest.fixture
def preview(api: Any) -> Callable[..., Any]:
    def preview(*sent: Any, **attributes: Any) -> Any:
        response = api.post("offers/preview", _ask(*sent, **attributes))
        assert response.status_code == 200, response.content
        return response.json()["data"]["attributes"]

    return preview


@pytest.fixture
def audiences(make_membership: Make, make_audience: Make) -> list[Audience]:
    for count in range(10):
        make_membership(total_orders=count)
    ends = [("greater_or_equal", 4), ("less", 6)]
    return [
        make_audience("rules", rule={"field": "total_orders", "operator": operator, "value": value})
        for operator, value in ends
    ]


def test_those_in_all_the_audiences_are_counted(preview: Make, audiences: list[Audience]) -> None:
    found = preview(audiences)
    assert (found["count"], found["in_audiences"], found["everyone"]) == (2, 2, 10)
    assert (found["percent"], found["state"], found["exact"]) == (20.0, "live", True)
    first, then = found["sizes"]
    assert (first["id"], then["id"]) == tuple(str(one.id) for one in audiences)
    assert (first["size"], first["removes"], first["left"]) == (6, 4, 6)
    assert (then["size"], then["removes"], then["left"]) == (6, 4, 2)
    assert preview()["count"] == 10  # for everyone
    assert not Offer.objects.exists()


def test_an_offer_that_is_not_live_is_seen_by_nobody(preview: Make, audiences: Any) -> None:
    found = preview(audiences, publish_at="2999-01-01")
    assert (found["state"], found["count"], found["in_audiences"]) == ("unpublished", 0, 2)
    assert preview(audiences, discontinued=True)["state"] == "discontinued"


def test_what_is_left_out_is_the_offers_own(
    preview: Make, audiences: list[Audience], make_offer: Make
) -> None:
    offer = make_offer(audiences[0], discontinued=True)
    found = preview(None, offer)
    assert (found["state"], found["in_audiences"]) == ("discontinued", 6)
    assert preview(None, offer, discontinued=False)["count"] == 6
    assert preview([], offer, discontinued=False)["count"] == 10


def test_an_audience_that_is_not_in_force_lets_nobody_see_it(
    preview: Make, audiences: list[Audience]
) -> None:
    redefine_audience(audiences[0], enabled=False)
    found = preview(audiences)
    assert (found["count"], [one["size"] for one in found["sizes"]]) == (0, [0, 6])


def test_an_audience_that_the_key_may_not_see_counts_and_is_not_told(
    make_program: Make, audiences: list[Audience], make_offer: Make
) -> None:
    offer = make_offer(*audiences)
    redefine_audience(audiences[0], labels=["core/C9"])
    response = make_program(denied_labels=["core/C9"]).post("offers/preview", _ask(None, offer))
    data = response.json()["data"]
    assert data["attributes"]["count"] == 2
    assert [one["id"] for one in data["attributes"]["sizes"]] == [str(audiences[1].id)]
    assert data["relationships"]["audiences"]["data"] == [
        {"type": "audiences", "id": str(audiences[1].id)}
    ]


def test_an_audience_that_there_is_not_is_pointed_at(api: Any, space: Any) -> None:
    nothing = Audience(id=uuid.uuid4())
    response = api.post("offers/preview", _ask([nothing]))
    assert response.status_code == 404
    pointer = "/data/relationships/audiences/data/0/id"
    assert response.json()["errors"][0]["source"] == {"pointer": pointer}
