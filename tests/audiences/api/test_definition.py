"""What ``/api/audiences`` takes and shows of a rule, a lifecycle and what depends on what."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience

Make = Callable[..., Any]


def _new(rule: Any, **attributes: Any) -> dict[str, Any]:
    attributes = {"audience_type": "rules", "configuration": {"rule": rule}, **attributes}
    return {"data": {"type": "audiences", "attributes": attributes}}


def _change(audience: Audience, **attributes: Any) -> tuple[str, dict[str, Any]]:
    data = {"type": "audiences", "id": str(audience.id), "attributes": attributes}
    return f"audiences/{audience.id}", {"data": data}


def _pointers(response: Any, status: int = 422) -> set[str]:
    assert response.status_code == status, response.content
    return {error["source"]["pointer"] for error in response.json()["errors"]}


def test_a_rule_is_kept_and_said_in_words(api: Any) -> None:
    rule = {"all": [{"field": "age", "operator": "greater_or_equal", "value": 18}]}
    response = api.post("audiences", _new(rule, name="Adults"))
    assert response.status_code == 201, response.content
    attributes = response.json()["data"]["attributes"]
    assert attributes["configuration"] == {"rule": rule, "version": 1}
    assert attributes["summary"] == "aged 18 or over"


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({"all": [{"field": "age", "operator": "less", "value": "old"}]}, "/all/0/value"),
        ({"any": [{"not": {"field": "agee", "operator": "less", "value": 1}}]}, "/any/0/not/field"),
        ({"field": "age", "operator": "contains", "value": 1}, "/operator"),
        ({"all": [{"in_segment": str(uuid.UUID(int=7))}]}, "/all/0/in_segment"),
        ({"in_audience": str(uuid.UUID(int=7))}, "/in_audience"),
        ({"some": []}, ""),
        ({"sample": {"percent": 101}}, "/sample/percent"),
    ],
)
def test_what_is_wrong_in_a_rule_is_pointed_at(api: Any, rule: Any, place: str) -> None:
    pointers = _pointers(api.post("audiences", _new(rule)))
    assert pointers == {f"/data/attributes/configuration/rule{place}"}
    assert not Audience.objects.exists()


def test_a_circle_is_refused_with_its_path(api: Any, make_audience: Make) -> None:
    first = make_audience("age_within", minimum_age=18, name="First")
    second = make_audience("rules", name="Second", rule={"in_audience": str(first.id)})
    rule = {"all": [{"in_audience": str(second.id)}]}
    response = api.patch(*_change(first, audience_type="rules", configuration={"rule": rule}))
    assert _pointers(response) == {"/data/attributes/configuration/rule/all/0/in_audience"}
    assert "“First” → “Second” → “First”" in response.json()["errors"][0]["detail"]


def test_the_lifecycle_goes_its_way_and_no_other(api: Any) -> None:
    made = api.post(
        "audiences", _new({"field": "email", "operator": "is_present"}, lifecycle="draft")
    )
    assert made.json()["data"]["attributes"]["lifecycle"] == "draft"
    audience = Audience.objects.get()
    assert _pointers(api.patch(*_change(audience, lifecycle="inactive"))) == {
        "/data/attributes/lifecycle"
    }
    for step in ("published", "inactive", "published", "archived"):
        assert api.patch(*_change(audience, lifecycle=step)).status_code == 200
    response = api.patch(*_change(audience, lifecycle="published"))
    assert _pointers(response) == {"/data/attributes/lifecycle"}
    (error,) = response.json()["errors"]
    assert error["code"] == "invalid_lifecycle"
    assert "archived can't become published" in error["detail"]


def test_one_in_use_is_not_archived(api: Any, keen: Audience, make_offer: Make) -> None:
    offer = make_offer(keen, name="Coffee")
    response = api.patch(*_change(keen, lifecycle="archived"))
    assert response.status_code == 409
    (error,) = response.json()["errors"]
    assert error["code"] == "in_use"
    assert [user["id"] for user in error["meta"]["used_by"]] == [str(offer.id)]
    keen.refresh_from_db()
    assert keen.lifecycle == "published"
    assert api.delete(f"offers/{offer.id}").status_code == 200
    assert api.patch(*_change(keen, lifecycle="archived")).status_code == 200


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("lifecycle", "live"), ("enabled", "perhaps"), ("refresh_interval", 59)],
)
def test_a_value_that_is_not_possible_is_pointed_at(
    api: Any, keen: Audience, attribute: str, value: Any
) -> None:
    response = api.patch(*_change(keen, **{attribute: value}))
    assert _pointers(response) == {f"/data/attributes/{attribute}"}


def test_an_audience_is_switched_off_and_given_a_schedule(api: Any, keen: Audience) -> None:
    changed = api.patch(*_change(keen, enabled=False, refresh_interval=3600)).json()["data"]
    assert changed["attributes"]["enabled"] is False
    assert changed["attributes"]["refresh_interval"] == 3600
    assert len(api.get("audiences?filter[enabled]=false").json()["data"]) == 1
    assert api.get("audiences?filter[lifecycle.in]=draft,archived").json()["data"] == []


def test_size_version_and_moment_are_told_once_there_are_any(
    api: Any, keen: Audience, people: Any, refresh: Make
) -> None:
    def told() -> tuple[int, int, bool]:
        attributes = api.get(f"audiences/{keen.id}").json()["data"]["attributes"]
        return attributes["size"], attributes["version"], attributes["as_of"] is not None

    assert told() == (0, 0, False)
    refresh()
    assert told() == (20, 1, True)


def test_what_depends_on_what_is_readable(api: Any, keen: Audience, make_audience: Make) -> None:
    other = make_audience("rules", rule={"not": {"in_audience": str(keen.id)}})
    document = api.get(f"audiences/{other.id}?include=dependencies").json()
    linkage = {"type": "audiences", "id": str(keen.id)}
    assert document["data"]["relationships"]["dependencies"]["data"] == [linkage]
    assert [one["id"] for one in document["included"]] == [str(keen.id)]
    (dependent,) = api.get(f"audiences/{keen.id}/dependents").json()["data"]
    assert dependent["id"] == str(other.id)
    url = f"audiences/{keen.id}/relationships/dependents"
    assert api.get(url).json()["data"] == [{"type": "audiences", "id": str(other.id)}]
    assert api.post(url, {"data": [linkage]}).status_code == 403


def test_one_in_use_is_not_deleted_and_all_its_users_are_named(
    api: Any, keen: Audience, make_audience: Make, make_offer: Make
) -> None:
    other = make_audience("rules", name="Other", rule={"in_audience": str(keen.id)})
    offer = make_offer(keen, name="Coffee")
    response = api.delete(f"audiences/{keen.id}")
    assert response.status_code == 409
    used_by = response.json()["errors"][0]["meta"]["used_by"]
    assert sorted((user["type"], user["id"], user["name"]) for user in used_by) == [
        ("audiences", str(other.id), "Other"),
        ("offers", str(offer.id), "Coffee"),
    ]
    assert api.delete(f"audiences/{other.id}").status_code == 200
    assert api.delete(f"offers/{offer.id}").status_code == 200
    assert api.delete(f"audiences/{keen.id}").status_code == 200


def test_an_expression_in_pql_is_kept_as_it_is_written_and_warns(api: Any) -> None:
    expression = {"type": "PQL", "format": "pql/text", "value": 'xEvent or inSegment("gold")'}
    sent = _new({}, audience_type="pql", configuration={"expression": expression})
    response = api.post("audiences", sent)
    assert response.status_code == 201, response.content
    attributes = response.json()["data"]["attributes"]
    assert attributes["configuration"] == {"expression": expression}
    assert attributes["summary"] == "xEvent or in gold"
    assert [warning.split()[0] for warning in attributes["warnings"]] == ["Nothing", "It"]
    expression["value"] = "totalOrders >"
    assert _pointers(api.post("audiences", sent)) == {
        "/data/attributes/configuration/expression/value"
    }
