"""``/api/memberships/ID/audiences`` and ``/explain``: where a member is in, and why."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiences.models import Audience, AudienceVersion, Lifecycle, Listed
from audiences.services import redefine_audience
from audiences.services.define import list_by_hand
from segments.models import Membership
from tests.audiences.api.conftest import orders

Make = Callable[..., Any]


@pytest.fixture
def ana(make_membership: Make, make_segment: Make) -> Membership:
    member: Membership = make_membership(make_segment("gold", name="Gold tier"), total_orders=12)
    return member


def _explained(api: Any, member: Membership, query: str = "") -> list[Any]:
    response = api.get(f"memberships/{member.id}/explain?{query}")
    assert response.status_code == 200, response.content
    return [one["attributes"] for one in response.json()["data"]]


def test_the_audiences_that_hold_a_member_now_are_listed(
    api: Any, ana: Membership, keen: Audience, make_audience: Make
) -> None:
    make_audience("rules", rule=orders(20))
    off = make_audience("rules", rule=orders(1))
    redefine_audience(off, enabled=False)
    document = api.get(f"memberships/{ana.id}/audiences?include=offers").json()
    assert [one["id"] for one in document["data"]] == [str(keen.id)]
    assert document["meta"] == {"record_count": 1}


def test_an_explanation_says_what_was_seen_and_wanted(
    api: Any, ana: Membership, make_audience: Make
) -> None:
    gold = ana.segment_memberships.get().segment
    rule = {"all": [{"in_segment": str(gold.id)}, {"not": {"any": [orders(20)]}}]}
    audience = make_audience("rules", name="Golden", rule=rule)
    (found,) = _explained(api, ana, f"filter[audience]={audience.id}")
    assert found["audience"] == {"id": str(audience.id), "name": "Golden"}
    assert (found["member"], found["by_hand"], found["error"]) == (True, None, None)
    assert found["summary"] == "in Gold tier and not (orders are at least 20)"
    tree = found["rule"]
    assert (tree["form"], tree["held"], tree["wanted"]) == ("all", True, rule)
    segment, negation = tree["parts"]
    assert (segment["form"], segment["held"]) == ("in_segment", True)
    assert segment["since"].endswith("Z")
    (condition,) = negation["parts"][0]["parts"]
    assert (condition["held"], condition["seen"]) == (False, 12)
    assert (condition["wanted"], condition["sentence"]) == (orders(20), "orders are at least 20")


def test_since_when_a_member_is_in_is_told_by_the_versions(
    api: Any, ana: Membership, keen: Audience, refresh: Callable[[], None]
) -> None:
    query = f"filter[audience]={keen.id}"
    assert _explained(api, ana, query)[0]["since"] is None  # nothing is worked out yet
    refresh()
    as_of = AudienceVersion.objects.get().as_of
    (found,) = _explained(api, ana, query)
    assert datetime.datetime.fromisoformat(found["since"]) == as_of


def test_all_that_are_in_force_are_explained_page_by_page(
    api: Any, ana: Membership, keen: Audience, make_audience: Make
) -> None:
    for least in (20, 30):
        make_audience("rules", rule=orders(least))
    redefine_audience(make_audience("rules", rule=orders(1)), lifecycle=Lifecycle.INACTIVE)
    assert [one["member"] for one in _explained(api, ana)] == [True, False, False]
    assert len(_explained(api, ana, "page[size]=2&page[number]=2")) == 1


def test_a_list_by_hand_an_inactive_and_an_archived_one_are_explained(
    api: Any, ana: Membership, keen: Audience
) -> None:
    list_by_hand(audience=keen, memberships=[ana.pk], listed=Listed.EXCLUDED)
    redefine_audience(keen, lifecycle=Lifecycle.INACTIVE)
    (found,) = _explained(api, ana, f"filter[audience]={keen.id}")
    assert (found["member"], found["by_hand"], found["rule"]["held"]) == (False, "excluded", True)
    redefine_audience(keen, lifecycle=Lifecycle.ARCHIVED)
    (found,) = _explained(api, ana, f"filter[audience]={keen.id}")
    assert (found["member"], found["rule"]) == (False, None)
    assert found["error"] == "It is archived, and holds nobody."


def test_explanations_cost_as_many_queries_however_many(
    api: Any, ana: Membership, keen: Audience, make_audience: Make
) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.get(f"memberships/{ana.id}/{path}").status_code == 200
        return len(captured)

    def grow(count: int) -> None:
        for _ in range(count):
            rule = {"any": [orders(1), {"in_audience": str(keen.id)}]}
            make_audience("rules", rule=rule)

    grow(1)
    before = queries("explain"), queries("audiences")
    grow(9)
    assert (queries("explain"), queries("audiences")) == before


@pytest.mark.parametrize(
    ("path", "status", "parameter"),
    [
        (f"memberships/{uuid.UUID(int=7)}/explain", 404, None),
        ("memberships/x/audiences", 404, None),
        (f"memberships/M/explain?filter[audience]={uuid.UUID(int=7)}", 404, "filter[audience]"),
        ("memberships/M/explain?filter[at]=2026-01-01", 400, "filter[at]"),
        ("memberships/M/explain?page[cursor]=x", 400, "page[cursor]"),
    ],
)
def test_what_is_not_there_is_refused(
    api: Any, ana: Membership, path: str, status: int, parameter: str | None
) -> None:
    response = api.get(path.replace("M", str(ana.id)))
    assert response.status_code == status
    (error,) = response.json()["errors"]
    assert error.get("source") == ({"parameter": parameter} if parameter else None)
