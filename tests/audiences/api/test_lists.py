"""Static and external audiences through the API: made, changed, extended, let go."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from audiences.models import Audience
from audiences.services import refresh_space
from audiences.services.own_list import list_of, renew
from segments.models import Segment, SegmentMembership

Make = Callable[..., Any]
DAY = datetime.timedelta(days=1)


def _new(audience_type: str, **attributes: Any) -> dict[str, Any]:
    attributes = {"audience_type": audience_type, "name": "List", **attributes}
    return {"data": {"type": "audiences", "attributes": attributes}}


def _change(audience: Audience, **attributes: Any) -> tuple[str, dict[str, Any]]:
    data = {"type": "audiences", "id": str(audience.id), "attributes": attributes}
    return f"audiences/{audience.id}", {"data": data}


@pytest.fixture
def uploaded(make_audience: Make) -> Audience:
    made: Audience = make_audience("external", name="Uploaded")
    return made


def test_a_static_list_needs_no_more_than_a_name(api: Any) -> None:
    response = api.post("audiences", _new("static"))
    assert response.status_code == 201, response.content
    attributes = response.json()["data"]["attributes"]
    made = Segment.objects.get(is_list=True)
    assert attributes["configuration"] == {"segment": str(made.id)}
    assert attributes["summary"] == "on the list “List”"
    assert (attributes["ttl_days"], attributes["expires_at"]) == (None, None)
    assert attributes["metadata"] == {}


def test_what_is_known_of_an_external_list_is_kept_as_it_came(api: Any) -> None:
    known = {
        "external_id": "crm-42",
        "namespace": "crm",
        "origin": "CUSTOM_UPLOAD",
        "labels": ["core/C1", "mine"],
        "ttl_days": 60,
        "metadata": {"audienceMeta": {"a": [1, None]}, "1": 2.5},
    }
    made = api.post("audiences", _new("external", **known))
    assert made.status_code == 201, made.content
    attributes = api.get(f"audiences/{made.json()['data']['id']}").json()["data"]["attributes"]
    assert {name: attributes[name] for name in known} == known
    assert len(api.get("audiences?filter[external_id]=crm-42").json()["data"]) == 1
    assert len(api.get("audiences?filter[namespace]=shop").json()["data"]) == 0


def test_what_is_read_can_be_sent_back(api: Any, uploaded: Audience) -> None:
    renew(audience=uploaded, at=timezone.now())
    read = api.get(f"audiences/{uploaded.id}").json()["data"]
    sent = {"data": {name: read[name] for name in ("type", "id", "attributes")}}
    response = api.patch(f"audiences/{uploaded.id}", sent)
    assert response.status_code == 200, response.content
    again = response.json()["data"]["attributes"]
    assert again | {"updated_at": ""} == read["attributes"] | {"updated_at": ""}


@pytest.mark.parametrize(
    ("attributes", "pointers"),
    [
        ({"name": ""}, {"name"}),
        ({"ttl_days": 0}, {"ttl_days"}),
        ({"ttl_days": 91}, {"ttl_days"}),
        ({"ttl_days": "soon"}, {"ttl_days"}),
        ({"ttl_days": 1.5}, {"ttl_days"}),
        ({"external_id": ""}, {"external_id"}),
        ({"external_id": "x" * 256}, {"external_id"}),
        ({"labels": "core/C1"}, {"labels"}),
        ({"labels": ["", "fine"]}, {"labels/0"}),
        ({"labels": ["x"] * 101}, {"labels"}),
        ({"metadata": []}, {"metadata"}),
        ({"metadata": None}, {"metadata"}),
        ({"configuration": {"segment": "mine"}}, {"configuration/segment"}),
        ({"configuration": {"rule": {}}}, {"configuration/rule"}),
        ({"list": 1}, {"list"}),
    ],
)
def test_what_is_wrong_is_pointed_at_and_nothing_is_made(
    api: Any, attributes: dict[str, Any], pointers: set[str]
) -> None:
    response = api.post("audiences", _new("external", **attributes))
    assert response.status_code == 422, response.content
    found = {error["source"]["pointer"] for error in response.json()["errors"]}
    assert found == {f"/data/attributes/{pointer}" for pointer in pointers}
    assert not Audience.objects.exists()
    assert not Segment.objects.exists()


@pytest.mark.parametrize("audience_type", ["static", "age_within"])
def test_only_an_external_list_has_days_to_live(api: Any, audience_type: str) -> None:
    configuration = {"minimum_age": 18} if audience_type == "age_within" else {}
    document = _new(audience_type, configuration=configuration, ttl_days=3)
    (error,) = api.post("audiences", document).json()["errors"]
    assert error["source"] == {"pointer": "/data/attributes/ttl_days"}


def test_an_external_id_that_is_taken_is_pointed_at(api: Any) -> None:
    document = _new("external", external_id="42", namespace="crm")
    assert api.post("audiences", document).status_code == 201
    response = api.post("audiences", document)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["code"], error["source"]["pointer"]) == ("taken", "/data/attributes/external_id")
    assert Segment.objects.count() == 1


def test_a_list_stays_a_list(api: Any, uploaded: Audience) -> None:
    response = api.patch(*_change(uploaded, audience_type="static"))
    (error,) = response.json()["errors"]
    assert (response.status_code, error["code"]) == (422, "list_stays")
    assert error["source"] == {"pointer": "/data/attributes/audience_type"}


def test_a_list_that_ran_out_is_extended_and_its_members_come_back(
    api: Any, uploaded: Audience, make_membership: Make
) -> None:
    member = make_membership(list_of(uploaded))
    now = timezone.now()

    def members() -> list[str]:
        refresh_space(space=uploaded.space, now=timezone.now())
        data = api.get(f"audiences/{uploaded.id}/members").json()["data"]
        return [one["id"] for one in data]

    renew(audience=uploaded, at=now - 31 * DAY)
    assert members() == []
    (why,) = api.get(f"memberships/{member.id}/explain").json()["data"]
    parts = why["attributes"]["rule"]["parts"]
    assert [(part["form"], part["held"]) for part in parts] == [
        ("in_segment", True),
        ("until", False),
    ]
    response = api.post(f"audiences/{uploaded.id}/extend")
    assert response.status_code == 200, response.content
    expires_at = response.json()["data"]["attributes"]["expires_at"]
    assert datetime.datetime.fromisoformat(expires_at) - now > 30 * DAY
    assert members() == [str(member.id)]
    assert SegmentMembership.objects.count() == 1


def test_what_never_runs_out_is_not_extended(api: Any, make_audience: Make) -> None:
    audience = make_audience("static", name="VIPs")
    response = api.post(f"audiences/{audience.id}/extend")
    assert response.status_code == 409
    assert response.json()["errors"][0]["code"] == "never_runs_out"


def test_an_offer_says_that_its_list_ran_out(
    api: Any, uploaded: Audience, make_membership: Make, make_offer: Make, at: datetime.datetime
) -> None:
    member = make_membership(list_of(uploaded))
    make_offer(uploaded)
    renew(audience=uploaded, at=at - 31 * DAY)
    (offer,) = api.get(f"memberships/{member.id}/offers?filter[at]=2026-06-15").json()["data"]
    (reason,) = offer["attributes"]["visible_reasons"]
    assert reason["code"] == "not_in_audience"
    assert reason["detail"] == "The list has run out: it was kept until 2026-06-14 12:00 UTC."


def test_lists_that_run_out_soon_are_found(
    api: Any, uploaded: Audience, make_audience: Make, at: datetime.datetime
) -> None:
    make_audience("external", name="Never uploaded")
    renew(audience=uploaded, at=at)
    for query, names in (
        ("filter[expires_at.lt]=2026-07-16", ["Uploaded"]),
        ("filter[expires_at.lt]=2026-07-15", []),
        ("filter[audience_type]=external&sort=expires_at", ["Uploaded", "Never uploaded"]),
    ):
        data = api.get(f"audiences?{query}").json()["data"]
        assert [one["attributes"]["name"] for one in data] == names


def test_an_archived_list_keeps_its_members_and_a_deleted_one_takes_them_along(
    api: Any, uploaded: Audience, make_membership: Make, make_offer: Make
) -> None:
    make_membership(list_of(uploaded))
    assert api.patch(*_change(uploaded, lifecycle="archived")).status_code == 200
    assert SegmentMembership.objects.count() == 1
    offer = make_offer(uploaded)
    assert api.delete(f"audiences/{uploaded.id}").status_code == 409
    assert SegmentMembership.objects.count() == 1
    api.delete(f"offers/{offer.id}")
    assert api.delete(f"audiences/{uploaded.id}").status_code == 200
    assert not Segment.objects.exists()
    assert not SegmentMembership.objects.exists()
