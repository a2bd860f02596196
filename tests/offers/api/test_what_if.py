"""``POST /api/memberships/ID/what-if``: what other facts would change for a member."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audience_platform.models import Scope
from audiences.models import Audience
from audiences.services import redefine_audience
from audiences.services.own_list import list_of
from segments.models import Membership, Segment

Make = Callable[..., Any]


def _sent(related: dict[str, Any], attributes: dict[str, Any]) -> dict[str, Any]:
    linkages = {
        name: {"data": [{"type": kind, "id": str(row.id)} for row in rows]}
        for name, (kind, rows) in related.items()
    }
    return {"data": {"type": "what-ifs", "attributes": attributes, "relationships": linkages}}


@pytest.fixture
def ana(make_membership: Make) -> Membership:
    member: Membership = make_membership(total_orders=3, metadata={"city": "Delft"})
    return member


@pytest.fixture
def ask(api: Any, ana: Membership) -> Callable[..., Any]:
    """The answer for Ana. ``related`` by name: the type and the rows."""

    def ask(status: int = 200, related: Any = None, **attributes: Any) -> Any:
        path = f"memberships/{ana.id}/what-if"
        response = api.post(path, _sent(related or {}, attributes))
        assert response.status_code == status, response.content
        document = response.json()
        return document["data"]["attributes"] if status == 200 else document["errors"]

    return ask


@pytest.fixture
def keen(make_audience: Make) -> Audience:
    rule = {"field": "total_orders", "operator": "greater_or_equal", "value": 10}
    audience: Audience = make_audience("rules", name="Keen", rule=rule)
    return audience


def test_audiences_and_offers_are_told_that_would_change(
    ask: Make, keen: Audience, make_audience: Make, make_offer: Make
) -> None:
    fresh = make_audience("rules", name="Fresh", rule={"not": {"in_audience": str(keen.id)}})
    box, first = make_offer(keen, name="box"), make_offer(fresh, name="first")
    make_offer(name="open")
    found = ask(total_orders=12)
    assert found["enters"] == [{"id": str(keen.id), "name": "Keen"}]
    assert found["leaves"] == [{"id": str(fresh.id), "name": "Fresh"}]
    assert (found["stays"], found["visible_now"], found["visible"]) == (0, 2, 2)
    assert [one["id"] for one in found["offers"]] == [str(box.id), str(first.id)]
    shown, hidden = found["offers"]
    assert (shown["name"], shown["after"]["visible_status"]) == ("box", "visible")
    reason = shown["before"]["visible_reasons"][0]
    assert (reason["code"], reason["audience"]["name"]) == ("not_in_audience", "Keen")
    assert hidden["after"]["visible_reasons"][0]["audience"]["id"] == str(fresh.id)


def test_nothing_supposed_changes_nothing(ask: Make, keen: Audience, make_offer: Make) -> None:
    make_offer(keen)
    found = ask()
    assert (found["enters"], found["leaves"], found["offers"]) == ([], [], [])
    assert found["at"] == found["as_of"]


def test_segments_lists_and_metadata_are_supposed(
    ask: Make, make_segment: Make, make_audience: Make
) -> None:
    gold: Segment = make_segment("gold")
    make_audience("in_all_segments", name="Golden", segments=[str(gold.id)])
    guests = make_audience("static", name="Guests")
    city = {"field": "metadata.city", "operator": "equals", "value": "Delft"}
    make_audience("rules", name="Local", rule=city)
    related = {"segments": ("segments", [gold]), "lists": ("audiences", [guests])}
    found = ask(related=related, metadata={})
    assert [one["name"] for one in found["enters"]] == ["Golden", "Guests"]
    assert [one["name"] for one in found["leaves"]] == ["Local"]


def test_another_moment_is_asked(ask: Make, make_offer: Make) -> None:
    make_offer(name="New Year's box", publish_at="2998-12-31T23:00:00Z")
    found = ask(at="2999-01-01")  # midnight by the clock of the space
    assert (found["visible_now"], found["visible"]) == (0, 1)
    assert found["at"] == "2999-01-01T00:00:00+01:00"
    assert found["offers"][0]["before"]["visible_status"] == "unpublished"


def test_a_key_that_may_only_read_may_ask(make_program: Make, ana: Membership) -> None:
    reader = make_program(scope=Scope.READ)
    response = reader.post(f"memberships/{ana.id}/what-if", _sent({}, {"birthdate": "2000-01-01"}))
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("birthdate", "2999-01-01", "is in the future"),
        ("birthday", "soon", "YYYY-MM-DD"),
        ("total_orders", -1, "greater than or equal to 0"),
        ("total_order_value", "1.234", "2 decimal places"),
        ("metadata", [1], "Give a JSON object"),
        ("at", "later", "Give a moment"),
        ("at", "9500-01-01", "years 1900 to 9000"),
        ("created_at", "2020-01-01", "There is no attribute “created_at”"),
    ],
)
def test_a_wrong_fact_is_pointed_at(name: str, value: Any, told: str, ask: Make) -> None:
    (error,) = ask(422, **{name: value})
    assert error["source"] == {"pointer": f"/data/attributes/{name}"}
    assert told in error["detail"]


def test_what_is_no_list_is_pointed_at(ask: Make, keen: Audience) -> None:
    (error,) = ask(422, {"lists": ("audiences", [keen])})
    assert error["source"] == {"pointer": "/data/relationships/lists"}
    assert error["detail"].startswith("“Keen” has no list of its own.")


def test_what_is_not_there_is_refused(api: Any, ask: Make, other_space: Any) -> None:
    stranger = Segment.objects.create(space=other_space, short_code="s", name="S")
    (error,) = ask(404, {"segments": ("segments", [stranger])})
    assert error["source"] == {"pointer": "/data/relationships/segments/data/0/id"}
    assert api.post(f"memberships/{uuid.uuid4()}/what-if", _sent({}, {})).status_code == 404


def test_audiences_with_a_denied_label_are_not_told(
    make_program: Make, ana: Membership, keen: Audience
) -> None:
    redefine_audience(keen, labels=["secret"])
    careful = make_program(denied_labels=["secret"])
    sent = _sent({}, {"total_orders": 12})
    found = careful.post(f"memberships/{ana.id}/what-if", sent).json()["data"]["attributes"]
    assert found["enters"] == []
    sent = _sent({"lists": ("audiences", [keen])}, {})
    assert careful.post(f"memberships/{ana.id}/what-if", sent).status_code == 404


def test_it_costs_as_many_queries_however_many_audiences_and_offers(
    ask: Make, ana: Membership, make_audience: Make, make_offer: Make, make_segment: Make
) -> None:
    guests, gold = make_audience("static", name="Guests"), make_segment("gold")
    related = {"segments": ("segments", [gold]), "lists": ("audiences", [guests])}

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            ask(related=related, total_orders=20, metadata={"city": "Gouda"})
        return len(captured)

    def grow(count: int) -> None:
        for least in range(count):
            rule = {"field": "total_orders", "operator": "greater", "value": least}
            make_offer(make_audience("rules", name="Many", rule=rule))

    grow(1)
    before = queries()
    grow(9)
    assert queries() == before
    assert list_of(guests).segment_memberships.count() == 0
