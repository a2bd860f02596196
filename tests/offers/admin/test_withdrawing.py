"""Ticked offers, discontinued and put back."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from offers.models import Offer

Make = Callable[..., Any]


def test_ticked_offers_are_discontinued_and_put_back_after_saying_what_that_does(
    colleague: Any, make_offer: Make, make_membership: Make
) -> None:
    make_membership()
    now = timezone.now()
    day = datetime.timedelta(days=1)
    live = make_offer(name="Live one")
    over = make_offer(name="Over", expire_at=now - day)
    off = make_offer(name="Off", discontinued=True, expire_at=now + 3 * day)
    ticked = {"_selected_action": [live.pk, over.pk, off.pk]}

    def send(action: str, **sent: str) -> str:
        answer = colleague.save("offers/offer/", action=action, **ticked, **sent)
        return " ".join(re.sub("<[^>]+>", " ", answer.content.decode()).split())

    asked = send("discontinue")
    assert "Discontinue 2 offers?" in asked
    assert "Live one Live Discontinued withdrawn, whatever its dates 1 now, then nobody" in asked
    assert "Off Discontinued as it is as now" in asked
    assert not Offer.objects.get(pk=live.pk).discontinued
    assert "2 offers are discontinued" in send("discontinue", confirmed="yes")
    assert Offer.objects.filter(discontinued=True).count() == 3

    asked = send("put_back")
    assert "Put back 3 offers?" in asked
    assert "Off Discontinued Live ends in 3 days nobody now, then at once 1" in asked
    assert "Over Discontinued Ended ended 1 day ago nobody, now and then" in asked
    assert "3 offers are put back" in send("put_back", confirmed="yes")
    assert not Offer.objects.filter(discontinued=True).exists()
    assert "Nothing would change" in send("put_back")
