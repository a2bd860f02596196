"""Members put into an audience, or kept out of it, by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience, Listed
from audiences.services.by_hand import listed_memberships
from audiences.services.tiers import make_tiers
from segments.models import Space

Make = Callable[..., Any]


@pytest.fixture
def grown(make_audience: Make) -> Audience:
    made: Audience = make_audience("age_within", minimum_age=18, name="Grown up")
    return made


def page(audience: Audience, listed: str = "included") -> str:
    return f"audiences/audience/{audience.pk}/by-hand/{listed}/"


def on_list(audience: Audience, listed: Listed) -> list[str]:
    rows = listed_memberships(audience=audience, listed=listed).order_by("external_id")
    return list(rows.values_list("external_id", flat=True))


def test_people_are_put_in_and_kept_out_and_left_to_the_rule(
    colleague: Any, grown: Audience, make_membership: Make
) -> None:
    ann = make_membership(external_id="a", full_name="Ann")
    make_membership(external_id="b", email="bea@x.org")
    assert "Nobody yet. Paste who it shall be above." in colleague.page(page(grown))
    answer = colleague.save(page(grown), people="a\nbea@x.org")
    assert "Put in by hand: 2 members more." in answer.content.decode()
    assert "Ann</a>" in answer.content.decode()
    assert on_list(grown, Listed.INCLUDED) == ["a", "b"]
    colleague.save(page(grown, "excluded"), people="b")
    assert on_list(grown, Listed.INCLUDED) == ["a"]
    assert on_list(grown, Listed.EXCLUDED) == ["b"]
    panel = colleague.page(f"audiences/audience/{grown.pk}/change/")
    assert f'href="/admin/{page(grown)}">Put in by hand</a> <span class="quiet">1</span>' in panel
    answer = colleague.save(page(grown), member=[ann.pk])
    assert "1 member left to the rule again." in answer.content.decode()
    assert on_list(grown, Listed.INCLUDED) == []
    assert "tick those to leave" in colleague.save(page(grown)).content.decode()


def test_who_is_not_known_is_named_and_nobody_is_listed(
    colleague: Any, grown: Audience, make_membership: Make
) -> None:
    make_membership(external_id="a")
    answer = colleague.save(page(grown), people="a, z")
    assert "1 of 2 are nobody of this space: z." in answer.content.decode()
    assert on_list(grown, Listed.INCLUDED) == []


def test_who_is_in_a_tier_follows_from_its_bounds(colleague: Any, space: Space) -> None:
    group = make_tiers(
        space=space, name="By orders", attribute="total_orders", tiers=[{"name": "All", "start": 0}]
    )
    tier = Audience.objects.get(place__group=group)
    assert "by-hand" not in colleague.page(f"audiences/audience/{tier.pk}/change/")
    assert colleague.get(f"/admin/{page(tier)}").status_code == 404
    assert colleague.get(f"/admin/{page(tier, 'nobody')}").status_code == 404


@pytest.mark.parametrize("after", ["x", "9" * 25, "9" * 5000, "-1"])
def test_a_place_that_there_is_not_is_the_beginning(
    colleague: Any, grown: Audience, after: str
) -> None:
    assert colleague.get(f"/admin/{page(grown)}", {"after": after}).status_code == 200
