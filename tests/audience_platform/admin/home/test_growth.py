"""The members, and how they became as many."""

from __future__ import annotations

import datetime

from django.utils import timezone

from segments.models import Space
from tests.conftest import Colleague, Make

DAY = datetime.timedelta(days=1)


def test_growth_is_drawn_and_told_in_numbers(
    colleague: Colleague, make_membership: Make, other_space: Space
) -> None:
    now = timezone.now()
    for days in (0, 0, 9, 500):
        make_membership(created_at=now - days * DAY)
    make_membership(space=other_space)
    page = colleague.page("home/growth/")
    assert '<span class="count">4</span>' in page
    assert "+3" in page
    assert "who joined in the last 52 weeks" in page
    assert 'data-type="line"' in page
    assert page.count('<tr><th scope="row">') == 52
    assert "<td>2</td><td>4</td>" in page
    assert "<td>1</td><td>2</td>" in page


def test_growth_is_also_shown_by_day(colleague: Colleague, make_membership: Make) -> None:
    make_membership(created_at=timezone.now() - 40 * DAY)
    make_membership()
    page = colleague.page("home/growth/", by="day")
    assert "+1" in page
    assert "in the last 30 days" in page
    assert 'data-type="bar"' in page
    assert page.count('<tr><th scope="row">') == 30
    assert "52 weeks" in colleague.page("home/growth/", by="decade")
