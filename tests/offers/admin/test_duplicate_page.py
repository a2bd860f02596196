"""A copy of an offer, and when it is shown."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from offers.models import Offer

Make = Callable[..., Any]


def test_a_copy_of_an_offer_is_seen_by_nobody_before_it_has_dates(
    colleague: Any, make_offer: Make, make_audience: Make
) -> None:
    audience = make_audience("age_within", minimum_age=60, maximum_age=None)
    offer = make_offer(audience, name="Wine club", external_id="wine-1")
    path = f"offers/offer/{offer.pk}/duplicate/"
    assert 'value="Copy of Wine club"' in colleague.page(path)
    answer = colleague.save(path, name="Copy of Wine club")
    copied = Offer.objects.get(name="Copy of Wine club")
    assert (copied.discontinued, list(copied.audiences.all())) == (True, [audience])
    assert answer.redirect_chain[-1][0] == f"/admin/offers/offer/{copied.pk}/change/"
    assert "Nobody sees it yet: it is discontinued." in answer.content.decode()

    colleague.save(path, name="In autumn", publish_at_0="2026-09-01", expire_at_0="2026-09-30")
    autumn = Offer.objects.get(name="In autumn")
    assert not autumn.discontinued
    assert autumn.expire_at == datetime.datetime(2026, 9, 30, 21, 59, 59, tzinfo=datetime.UTC)

    wrong = {"name": "Wrong", "publish_at_0": "2026-09-01", "expire_at_0": "2026-08-01"}
    assert "must expire after it is published" in colleague.save(path, **wrong).content.decode()
    assert "This field is required." in colleague.save(path, name="").content.decode()
    assert Offer.objects.count() == 3
