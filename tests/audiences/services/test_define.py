"""Making and changing audiences: what no door may do."""

from __future__ import annotations

import pytest

from audiences.models import Lifecycle
from audiences.services import redefine_audience
from audiences.services.groups import AudiencesInUse
from tests.conftest import Make


def test_what_nothing_uses_is_archived(make_audience: Make) -> None:
    audience = make_audience("age_within", minimum_age=18)
    for _ in range(2):  # and stays so
        redefine_audience(audience, lifecycle=Lifecycle.ARCHIVED)
        audience.refresh_from_db()
        assert audience.lifecycle == Lifecycle.ARCHIVED


def test_what_is_used_stays_and_its_users_are_named(make_audience: Make, make_offer: Make) -> None:
    adults = make_audience("age_within", minimum_age=18)
    rule = {"in_audience": str(adults.id)}
    make_audience("rules", name="Also adults", rule=rule)
    make_offer(adults, name="Coffee")
    with pytest.raises(AudiencesInUse) as refused:
        redefine_audience(adults, lifecycle=Lifecycle.ARCHIVED)
    assert {str(user) for user in refused.value.users} == {"Coffee", "Also adults"}
    adults.refresh_from_db()
    assert adults.lifecycle == Lifecycle.PUBLISHED
