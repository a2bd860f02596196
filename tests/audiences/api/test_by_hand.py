"""``/api/audiences/ID/relationships/included`` and ``/excluded``: the lists by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience
from segments.models import Membership, Space
from segments.services import save_row

Make = Callable[..., Any]


def _named(*memberships: Membership) -> dict[str, Any]:
    return {"data": [{"type": "memberships", "id": str(one.id)} for one in memberships]}


@pytest.fixture
def listed(api: Any, keen: Audience) -> Callable[[str], set[str]]:
    def listed(name: str) -> set[str]:
        data = api.get(f"audiences/{keen.id}/{name}").json()["data"]
        return {one["attributes"]["external_id"] for one in data}

    return listed


def test_a_list_is_added_to_replaced_and_taken_from(
    api: Any, keen: Audience, people: list[Membership], listed: Make
) -> None:
    url = f"audiences/{keen.id}/relationships/included"
    by_external_id = {"type": "memberships", "meta": {"external_id": "p-01"}}
    both = {"data": [*_named(people[0])["data"], by_external_id]}
    assert api.post(url, both).json()["meta"] == {"added": 2, "removed": 0}
    assert api.post(url, both).json()["meta"] == {"added": 0, "removed": 0}
    assert len(api.get(url).json()["data"]) == 2
    answer = api.patch(url, _named(people[1], people[2]))
    assert answer.json()["meta"] == {"added": 1, "removed": 1}
    assert listed("included") == {"p-01", "p-02"}
    assert api.delete(url, _named(people[1], people[5])).json()["meta"] == {
        "added": 0,
        "removed": 1,
    }
    assert listed("included") == {"p-02"}


def test_who_is_put_on_one_list_leaves_the_other(
    api: Any, keen: Audience, people: list[Membership], listed: Make
) -> None:
    api.post(f"audiences/{keen.id}/relationships/included", _named(*people[:2]))
    api.post(f"audiences/{keen.id}/relationships/excluded", _named(people[0]))
    assert (listed("included"), listed("excluded")) == ({"p-01"}, {"p-00"})
    # taking somebody off a list that they aren't on doesn't touch the other
    api.delete(f"audiences/{keen.id}/relationships/included", _named(people[0]))
    assert listed("excluded") == {"p-00"}


def test_the_lists_decide_who_is_in(
    api: Any, keen: Audience, people: list[Membership], refresh: Make, listed: Make
) -> None:
    api.post(f"audiences/{keen.id}/relationships/included", _named(people[0]))
    api.post(f"audiences/{keen.id}/relationships/excluded", _named(people[29]))
    refresh()
    members = listed("members")
    assert "p-00" in members
    assert "p-29" not in members


def test_who_is_not_there_is_pointed_at_and_nobody_is_listed(
    api: Any, keen: Audience, people: list[Membership], other_space: Space, listed: Make
) -> None:
    stranger = save_row(Membership(space=other_space), external_id="x")
    response = api.post(f"audiences/{keen.id}/relationships/included", _named(people[0], stranger))
    assert response.status_code == 404
    assert response.json()["errors"][0]["source"] == {"pointer": "/data/1/id"}
    assert listed("included") == set()
