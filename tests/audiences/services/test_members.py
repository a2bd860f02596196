"""In which audiences memberships are, by the versions in force; and which rules hold for one."""

from __future__ import annotations

import datetime

from audiences.models import Lifecycle
from audiences.rules import document
from audiences.services import redefine_audience, refresh_space
from audiences.services.explain import which_hold
from audiences.services.members import in_which
from segments.models import Space
from tests.conftest import Make

ORDERS = {"field": "total_orders", "operator": "greater"}


def test_in_which_audiences(
    space: Space, make_membership: Make, make_audience: Make, at: datetime.datetime
) -> None:
    ana, ben = make_membership(total_orders=5), make_membership()
    some = make_audience("rules", name="Some", rule={**ORDERS, "value": 0})
    many = make_audience("rules", name="Many", rule={**ORDERS, "value": 3})
    off = make_audience("rules", name="Off", rule={**ORDERS, "value": 1})
    refresh_space(space=space, now=at)
    redefine_audience(off, lifecycle=Lifecycle.INACTIVE)
    assert in_which(space=space, numbers=[ana.pk, ben.pk]) == {ana.pk: [some, many], ben.pk: []}


def test_which_rules_hold(space: Space, make_membership: Make, at: datetime.datetime) -> None:
    ana = make_membership(total_orders=5)
    rules = [document.read({**ORDERS, "value": value}) for value in (4, 5)]
    assert which_hold(space=space, membership=ana.id, rules=rules, at=at) == [True, False]
