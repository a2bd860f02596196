"""An offer with one member's eyes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from segments.models import Membership, Space
from segments.services import save_row

Make = Callable[..., Any]


def test_an_offer_is_looked_at_with_a_member_s_eyes(
    colleague: Any, make_offer: Make, make_audience: Make, make_membership: Make, other_space: Space
) -> None:
    young = make_audience("age_within", minimum_age=18, maximum_age=35)
    offer = make_offer(young)
    ada = make_membership(full_name="Ada Ekberg", birthday="2000-05-04")
    elsewhere = save_row(Membership(space=other_space, external_id="s", full_name="Secret"))

    def told(**asked: Any) -> str:
        page = colleague.page(f"offers/offer/{offer.pk}/as-member/", **asked)
        whole = colleague.page(f"offers/offer/{offer.pk}/change/", **asked)
        answer = " ".join(re.sub("<[^>]+>", " ", page).split())
        assert answer in " ".join(re.sub("<[^>]+>", " ", whole).split())
        return answer

    assert told(member=ada.pk) == "Visible Ada Ekberg may see this offer now."
    later = told(member=ada.pk, at="2046-06-01T12:00")
    assert "Age restricted Ada Ekberg doesn't see this offer on 1 Jun 2046, 12:00" in later
    assert later.endswith("Only for members aged 18 to 35.")
    assert told(member="") == "Pick a member first."
    assert told(member=elsewhere.pk) == "There is no such member in this space. Pick another."
    assert "“soon” is not a date and time" in told(member=ada.pk, at="soon")
