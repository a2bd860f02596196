"""What the page of tiers asks of the admin as one edits."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiences.models import AudienceGroup
from audiences.services.groups import audiences_of_group, make_group
from audiences.services.tiers import make_tiers
from segments.models import Space

Make = Callable[..., Any]
SHAPE = "/admin/audiences/audiencegroup/tier-shape/"
MOVES = "/admin/audiences/audiencegroup/tier-moves/"


@pytest.fixture
def loyalty(space: Space, make_membership: Make) -> AudienceGroup:
    for count in range(30):
        make_membership(total_orders=count)
    tiers = [{"name": "Bronze", "start": 0, "end": 10}, {"name": "Gold", "start": 10, "end": None}]
    return make_tiers(space=space, name="Loyalty", attribute="total_orders", tiers=tiers)


def form(space: Space, *rows: tuple[Any, str, Any], **others: Any) -> dict[str, Any]:
    return {
        "space": space.pk,
        "group": "",
        "attribute": "total_orders",
        "last_end": "",
        "tier_id": [str(audience.id) if audience else "" for audience, _, _ in rows],
        "tier_name": [name for _, name, _ in rows],
        "tier_start": [str(start) for _, _, start in rows],
        **others,
    }


def test_the_shape_has_bars_of_all_and_of_the_middle(
    colleague: Any, space: Space, make_membership: Make
) -> None:
    for value in ("0", "2.50", "2.50", "9.99"):
        make_membership(total_order_value=value)
    told = colleague.get(SHAPE, {"space": space.pk, "attribute": "total_order_value"}).json()
    assert (told["at"], told["below"], told["exact"]) == ([0, 2.5, 9.99], [0, 1, 3], True)
    assert (told["members"], told["everyone"], told["unit"], told["days"]) == (4, 4, 0.01, False)
    assert sum(told["whole"]["counts"]) == 4
    assert told["middle"]["bounds"] == told["whole"]["bounds"]


def test_days_are_counted_from_1970_and_who_has_none_is_told(
    colleague: Any, space: Space, make_membership: Make
) -> None:
    make_membership(birthday=datetime.date(1970, 1, 11))
    make_membership()
    told = colleague.get(SHAPE, {"space": space.pk, "attribute": "birthday"}).json()
    assert (told["days"], told["at"], told["first"]) == (True, [10], "1900-01-01")
    assert (told["members"], told["everyone"]) == (1, 2)


def test_of_what_nobody_has_there_is_no_shape(colleague: Any, space: Space) -> None:
    asked = {"space": space.pk, "attribute": "metadata.points"}
    assert colleague.get(SHAPE, asked).json() == {}


@pytest.mark.parametrize("attribute", ["email", "nothing", ""])
def test_what_has_no_order_has_no_shape(colleague: Any, space: Space, attribute: str) -> None:
    asked = {"space": space.pk, "attribute": attribute}
    assert colleague.get(SHAPE, asked).status_code == 404


def test_who_would_move_is_told_and_lets_it_be_saved_as_it_was(
    colleague: Any, space: Space, loyalty: AudienceGroup
) -> None:
    bronze, gold = audiences_of_group(loyalty)
    rows = (bronze, "Bronze", 0), (gold, "Gold", 25)
    sent = form(space, *rows, group=loyalty.pk, name="Loyalty")
    told = colleague.post(MOVES, sent).json()
    assert (told["problems"], told["then"], told["outside"]) == ({}, [25, 5], 0)
    assert "<strong>15</strong> of 30 members would be in another tier" in told["moves"]
    gold.refresh_from_db()
    assert gold.configuration["start"] == 10
    page = f"audiences/audiencegroup/{loyalty.pk}/change/"
    colleague.save(page, **sent, action="save", seen=told["seen"])
    gold.refresh_from_db()
    assert gold.configuration["start"] == 25


def test_of_new_tiers_it_is_told_who_would_be_in_which(
    colleague: Any, space: Space, loyalty: AudienceGroup
) -> None:
    told = colleague.post(MOVES, form(space, (None, "Low", 0), (None, "High", 3))).json()
    assert told["then"] == [3, 27]
    assert "<strong>30</strong> of 30 members would be in a tier" in told["moves"]


def test_what_is_wrong_is_told_by_the_input_and_nothing_else(
    colleague: Any, space: Space, loyalty: AudienceGroup
) -> None:
    rows = (None, "", 0), (None, "", ""), (None, "High", "x")
    told = colleague.post(MOVES, form(space, *rows)).json()
    assert told.keys() == {"problems"}
    assert {"name-0", "start-1"} <= told["problems"].keys()
    assert told["problems"]["start-1"].startswith("'x' is not a number")
    told = colleague.post(MOVES, form(space, (None, "Low", 3), last_end="2")).json()
    assert told["problems"].keys() == {"last_end"}


def test_nothing_is_told_of_other_spaces(
    make_colleague: Make, space: Space, other_space: Space, loyalty: AudienceGroup
) -> None:
    stranger = make_colleague(other_space)
    asked = {"space": space.pk, "attribute": "total_orders"}
    assert stranger.get(SHAPE, asked).status_code == 404
    assert stranger.post(MOVES, form(space, (None, "A", 0))).status_code == 404
    theirs = form(other_space, (None, "A", 0), group=loyalty.pk)
    assert stranger.post(MOVES, theirs).status_code == 404


@pytest.mark.parametrize("number", ["x", "-1", "99999"])
def test_a_group_that_is_none_of_tiers_is_refused(
    colleague: Any, space: Space, number: str
) -> None:
    plain = make_group(space=space, name="Ages")
    for group in (number, plain.pk):
        sent = form(space, (None, "A", 0), group=group)
        assert colleague.post(MOVES, sent).status_code == 404


def test_more_tiers_ask_the_database_no_oftener(
    colleague: Any, space: Space, loyalty: AudienceGroup
) -> None:
    def queries(count: int) -> int:
        rows = [(None, f"Tier {place}", place) for place in range(count)]
        with CaptureQueriesContext(connection) as captured:
            assert colleague.post(MOVES, form(space, *rows)).json()["problems"] == {}
        return len(captured)

    assert queries(1) == queries(20)
