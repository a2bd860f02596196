from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connection

from audiences.services import refresh_space
from audiences.services.standing import standing
from segments.models import Space

Make = Callable[..., Any]


def test_a_refresh_that_is_going_on_elsewhere_is_seen_and_not_waited_for(
    transactional_db: None, space: Space, make_audience: Make, at: datetime.datetime
) -> None:
    audience = make_audience("age_within", minimum_age=18)
    assert not standing(audience=audience, at=at).in_progress
    refresh_space(space=space, now=at)
    assert not standing(audience=audience, at=at).in_progress
    parameters = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name in ("dbname", "user", "password", "host", "port")
    }
    with psycopg.connect(**parameters) as worker:
        worker.execute("SELECT FROM audiences_spacerefresh FOR UPDATE")  # as a refresh begins
        assert standing(audience=audience, at=at).in_progress
    assert not standing(audience=audience, at=at).in_progress
