"""External audiences under ``/data/core/ais``: made, changed, filled from a CSV file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from audience_platform.models import Scope
from audiences.models import Audience
from audiences.services import refresh_space
from segments.models import Import, Space

Make = Callable[..., Any]
EXTERNAL = "/data/core/ais/external-audience/"
BODY: dict[str, Any] = {
    "name": "Sample external audience",
    "description": "A sample version of an external audience",
    "customAudienceId": "crm-1",
    "fields": [
        {"name": "ppid", "type": "string", "identityNs": "email"},
        {"name": "list_id", "type": "string", "labels": ["core/C2", "custom/deep"]},
        {"name": "delete", "type": "number"},
        {"name": "process_consent", "type": "string"},
    ],
    "sourceSpec": {
        "path": "activation/sample-source/example.csv",
        "type": "file",
        "sourceType": "Cloud Storage",
        "baseConnectionId": "1d1d4bc5-b527-46a3-9863-530246a61b2b",
    },
    "ttlInDays": "40",
    "labels": ["core/C1"],
    "audienceType": "people",
    "originName": "CUSTOM_UPLOAD",
}
FILE = b"ppid,list_id,delete,process_consent\nann@example.org,7,0,y\nbob@example.org,8,0,y\n"


def _made(adobe: Any, **changed: Any) -> str:
    response = adobe.post(EXTERNAL, {**BODY, **changed})
    assert response.status_code == 202, response.content
    id: str = response.json()["operationId"]
    return id


def _run(adobe: Any, id: str, **sent: Any) -> Any:
    response = adobe.post(f"{EXTERNAL}{id}/runs", {"dataFilterStartTime": 764245635, **sent})
    assert response.status_code == 200, response.content
    return response.json()


def _send(adobe: Any, run: Any, body: bytes = FILE, content_type: str = "text/csv") -> Any:
    path = urlsplit(run["uploadUrl"]).path
    return adobe.ask("PUT", path, body=body, content_type=content_type)


def test_making_one(adobe: Any) -> None:
    response = adobe.post(EXTERNAL, BODY)
    assert response.status_code == 202
    details = response.json()["operationDetails"]
    told = {key: details[key] for key in BODY}
    assert told == {**BODY, "ttlInDays": 40}
    assert details["namespace"] == "CustomerAudienceUpload"
    id = response.json()["operationId"]
    operation = adobe.get(f"{EXTERNAL}operations/{id}").json()
    assert (operation["status"], operation["audienceId"]) == ("SUCCESS", id)
    shown = adobe.get(f"/data/core/ups/audiences/{id}").json()
    assert (shown["type"], shown["audienceId"], shown["ttlInDays"]) == (
        "ExternalSegment",
        "crm-1",
        40,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": None},
        {"fields": []},
        {"fields": [{"name": "a", "type": "string"}]},
        {"fields": [{"name": "a", "type": "blob", "identityNs": "email"}]},
        {"fields": [{"type": "string", "identityNs": "email"}]},
        {"fields": [{"name": str(n), "type": "string", "identityNs": "e"} for n in range(42)]},
        {"ttlInDays": 91},
        {"ttlInDays": "0"},
    ],
)
def test_one_that_can_t_be_is_not_made(adobe: Any, wrong: Any) -> None:
    assert adobe.post(EXTERNAL, {**BODY, **wrong}).status_code == 400
    assert not Audience.objects.exists()


def test_a_name_that_is_taken_is_a_conflict(adobe: Any) -> None:
    _made(adobe)
    response = adobe.post(EXTERNAL, BODY)
    assert response.status_code == 409
    assert "DUPLICATE_RESOURCE" in response.json()["title"]


def test_changing_one(adobe: Any) -> None:
    id = _made(adobe)
    labels = [{"name": "list_id", "labels": ["core/C3"]}]
    sent = {"description": "New", "labels": ["core/C2"], "fields": labels, "ttlInDays": 10}
    response = adobe.ask("PATCH", f"{EXTERNAL}{id}", sent)
    assert response.status_code == 200, response.content
    told = response.json()
    assert (told["description"], told["labels"], told["ttlInDays"]) == ("New", ["core/C2"], 10)
    assert told["fields"][1] == {"name": "list_id", "type": "string", "labels": ["core/C3"]}
    assert told["fields"][0] == BODY["fields"][0]
    for wrong in ({"name": "x"}, {"fields": [{"name": "nope"}]}, {"ttlInDays": 91}):
        assert adobe.ask("PATCH", f"{EXTERNAL}{id}", wrong).status_code == 400
    assert adobe.get(f"{EXTERNAL}{id}").json() == told


def test_its_life_is_extended(adobe: Any) -> None:
    id = _made(adobe)
    assert Audience.objects.get().expires_at is None
    response = adobe.post(f"{EXTERNAL}extend-ttl/{id}")
    assert response.status_code == 200
    expires_at = Audience.objects.get().expires_at
    assert expires_at is not None
    assert (expires_at - timezone.now()).days == 39


def test_deleting_one(adobe: Any) -> None:
    id = _made(adobe)
    assert adobe.ask("DELETE", f"{EXTERNAL}{id}").status_code == 204
    assert adobe.get(f"{EXTERNAL}{id}").status_code == 404


def test_others_are_not_seen_here(
    adobe: Any, make_client: Make, space: Space, other_space: Space
) -> None:
    defined = adobe.create()["id"]
    elsewhere = _made(make_client(other_space))
    for id in (defined, elsewhere, "nope"):
        assert adobe.get(f"{EXTERNAL}{id}").status_code == 404
        assert adobe.ask("DELETE", f"{EXTERNAL}{id}").status_code == 404
        assert adobe.get(f"{EXTERNAL}{id}/runs").status_code == 404
    reader = make_client(space, scope=Scope.READ)
    assert reader.post(EXTERNAL, BODY).status_code == 403


# transaction=True, so that a worker sees what was written
@pytest.mark.django_db(transaction=True)
def test_a_file_fills_it(
    adobe: Any, space: Space, make_membership: Make, work_off: Callable[[], None]
) -> None:
    make_membership(email="ann@example.org")
    id = _made(adobe)
    run = _run(adobe, id)
    assert (run["status"], run["differentialIngestion"]) == ("NEW", True)
    assert (run["audienceName"], run["audienceId"]) == (BODY["name"], id)
    response = _send(adobe, run)
    assert (response.status_code, response.json()["status"]) == (202, "PROCESSING")
    again = adobe.post(f"{EXTERNAL}{id}/runs", {"dataFilterStartTime": 1})
    assert again.status_code == 409
    work_off()
    told = adobe.get(f"{EXTERNAL}{id}/runs/{run['runId']}").json()
    assert told["status"] == "SUCCESS", told
    assert [one["stageName"] for one in told["details"]] == [
        "DATASET_INGEST",
        "PROFILE_STORE_INGEST",
    ]
    refresh_space(space=space, now=timezone.now())
    shown = adobe.get(f"/data/core/ups/audiences/{id}").json()
    assert shown["metrics"]["data"]["totalProfiles"] == 2
    # whoever isn't in a whole file leaves
    whole = _run(adobe, id, differentialIngestion=False)
    _send(adobe, whole, b"ppid\nann@example.org\n")
    work_off()
    told = adobe.get(f"{EXTERNAL}{id}/runs/{whole['runId']}").json()
    assert told["status"] == "SUCCESS", told
    refresh_space(space=space, now=timezone.now())
    shown = adobe.get(f"/data/core/ups/audiences/{id}").json()
    assert shown["metrics"]["data"]["totalProfiles"] == 1
    listed = adobe.get(f"{EXTERNAL}{id}/runs?limit=1").json()
    assert [one["runId"] for one in listed["runs"]] == [whole["runId"]]
    assert (listed["_page"]["totalCount"], listed["_page"]["next"]) == (2, "1")


def test_a_file_that_can_t_be_taken_is_refused(adobe: Any) -> None:
    id = _made(adobe)
    run = _run(adobe, id)
    assert _send(adobe, run, content_type="application/json").status_code == 400
    assert _send(adobe, run, b"").status_code == 400
    assert adobe.get(f"{EXTERNAL}{id}/runs/{run['runId']}").json()["status"] == "NEW"


@pytest.mark.parametrize(
    "sent",
    [{}, {"dataFilterStartTime": "x"}, {"dataFilterStartTime": 1, "differentialIngestion": 1}],
)
def test_a_run_that_makes_no_sense_is_refused(adobe: Any, sent: Any) -> None:
    id = _made(adobe)
    assert adobe.post(f"{EXTERNAL}{id}/runs", sent).status_code == 400
    assert not Import.objects.exists()
    assert adobe.get(f"{EXTERNAL}{id}/runs/nope").status_code == 404
