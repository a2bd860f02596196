"""``/api/rule-fields``: what a rule can ask for, in this space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiences.rules import fields
from audiences.services import fields as catalogue
from segments.models import Membership, Space
from segments.services import save_row

Make = Callable[..., Any]


def _listed(api: Any, query: str = "page[size]=100") -> dict[str, Any]:
    response = api.get(f"rule-fields?{query}")
    assert response.status_code == 200, response.content
    return {one["id"]: one["attributes"] for one in response.json()["data"]}


def test_every_column_is_there_with_its_operators(api: Any, space: Space) -> None:
    found = _listed(api)
    assert list(found) == list(fields.FIELDS)
    age = found["age"]
    assert (age["label"], age["kind"], age["members"]) == ("age", "number", None)
    operators = {one["name"]: one for one in age["operators"]}
    assert operators["between"] == {
        "name": "between",
        "label": "is from … to",
        "takes": ["two numbers"],
        "negative": False,
    }
    assert operators["not_in"] == {
        "name": "not_in",
        "label": "is not one of",
        "takes": ["list of numbers"],
        "negative": True,
    }
    assert operators["is_missing"]["label"] == "is not known"


def test_the_paths_of_the_metadata_are_counted(
    api: Any, make_membership: Make, other_space: Space
) -> None:
    make_membership(metadata={"city": "Delft", "tags": ["a", "b"], "address": {"zip": 1}})
    make_membership(metadata={"city": "Delft", "tags": ["a", "a"], "since": "2026-01-01"})
    make_membership(metadata={"city": 7, "vip": True, "none": None, "a.b": 1})
    make_membership(metadata={"pets": [{"name": "Rex"}, {"name": "Mia"}]})
    save_row(Membership(space=other_space), external_id="x", metadata={"other": 1})
    found = {id: one for id, one in _listed(api).items() if id.startswith("metadata.")}
    assert {id: one["members"] for id, one in found.items()} == {
        "metadata.city": 3,
        "metadata.tags": 2,
        "metadata.address": 1,
        "metadata.address.zip": 1,
        "metadata.pets": 1,
        "metadata.pets.name": 1,
        "metadata.since": 1,
        "metadata.vip": 1,
    }
    assert found["metadata.city"]["types"] == {"text": 2, "number": 1}
    assert found["metadata.city"]["values"] == [
        {"value": "Delft", "members": 2},
        {"value": 7, "members": 1},
    ]
    assert found["metadata.tags"]["values"][0] == {"value": "a", "members": 2}
    assert found["metadata.since"]["types"] == {"date": 1}
    assert found["metadata.vip"]["values"] == [{"value": True, "members": 1}]
    assert found["metadata.address"]["values"] == []
    assert found["metadata.city"]["exact"] is True


def test_a_listed_path_can_be_asked_for(api: Any, make_membership: Make) -> None:
    make_membership(metadata={"pets": [{"name": "Rex"}], "a": {"b": {"c": {"d": {"e": 1}}}}})
    for id in _listed(api):
        rule = {"field": id, "operator": "is_present"}
        document = {"data": {"type": "audience-previews", "attributes": {"rule": rule}}}
        assert api.post("audiences/preview", document).status_code == 200
    count = api.post("audiences/preview", document).json()["data"]["attributes"]["count"]
    assert count == 1


def test_a_large_space_is_sampled_and_says_so(
    api: Any, make_membership: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "SAMPLED", 20)
    monkeypatch.setattr(catalogue, "RUN", 5)
    for count in range(60):
        make_membership(metadata={"even": count % 2 == 0})
    found = _listed(api)["metadata.even"]
    assert found["exact"] is False
    assert found["members"] == 60  # scaled up
    assert sum(one["members"] for one in found["values"]) == 60


def test_fields_are_searched_and_read_one_by_one(api: Any, make_membership: Make) -> None:
    make_membership(metadata={"favourite colour": "red", "café/bar": 1})
    assert set(_listed(api, "filter[search]=order")) == {
        "total_orders",
        "total_order_value",
        "last_order_at",
    }
    assert set(_listed(api, "filter[kind]=money")) == {"total_order_value"}
    document = api.get("rule-fields/metadata.favourite%20colour").json()
    assert document["data"]["attributes"]["members"] == 1
    link = document["data"]["links"]["self"].removeprefix("https://testserver/api/")
    assert api.get(link).json()["data"] == document["data"]
    unseen = api.get("rule-fields/metadata.nobody").json()["data"]["attributes"]
    assert (unseen["members"], unseen["types"]) == (0, {})


@pytest.mark.parametrize("name", ["agee", "metadata.", "metadata.a..b"])
def test_a_field_that_there_is_not_is_not_found(api: Any, name: str) -> None:
    assert api.get(f"rule-fields/{name}").status_code == 404


def test_numbers_that_not_every_reader_keeps_are_not_shown(api: Any, make_membership: Make) -> None:
    member = make_membership()
    with connection.cursor() as cursor:
        cursor.execute(
            'UPDATE segments_membership SET metadata = \'{"large": 1e400, "fine": 1.5}\''
            " WHERE number = %s",
            [member.pk],
        )
    found = _listed(api)
    assert found["metadata.large"]["values"] == []
    assert found["metadata.fine"]["values"] == [{"value": 1.5, "members": 1}]


def test_the_catalogue_costs_as_many_queries_whatever_it_holds(
    api: Any, make_membership: Make
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            _listed(api)
        return len(captured)

    before = queries()
    for count in range(20):
        make_membership(metadata={f"key-{count}": {"a": count}})
    assert queries() == before
