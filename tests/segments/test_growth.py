"""Members counted by when they joined."""

from __future__ import annotations

import datetime

from segments.growth import growth
from segments.models import Space
from tests.conftest import Make


def test_spans_end_with_today_by_the_clock_of_the_space(
    space: Space, make_membership: Make
) -> None:
    at = datetime.datetime(2026, 6, 15, 23, tzinfo=datetime.UTC)  # the 16th in Amsterdam
    for joined in (
        "2026-06-16T00:00+02:00",
        "2026-06-15T23:59+02:00",
        "2026-06-14T00:00+02:00",
        "2026-06-01T12:00+02:00",
    ):
        make_membership(created_at=datetime.datetime.fromisoformat(joined))
    days = growth(space=space, at=at, days=1, spans=3)
    assert [(span.begins.day, span.joined, span.total) for span in days] == [
        (14, 1, 2),
        (15, 1, 3),
        (16, 1, 4),
    ]
    weeks = growth(space=space, at=at, days=7, spans=2)
    assert [(span.begins.isoformat(), span.joined, span.total) for span in weeks] == [
        ("2026-06-03", 0, 1),
        ("2026-06-10", 3, 4),
    ]


def test_a_space_without_members_has_not_grown(space: Space, at: datetime.datetime) -> None:
    assert [span.total for span in growth(space=space, at=at, days=1, spans=2)] == [0, 0]
