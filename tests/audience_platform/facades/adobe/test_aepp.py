"""Adobe's own Python client, aepp, against a live server: every call for audiences that it has."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from audience_platform.models import Scope
from audiences.models import Audience
from audiences.services import define_audience, refresh_space
from segments.models import Space

Make = Callable[..., Any]
PLATFORM = "https://platform.adobe.io/"  # which aepp has in its own code for external audiences


@pytest.fixture
def connect(live_server: LiveServer, space: Space, make_client: Make) -> Iterator[Make]:
    """Makes aepp's ``Segmentation``, which fetches its token from the server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the packages that it is built on
        import aepp
        from aepp import segmentation
        from requests.adapters import HTTPAdapter

    class ToUs(HTTPAdapter):
        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            request.url = request.url.replace(PLATFORM, f"{live_server.url}/")
            return super().send(request, *args, **kwargs)

    sessions = []

    def make(**values: Any) -> Any:
        client = make_client(space, **values)
        connection = aepp.configure(
            org_id="ORG@AdobeOrg",
            client_id=str(client.key.id),
            secret=client.token,
            scopes="openid",
            sandbox=space.slug,
            connectInstance=True,
        )
        aepp.config.endpoints["global"] = live_server.url
        connection.getConfigObject()["oauthTokenEndpointV2"] = f"{live_server.url}/ims/token/v3"
        made = segmentation.Segmentation(config=connection)
        made.connector.session.mount(PLATFORM, ToUs())
        sessions.append(made.connector.session)
        return made

    yield make
    for session in sessions:
        session.close()  # or the server's threads stay, with their database connections


@pytest.fixture
def aep(connect: Make) -> Any:
    return connect()


def _audience(**fields: Any) -> dict[str, Any]:
    return {
        "name": "People who ordered in the last 30 days",
        "profileInstanceId": "ups",
        "description": "Last 30 days",
        "type": "SegmentDefinition",
        "expression": {
            "type": "PQL",
            "format": "pql/text",
            "value": 'workAddress.country = "US"',
        },
        "schema": {"name": "_xdm.context.profile"},
        "labels": ["core/C1"],
        "ttlInDays": 60,
        **fields,
    }


def test_one_audience_from_its_making_to_its_end(aep: Any, space: Space) -> None:
    made = aep.createAudience(_audience(tags={"a": 1}))
    assert aep.getAudience(made["id"]) == made
    operations = [{"op": "add", "path": "/name", "value": "Renamed"}]
    renamed = aep.patchAudience(made["id"], operations)
    assert renamed["name"] == "Renamed"
    put = aep.putAudience(made["id"], {**renamed, "description": "Put"})
    assert (put["description"], put["tags"]) == ("Put", {"a": 1})
    assert aep.deleteAudience(made["id"]) == 204
    assert aep.getAudience(made["id"])["status"] == 404
    assert aep.deleteAudience(made["id"])["status"] == 404
    assert not Audience.objects.exists()


def test_lists_are_read_to_their_end(aep: Any) -> None:
    for number in range(5):
        aep.createAudience(_audience(name=f"audience {number}", description=f"d {number}"))
    every = [f"audience {number}" for number in range(5)]
    found = aep.getAudiences(limit=2, sort="name:asc")
    assert [one["name"] for one in found] == every
    assert [one["name"] for one in aep.getAudiences(sort="name:asc")] == every
    assert [one["name"] for one in aep.getAudiences(name="AUDIENCE 3")] == ["audience 3"]
    assert [one["name"] for one in aep.getAudiences(description="d 2")] == ["audience 2"]
    assert [one["name"] for one in aep.getAudiences(prop="name==audience 4")] == ["audience 4"]
    assert aep.getAudiences(entityType="_xdm.context.account") == []
    assert all(one["definedOn"][0]["$ref"].endswith("profile__union") for one in found)


def test_what_an_audience_is_made_of(aep: Any) -> None:
    one = aep.createAudience(_audience())
    json = aep.convertSegmentDef(name="x", expression=_audience()["expression"])["expression"]
    assert json["format"] == "pql/json"
    two = aep.createAudience(_audience(name="two", expression=json))
    assert aep.extractPaths(two["id"]) == ["workAddress.country"]
    in_one = {"type": "PQL", "format": "pql/text", "value": f'inSegment("{one["id"]}")'}
    three = aep.createAudience(_audience(name="three", expression=in_one))
    assert aep.extractAudiences(three["id"]) == [one["id"]]
    assert aep.deleteAudience(one["id"])["errors"]["400"][1]["message"].endswith("then delete it.")


def test_definitions(aep: Any) -> None:
    made = [aep.createAudience(_audience(name=f"audience {n:03}"))["id"] for n in range(101)]
    assert sorted(one["id"] for one in aep.getSegments()) == sorted(made)
    assert aep.getSegment(made[0])["name"] == "audience 000"
    assert list(aep.getMultipleSegments([{"id": made[1]}])) == [made[1]]


def test_jobs(aep: Any, space: Space, make_membership: Make) -> None:
    make_membership(metadata={"workAddress": {"country": "US"}})
    made = aep.createAudience(_audience())
    job = aep.createJob([made["id"]])
    assert job["status"] == "QUEUED"
    refresh_space(space=space, now=timezone.now())
    assert [one["id"] for one in aep.getJobs(status="SUCCEEDED")] == [job["id"]]
    counted = aep.getJob(job["id"])["metrics"]["segmentedProfileCounter"]
    assert counted == {made["id"]: 1}
    assert aep.getAudience(made["id"])["metrics"]["data"]["totalProfiles"] == 1
    assert aep.deleteJob(aep.createJob([made["id"]])["id"]) == 204


def test_previews(aep: Any, make_membership: Make) -> None:
    member = make_membership(total_orders=3)
    made = aep.createPreview("totalOrders > 2")
    assert aep.getEstimate(made["previewId"])["estimatedSize"] == 1
    assert list(aep.getPreview(made["previewId"])["results"][0]) == [str(member.id)]
    assert aep.deletePreview(made["previewId"]) == 200
    assert aep.getPreview(made["previewId"])["status"] == 404


def test_external_audiences(
    aep: Any, live_server: LiveServer, work_off: Callable[[], None]
) -> None:
    made = aep.createExtenalAudience(
        {
            "name": "Sample external audience",
            "fields": [{"name": "mail", "type": "string", "identityNs": "email"}],
            "ttlInDays": "40",
            "originName": "CUSTOM_UPLOAD",
        }
    )
    operation = aep.getExternalAudienceStatus(made["operationId"])
    assert operation["status"] == "SUCCESS"
    run = aep.runExternalAudienceJob(operation["audienceId"], startTime=764245635)
    sent = aep.connector.session.put(
        run["uploadUrl"],
        data=b"mail\nann@example.org\n",
        headers={**aep.connector.header, "Content-Type": "text/csv"},
    )
    assert sent.status_code == 202
    work_off()
    told = aep.getExternalAudienceJob(operation["audienceId"], run["runId"])
    assert told["status"] == "SUCCESS"
    assert urlsplit(run["uploadUrl"]).path.endswith(f"{run['runId']}/file")


def test_what_is_refused_comes_as_it_was_said(aep: Any, connect: Make) -> None:
    assert aep.createAudience({"name": 7})["type"].endswith("UPLIB-101206-500")
    wrong = _audience(expression={"type": "PQL", "format": "pql/text", "value": "("})
    assert aep.createAudience(wrong)["type"].endswith("UPAPI-113434-400")
    reader = connect(scope=Scope.READ)
    assert reader.createAudience(_audience())["type"].endswith("UPAPI-113752-403")
    assert reader.getAudiences() == []


def test_a_failure_of_ours_is_tried_again_and_makes_nothing_twice(aep: Any) -> None:
    tries = []

    def fails_once(**values: Any) -> Audience:
        made = define_audience(**values)
        tries.append(made)
        if len(tries) == 1:
            raise OSError("the first time")
        return made

    where = "audience_platform.facades.adobe.audiences.define_audience"
    with patch(where, side_effect=fails_once):
        made = aep.createAudience(_audience())
    assert len(tries) == 2
    assert [str(one.id) for one in Audience.objects.all()] == [made["id"]]


def test_one_that_is_being_worked_out_is_tried_again(aep: Any, space: Space) -> None:
    made = aep.createAudience(_audience())
    refresh_space(space=space, now=timezone.now())
    path = "/expression/value"
    first = [{"op": "add", "path": path, "value": "totalOrders > 1"}]
    second = [{"op": "add", "path": path, "value": "totalOrders > 2"}]
    assert aep.patchAudience(made["id"], first)["expression"]["value"] == "totalOrders > 1"
    with patch("audiences.services.define.is_locked", side_effect=[True, False]) as asked:
        shown = aep.patchAudience(made["id"], second)
    assert asked.call_count == 2
    assert shown["expression"]["value"] == "totalOrders > 2"
