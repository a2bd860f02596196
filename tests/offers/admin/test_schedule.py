"""An offer's time, at a glance."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from offers.admin.schedule import glance, scheduled, timeline
from offers.models import Offer, Schedule

Make = Callable[..., Any]

NOON = datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("publish_at", "expire_at", "label", "sentence", "done"),
    [
        (None, None, "Live", "no end", None),
        (NOON - DAY, None, "Live", "no end", None),
        (NOON - DAY, NOON + 3 * DAY, "Live", "ends in 3 days", 25),
        (NOON, NOON + DAY, "Live", "ends in 1 day", 0),
        (None, NOON + 5 * HOUR, "Live", "ends in 5 hours", None),
        (None, NOON + MINUTE / 2, "Live", "ends in less than a minute", None),
        (NOON + 3 * DAY, None, "Scheduled", "starts in 3 days", None),
        (NOON + 3 * DAY - MINUTE, None, "Scheduled", "starts in 3 days", None),
        (NOON + DAY - MINUTE, None, "Scheduled", "starts in 1 day", None),
        (NOON + 20 * HOUR, None, "Scheduled", "starts in 20 hours", None),
        (NOON + HOUR, NOON + DAY, "Scheduled", "starts in 1 hour", 0),
        (NOON - 3 * DAY, NOON - 2 * DAY, "Ended", "ended 2 days ago", 100),
        (None, NOON, "Ended", "ended less than a minute ago", None),
        (None, NOON - 2 * MINUTE, "Ended", "ended 2 minutes ago", None),
    ],
)
def test_a_glance_says_where_an_offer_stands(
    publish_at: Any, expire_at: Any, label: str, sentence: str, done: int | None
) -> None:
    seen = glance(Offer(publish_at=publish_at, expire_at=expire_at), NOON)
    assert (seen.label, seen.sentence, seen.done) == (label, sentence, done)


def test_a_discontinued_offer_is_that_whatever_its_dates() -> None:
    seen = glance(Offer(discontinued=True, publish_at=NOON + DAY), NOON)
    assert (seen.label, seen.sentence) == ("Discontinued", "withdrawn, whatever its dates")


@pytest.mark.parametrize("discontinued", [True, False])
@pytest.mark.parametrize("publish_at", [None, NOON - DAY, NOON, NOON + DAY])
@pytest.mark.parametrize("lasts", [None, DAY, 2 * DAY])
def test_the_list_is_filtered_by_what_the_glance_says(
    make_offer: Make, publish_at: Any, lasts: Any, discontinued: bool
) -> None:
    expire_at = lasts and (publish_at or NOON - DAY) + lasts
    offer = make_offer(publish_at=publish_at, expire_at=expire_at, discontinued=discontinued)
    found = [state for state in Schedule if Offer.objects.filter(scheduled(state, NOON)).exists()]
    assert found == [offer.schedule(NOON)]


@pytest.mark.parametrize(
    ("publish_at", "expire_at", "places", "open_ends"),
    [
        (NOON - DAY, NOON + 3 * DAY, (4.55, 95.45, 27.27), (False, False)),
        (NOON + 2 * DAY, NOON + 4 * DAY, (50, 95.45, 4.55), (False, False)),
        (NOON - DAY, None, (4, 100, 84), (False, True)),
        (None, NOON + DAY, (0, 96, 16), (True, False)),
        (None, None, (0, 100, 50), (True, True)),
        (NOON, None, (20, 100, 20), (False, True)),
    ],
)
def test_a_picture_of_its_time_has_room_for_now_and_both_ends(
    publish_at: Any, expire_at: Any, places: Any, open_ends: Any
) -> None:
    drawn = timeline(Offer(publish_at=publish_at, expire_at=expire_at), NOON)
    assert (drawn.begin, drawn.end, drawn.now) == places
    assert (drawn.open_begin, drawn.open_end) == open_ends


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, ["Visible from the beginning", "Now 15 Jun 2026, 12:00", "Until no end"]),
        (
            {"publish_at": NOON + DAY},
            ["Now 15 Jun 2026, 12:00", "Visible from 16 Jun 2026, 12:00", "Until no end"],
        ),
        (
            {"publish_at": NOON - 2 * DAY, "expire_at": NOON - DAY},
            [
                "Visible from 13 Jun 2026, 12:00",
                "Ended 14 Jun 2026, 12:00",
                "Now 15 Jun 2026, 12:00",
            ],
        ),
        (
            {"discontinued": True},
            [
                "Visible from the beginning",
                "Now 15 Jun 2026, 12:00",
                "Discontinued hidden from everybody",
                "Until no end",
            ],
        ),
    ],
)
def test_its_moments_stand_in_their_order(values: dict[str, Any], said: list[str]) -> None:
    moments = timeline(Offer(**values), NOON).moments
    assert [f"{moment.label} {moment.when}" for moment in moments] == said
