import datetime
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from audiences.jobs import defer_due, refresh_space
from audiences.models import AudienceStatus
from segments.models import Space
from segments.services import save_row

Make = Callable[..., Any]
KEEN = {"field": "total_orders", "operator": "greater_or_equal", "value": 10}


def carry_out(space: Space) -> None:
    """What the worker does with the job that waits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    refresh_space(space=space.pk)


def test_a_space_is_asked_for_once_when_something_is_due(
    space: Space, make_membership: Make, make_audience: Make
) -> None:
    person = make_membership(total_orders=12)
    make_audience("rules", rule=KEEN)
    assert defer_due() == 1
    assert defer_due() == 0  # one waits already
    carry_out(space)
    assert defer_due() == 0  # nothing is due
    save_row(person, total_orders=0)
    assert defer_due() == 1
    carry_out(space)
    make_audience("rules", rule=KEEN)
    assert defer_due() == 1


def test_the_clock_a_request_and_a_days_age_make_a_space_due(
    space: Space, make_membership: Make, make_audience: Make
) -> None:
    make_membership(total_orders=12)
    audience = make_audience("rules", rule=KEEN)
    now = timezone.now()
    for due in (
        {"changes_at": now},
        {"requested_at": now},
        {"as_of": now - datetime.timedelta(days=1)},
        {"failed_at": now - datetime.timedelta(minutes=5)},
    ):
        carry_out(space)
        assert defer_due() == 0, due
        AudienceStatus.objects.filter(audience=audience).update(**due)
        assert defer_due() == 1, due
