"""Files for static and external audiences: imported into the audience's own list."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from audiences.models import Audience
from audiences.services.own_list import list_of
from segments.models import Import, Membership, Space

Make = Callable[..., Any]


def make(api: Any, audience: Audience, segment: Any = None, **attributes: Any) -> Any:
    related = {"audience": {"data": {"type": "audiences", "id": str(audience.id)}}}
    if segment:
        related["segment"] = {"data": {"type": "segments", "id": str(segment.id)}}
    resource = {"type": "imports", "attributes": attributes, "relationships": related}
    return api.post("imports", {"data": resource})


def send(api: Any, audience: Audience, body: bytes, **attributes: Any) -> str:
    data = make(api, audience, **attributes).json()["data"]
    path = urlsplit(data["attributes"]["upload_url"]).path
    assert Client().generic("PUT", path, body, "text/csv", secure=True).status_code == 204
    id: str = data["id"]
    return id


def test_a_file_fills_a_static_list(
    api: Any, make_audience: Make, make_membership: Make, work_off: Callable[[], None]
) -> None:
    audience = make_audience("static", name="Regulars")
    known = make_membership(external_id="m-1", email="ada@example.com")
    id = send(api, audience, b"email\nada@example.com\nbo@example.com\n", unknown="skip")
    assert api.post(f"imports/{id}/run").status_code == 202
    work_off()
    told = api.get(f"imports/{id}?include=audience").json()
    done = told["data"]["attributes"]
    assert (done["state"], done["target"]) == ("succeeded", "audience")
    assert (done["result"]["added"], done["result"]["unknown"]) == (1, 1)
    assert told["data"]["relationships"]["audience"]["data"]["id"] == str(audience.id)
    assert told["data"]["relationships"]["segment"]["data"] is None
    assert [one["attributes"]["name"] for one in told["included"]] == ["Regulars"]
    assert list(Membership.objects.in_segment(list_of(audience))) == [known]
    assert api.get(f"imports/{id}/audience").json()["data"]["id"] == str(audience.id)
    assert api.get(f"imports/{id}/segment").json()["data"] is None


def test_an_external_list_lives_on_with_what_is_imported(
    api: Any, make_audience: Make, work_off: Callable[[], None]
) -> None:
    audience = make_audience("external", name="Leads")
    now = timezone.now()
    Audience.objects.update(expires_at=now)
    id = send(api, audience, b"external_id\nm-1\n", unknown="create")
    assert api.post(f"imports/{id}/dry-run").status_code == 202
    work_off()
    audience.refresh_from_db()
    assert audience.expires_at == now  # nothing was imported
    assert api.post(f"imports/{id}/run").status_code == 202
    work_off()
    audience.refresh_from_db()
    assert audience.ttl_days == 30
    assert audience.expires_at is not None
    assert audience.expires_at - now > datetime.timedelta(days=29)


def test_an_import_that_is_refused_renews_nothing(
    api: Any, make_audience: Make, work_off: Callable[[], None]
) -> None:
    audience = make_audience("external", name="Leads")
    now = timezone.now()
    Audience.objects.update(expires_at=now)
    id = send(api, audience, b"external_id\nm-1\n", unknown="refuse")
    assert api.post(f"imports/{id}/run").status_code == 202
    work_off()
    assert api.get(f"imports/{id}").json()["data"]["attributes"]["state"] == "failed"
    audience.refresh_from_db()
    assert audience.expires_at == now


@pytest.mark.django_db
def test_who_is_in_it_must_be_for_files_to_say(
    api: Any, make_audience: Make, make_segment: Make
) -> None:
    answer = make(api, make_audience("age_within", minimum_age=18, name="Adults"))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["source"]["pointer"] == "/data/relationships/audience"
    assert error["detail"].startswith("Who is in “Adults” follows its rule.")

    answer = make(api, make_audience("static", name="List"), segment=make_segment())
    (error,) = answer.json()["errors"]
    assert "the one or the other" in error["detail"]
    assert not Import.objects.exists()


def test_an_audience_of_another_space_is_not_there(
    api: Any, make_audience: Make, make_program: Make, other_space: Space
) -> None:
    audience = make_audience("static", name="List")
    assert make(make_program(other_space), audience).status_code == 404
    made = make(api, audience).json()["data"]["id"]
    found = api.get(f"imports?filter[audience]={audience.id}").json()["data"]
    assert [one["id"] for one in found] == [made]


def test_another_audience_can_be_chosen_before_it_is_run(api: Any, make_audience: Make) -> None:
    one, other = make_audience("static", name="One"), make_audience("static", name="Other")
    id = make(api, one).json()["data"]["id"]
    related = {"audience": {"data": {"type": "audiences", "id": str(other.id)}}}
    resource = {"type": "imports", "id": id, "relationships": related}
    assert api.patch(f"imports/{id}", {"data": resource}).status_code == 200
    assert Import.objects.get().segment == list_of(other)


def test_what_is_told_of_an_import_can_be_sent_back(api: Any, make_audience: Make) -> None:
    audience = make_audience("static", name="Regulars")
    id = send(api, audience, b"external_id\nm-1\n")
    related = {"segment": {"data": None}}
    told = {
        "type": "imports",
        "id": id,
        "attributes": {"mode": "replace"},
        "relationships": related,
    }
    assert api.patch(f"imports/{id}", {"data": told}).status_code == 200
    assert Import.objects.get().segment == list_of(audience)
