"""An offer's time, at a glance."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from offers.admin.schedule import glance, scheduled
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
