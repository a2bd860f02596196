"""``POST /api/offers/ID/duplicate``: another offer like one."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from audience_platform.models import Scope
from offers.models import Offer

Make = Callable[..., Any]


def _asked(**attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "offer-duplicates", "attributes": attributes}}


@pytest.fixture
def offer(make_offer: Make, make_audience: Make) -> Offer:
    ages = make_audience("age_within", minimum_age=18, maximum_age=35)
    made: Offer = make_offer(
        ages,
        name="Wine club",
        external_id="wine-1",
        category="coupons",
        description="Six bottles.",
        custom_data={"colour": "red"},
        publish_at=datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC),
    )
    return made


def test_the_copy_is_like_it_and_nobody_sees_it_yet(api: Any, offer: Offer) -> None:
    response = api.post(f"offers/{offer.id}/duplicate?include=audiences")
    assert response.status_code == 201
    made = response.json()["data"]
    assert response.headers["Location"] == made["links"]["self"]
    assert made["type"] == "offers"
    told = made["attributes"]
    assert (told["name"], told["category"]) == ("Copy of Wine club", "coupons")
    assert (told["description"], told["custom_data"]) == ("Six bottles.", {"colour": "red"})
    assert (told["publish_at"], told["expire_at"], told["external_id"]) == (None, None, None)
    assert told["discontinued"] is True
    assert response.json()["included"][0]["attributes"]["audience_type"] == "age_within"
    copy = Offer.objects.get(id=made["id"])
    assert list(copy.audiences.all()) == list(offer.audiences.all())
    offer.refresh_from_db()
    assert (offer.name, offer.discontinued) == ("Wine club", False)


def test_given_dates_it_is_shown_then(api: Any, offer: Offer) -> None:
    sent = _asked(name="Wine club in autumn", publish_at="2026-09-01", expire_at="2026-10-01")
    told = api.post(f"offers/{offer.id}/duplicate", sent).json()["data"]["attributes"]
    assert told["name"] == "Wine club in autumn"
    assert told["publish_at"].startswith("2026-08-31T22:00:00")  # midnight in the space
    assert told["discontinued"] is False


def test_dates_the_wrong_way_round_are_pointed_at_and_nothing_is_made(
    api: Any, offer: Offer
) -> None:
    sent = _asked(publish_at="2026-10-01", expire_at="2026-09-01")
    response = api.post(f"offers/{offer.id}/duplicate", sent)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["source"] == {"pointer": "/data/attributes/expire_at"}
    assert Offer.objects.count() == 1


def test_a_very_long_name_is_cut(api: Any, make_offer: Make) -> None:
    offer = make_offer(name="x" * 255)
    made = api.post(f"offers/{offer.id}/duplicate").json()["data"]
    assert made["attributes"]["name"] == f"Copy of {'x' * 247}"


def test_a_key_that_may_only_read_makes_none(make_program: Make, offer: Offer) -> None:
    reader = make_program(scope=Scope.READ)
    assert reader.post(f"offers/{offer.id}/duplicate").status_code == 403


def test_an_offer_of_another_space_is_not_there(
    make_program: Make, other_space: Any, offer: Offer
) -> None:
    assert make_program(other_space).post(f"offers/{offer.id}/duplicate").status_code == 404
    assert Offer.objects.count() == 1


def test_audiences_that_the_key_may_not_see_go_along(make_program: Make, offer: Offer) -> None:
    offer.audiences.update(labels=["core/C9"])
    kept = make_program(denied_labels=["core/C9"])
    made = kept.post(f"offers/{offer.id}/duplicate").json()["data"]
    assert made["relationships"]["audiences"]["data"] == []
    assert Offer.objects.get(id=made["id"]).audiences.count() == 1
