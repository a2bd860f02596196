"""How many may see offers, and what each of their audiences takes out."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audience_platform.models import StaffLabels
from audiences.services import redefine_audience, refresh_space
from segments.models import Space

Make = Callable[..., Any]


def test_how_many_may_see_it_is_counted_with_its_moment(
    colleague: Any, make_offer: Make, make_audience: Make, make_membership: Make
) -> None:
    for birthday in (None, "2000-01-01", "1950-01-01"):
        make_membership(birthday=birthday)
    elders = make_audience("age_within", minimum_age=60, maximum_age=None)
    day = datetime.timedelta(days=1)
    now = timezone.now()

    def told(**values: Any) -> str:
        offer = make_offer(elders, **values)
        return " ".join(colleague.page(f"offers/offer/{offer.pk}/viewers/").split())

    assert "1</span> of 3 members may see it now." in told()
    assert "Counted " in told()
    assert "1</span> of 3 members may see it when it starts." in told(publish_at=now + day)
    assert "0</span> of 3 members may see it: it is over." in told(expire_at=now - day)
    assert "may see it: it is discontinued." in told(discontinued=True)


def test_each_audience_says_what_it_takes_out_by_itself_and_in_its_place(
    colleague: Any, make_offer: Make, make_audience: Make, make_membership: Make
) -> None:
    for count in range(10):
        make_membership(total_orders=count)
    ends = [("greater_or_equal", 4), ("less", 6)]
    audiences = [
        make_audience("rules", rule={"field": "total_orders", "operator": operator, "value": value})
        for operator, value in ends
    ]
    offer = make_offer(*audiences)
    page = colleague.page(f"offers/offer/{offer.pk}/viewers/")
    rows = [re.findall(r"([\d,]+)</td>", row) for row in page.split("<tr>")[2:]]
    assert rows == [["10", "10"], ["6", "4", "4", "6"], ["6", "4", "4", "2"]]
    for audience in audiences:
        assert f"/admin/audiences/audience/{audience.pk}/change/" in page
    assert "2 (20.0 %) are in all of its 2 audiences." in page


def test_an_audience_that_is_not_in_force_is_told_to_hold_nobody(
    colleague: Any, make_offer: Make, make_audience: Make
) -> None:
    audience = make_audience("age_within", minimum_age=60, maximum_age=None)
    offer = make_offer(audience)
    page = f"offers/offer/{offer.pk}/change/"
    assert "not in force" not in colleague.page(page)
    redefine_audience(audience, enabled=False)
    assert "not in force: it holds nobody" in colleague.page(page)


def test_what_one_may_not_see_of_its_audiences_is_not_told(
    colleague: Any, make_offer: Make, make_audience: Make
) -> None:
    user = User.objects.get()
    StaffLabels.objects.create(user=user, denied_labels=["core/C9"])
    audience = make_audience("age_within", minimum_age=60, maximum_age=None, name="Secret")
    redefine_audience(audience, labels=["core/C9"])
    offer = make_offer(audience)
    for page in ("", f"{offer.pk}/change/", f"{offer.pk}/viewers/"):
        shown = colleague.page(f"offers/offer/{page}")
        assert "n an audience that you may not see" in shown
        assert "Secret" not in shown
        assert "60 or over" not in shown


def test_the_list_s_counts_come_after_it_from_the_sets_alone(
    colleague: Any,
    space: Space,
    make_offer: Make,
    make_audience: Make,
    make_membership: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for birthday in ("2000-01-01", "1950-01-01", None):
        make_membership(birthday=birthday)
    elders = make_audience("age_within", minimum_age=60, maximum_age=None)
    numbers = [make_offer(elders).pk, make_offer().pk]
    monkeypatch.setattr("audiences.services.now.work_out", None)

    def counts() -> list[str]:
        page = colleague.page("offers/offer/counts/", number=numbers)
        return re.findall(r'id="viewers-\d+"[^>]*>(?:<span class="quiet">)?([^<]+)', page)

    assert set(counts()) == {"on its page", "3"}  # the audience was not worked out yet
    refresh_space(space=space, now=timezone.now())
    assert set(counts()) == {"1", "3"}
    redefine_audience(elders, enabled=False)
    assert set(counts()) == {"0", "3"}


def test_the_counts_of_a_page_take_as_many_queries_as_those_of_one_offer(
    colleague: Any, space: Space, make_offer: Make, make_audience: Make
) -> None:
    audiences = [
        make_audience("age_within", minimum_age=age, maximum_age=None) for age in range(18, 28)
    ]
    offers = [make_offer(*audiences[:2])] + [make_offer(audience) for audience in audiences]
    refresh_space(space=space, now=timezone.now())
    numbers = [offer.pk for offer in offers]
    paths: dict[str, Any] = {"offers/offer/counts/": {"number": numbers}, "offers/offer/": {}}
    for path, asked in paths.items():
        colleague.page(path, **asked)
        with CaptureQueriesContext(connection) as many:
            colleague.page(path, **asked)
        with CaptureQueriesContext(connection) as one:
            first = {"number": numbers[:1]} if asked else {"q": offers[0].name}
            colleague.page(path, **first)
        assert len(many) == len(one), path
