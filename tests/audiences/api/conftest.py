"""What the API of audiences is tried on: rules, and a worker that has done its work."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience
from audiences.services import refresh_space
from segments.models import Membership, Space

Make = Callable[..., Any]


@pytest.fixture
def refresh(space: Space) -> Callable[[], None]:
    """Bring the space up to date, as the worker does."""

    def refresh() -> None:
        refresh_space(space=space, now=datetime.datetime.now(datetime.UTC))

    return refresh


@pytest.fixture
def keen(make_audience: Make) -> Audience:
    """Those with ten orders or more."""
    audience: Audience = make_audience("rules", name="Keen", rule=orders(10))
    return audience


@pytest.fixture
def people(make_membership: Make) -> list[Membership]:
    """Thirty people, with 0 to 29 orders."""
    return [
        make_membership(
            external_id=f"p-{count:02}", total_orders=count, full_name=f"Person {count}"
        )
        for count in range(30)
    ]


def orders(least: int) -> dict[str, Any]:
    return {"field": "total_orders", "operator": "greater_or_equal", "value": least}
