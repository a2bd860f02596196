"""What the database alone refuses, as when another change is made at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from segments.api import resource
from segments.models import Membership, Segment
from segments.services import save_row

Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the other change came just after the checks."""
    monkeypatch.setattr(Membership, "full_clean", lambda _: None)


def _post(api: Any, **members: Any) -> tuple[int, dict[str, Any]]:
    attributes = {"external_id": "m-1", **members.pop("attributes", {})}
    data = {"type": "memberships", "attributes": attributes, **members}
    response = api.post("memberships", {"data": data})
    (error,) = response.json()["errors"]
    return response.status_code, error


def test_a_value_that_is_taken_is_pointed_at(api: Any, make_membership: Make) -> None:
    make_membership(external_id="m-1")
    status, error = _post(api)
    assert (status, error["code"]) == (422, "taken")
    assert error["source"] == {"pointer": "/data/attributes/external_id"}


def test_an_id_that_is_taken_is_a_conflict(api: Any, make_membership: Make) -> None:
    status, error = _post(api, id=str(make_membership(external_id="m-0").id))
    assert (status, error["code"]) == (409, "taken")
    assert error["source"] == {"pointer": "/data/id"}


def test_what_a_trigger_refuses_is_pointed_at(api: Any) -> None:
    status, error = _post(api, attributes={"birthdate": "2999-01-01"})
    assert status == 422
    assert error["source"] == {"pointer": "/data/attributes/birthdate"}
    assert "2999-01-01 is in the future" in error["detail"]


def test_what_a_check_refuses_is_said(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def save_otherwise(row: Any, **values: Any) -> Any:
        return save_row(row, **values, created_at="0001-06-01T00:00:00Z")

    monkeypatch.setattr(resource, "save_row", save_otherwise)
    status, error = _post(api)
    assert status == 422
    assert error["detail"] == "This must hold: membership moments are on the calendar."


def test_what_is_gone_meanwhile_is_a_conflict(
    api: Any, make_segment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(row: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(resource, "delete_row", refuse)
    segment = make_segment()
    response = api.delete(f"segments/{segment.id}")
    assert response.status_code == 409
    assert response.json()["errors"][0]["code"] == "changed_meanwhile"
    assert Segment.objects.count() == 1
