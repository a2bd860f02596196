"""Other people's clients, on a real server."""

from __future__ import annotations

from typing import Any

import pytest
from jsonapi_client import Inclusion, Modifier, Session
from jsonapi_client.exceptions import DocumentError
from pytest_django.live_server_helper import LiveServer

from segments.models import Membership, Segment
from segments.services import add_members

# What it needs to know before it can make something.
SCHEMAS = {
    "segments": {
        "properties": {
            "short_code": {"type": "string"},
            "name": {"type": "string"},
            "description": {"type": "string"},
        }
    },
    "segment-memberships": {
        "properties": {
            "segment": {"relation": "to-one", "resource": ["segments"]},
            "membership": {"relation": "to-one", "resource": ["memberships"]},
        }
    },
}


@pytest.fixture
def session(live_server: LiveServer, api: Any) -> Any:
    headers = {"Authorization": f"Bearer {api.token}"}
    return Session(f"{live_server.url}/api", schema=SCHEMAS, request_kwargs={"headers": headers})


def test_jsonapi_client_makes_reads_changes_and_deletes(session: Any) -> None:
    made = session.create("segments", {"short_code": "gold"}, name="Gold", description="")
    made.commit()
    assert Segment.objects.get().short_code == "gold"

    read = session.get("segments", made.id).resource
    assert read.name == "Gold"
    read.name = "Golden"
    read.commit()
    assert Segment.objects.get().name == "Golden"

    read.delete()
    read.commit()
    assert not Segment.objects.exists()


def test_jsonapi_client_walks_pages_filters_and_includes(
    session: Any, make_membership: Any, make_segment: Any
) -> None:
    gold = make_segment("gold")
    members = [make_membership(external_id=f"m-{number}") for number in range(45)]
    add_members(segment=gold, memberships=[member.pk for member in members[:30]])

    everybody = session.iterate("memberships", Modifier("page[size]=20"))
    assert [one["external_id"] for one in everybody] == [one.external_id for one in members]

    wanted = Modifier("filter[segment.short_code]=gold") + Inclusion("segments")
    golden = list(session.iterate("memberships", wanted))
    assert len(golden) == 30
    assert golden[0].segments[0]["short_code"] == "gold"


def test_jsonapi_client_relates(session: Any, make_membership: Any, make_segment: Any) -> None:
    gold, membership = make_segment("gold"), make_membership()
    place = session.create(
        "segment-memberships", segment=str(gold.id), membership=str(membership.id)
    )
    place.commit()
    assert list(Membership.objects.in_segment(gold)) == [membership]
    read = session.get("segment-memberships", place.id).resource
    assert read.segment["short_code"] == "gold"


def test_jsonapi_client_is_told_what_is_wrong(session: Any) -> None:
    made = session.create("segments", {"short_code": "gold tier"}, name="Gold", description="")
    with pytest.raises(DocumentError, match="422"):
        made.commit()
