"""Segment jobs: working audiences out anew when a client asks."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from audience_platform.models import SegmentJob
from audiences.models import Audience, AudienceStatus
from audiences.services import refresh_space
from segments.models import Space

Make = Callable[..., Any]
JOBS = "/data/core/ups/segment/jobs"


def _job(adobe: Any, *ids: str) -> Any:
    response = adobe.post(JOBS, [{"segmentId": id} for id in ids])
    assert response.status_code == 200, response.content
    return response.json()


def test_a_job_works_its_audiences_out(adobe: Any, space: Space, make_membership: Make) -> None:
    make_membership(metadata={"workAddress": {"country": "US"}})
    made = adobe.create()
    refresh_space(space=space, now=timezone.now())
    job = _job(adobe, made["id"])
    assert (job["status"], job["metrics"], job["errors"]) == ("QUEUED", {}, [])
    (segment,) = job["segments"]
    assert segment["segmentId"] == segment["segment"]["id"] == made["id"]
    assert segment["segment"]["expression"] == made["expression"]
    assert segment["segment"]["mergePolicy"] == {"id": made["mergePolicyId"], "version": 1}
    assert job["_links"]["cancel"] == {"href": f"/segment/jobs/{job['id']}", "method": "DELETE"}
    refresh_space(space=space, now=timezone.now())
    job = adobe.get(f"{JOBS}/{job['id']}").json()
    assert job["status"] == "SUCCEEDED"
    assert job["metrics"]["segmentedProfileCounter"] == {made["id"]: 1}
    assert job["metrics"]["segmentedProfileByStatusCounter"][made["id"]]["exited"] == 0
    total = job["metrics"]["totalTime"]
    assert total["endTimeInMs"] - total["startTimeInMs"] == total["totalTimeInMs"] >= 0


def test_a_job_that_fails_says_why(adobe: Any, space: Space, make_membership: Make) -> None:
    make_membership()
    made = adobe.create()
    refresh_space(space=space, now=timezone.now())
    job = _job(adobe, made["id"])
    with patch(
        "audiences.services.refresh.ColumnAnswers.members", side_effect=ValueError("too odd")
    ):
        refresh_space(space=space, now=timezone.now())
    job = adobe.get(f"{JOBS}/{job['id']}").json()
    assert job["status"] == "FAILED"
    assert "too odd" in job["errors"][0]["msg"]


def test_a_cancelled_job_is_not_done(adobe: Any, space: Space) -> None:
    made = adobe.create()
    refresh_space(space=space, now=timezone.now())
    job = _job(adobe, made["id"])
    assert adobe.ask("DELETE", f"{JOBS}/{job['id']}").status_code == 204
    assert AudienceStatus.objects.get().requested_at is None
    assert adobe.get(f"{JOBS}/{job['id']}").json()["status"] == "CANCELLED"
    assert adobe.ask("DELETE", f"{JOBS}/{job['id']}").status_code == 400


def test_what_another_has_asked_for_since_is_done_all_the_same(adobe: Any, space: Space) -> None:
    made = adobe.create()
    first, second = _job(adobe, made["id"]), _job(adobe, made["id"])
    adobe.ask("DELETE", f"{JOBS}/{first['id']}")
    assert AudienceStatus.objects.get().requested_at is not None
    assert adobe.get(f"{JOBS}/{second['id']}").json()["status"] == "QUEUED"


def test_jobs_are_listed_and_filtered(adobe: Any, space: Space) -> None:
    one, two = adobe.create(name="one"), adobe.create(name="two")
    first = _job(adobe, one["id"])
    refresh_space(space=space, now=timezone.now())
    second = _job(adobe, one["id"], two["id"])

    def ids(query: str) -> list[str]:
        return [job["id"] for job in adobe.get(f"{JOBS}?{query}").json()["children"]]

    assert ids("") == [second["id"], first["id"]]
    assert ids("sort=creationTime:asc") == [first["id"], second["id"]]
    assert ids("status=SUCCEEDED") == [first["id"]]
    assert ids(f"property=segments~segmentId=={two['id']}") == [second["id"]]
    page = adobe.get(f"{JOBS}?limit=1").json()
    assert (page["_page"]["totalCount"], page["_page"]["next"]) == (2, "1")
    assert ids("limit=1&start=1") == [first["id"]]
    for wrong in ("status=DONE", "sort=name", "limit=0", "start=x"):
        assert adobe.get(f"{JOBS}?{wrong}").status_code == 400


def test_a_star_is_all_that_are_in_force(adobe: Any) -> None:
    made = adobe.create()
    adobe.create(lifecycleState="draft")
    job = adobe.post(JOBS, {"segments": [{"segmentId": "*"}]}).json()
    assert [one["segmentId"] for one in job["segments"]] == [made["id"]]


def test_old_jobs_are_forgotten(adobe: Any) -> None:
    made = adobe.create()
    _job(adobe, made["id"])
    SegmentJob.objects.update(requested_at=timezone.now() - datetime.timedelta(days=31))
    job = _job(adobe, made["id"])
    assert [str(one.id) for one in SegmentJob.objects.all()] == [job["id"]]


@pytest.mark.parametrize("sent", [[], {}, [7], [{"segmentId": 7}], "x", [{}]])
def test_a_job_for_nothing_is_refused(adobe: Any, sent: Any) -> None:
    assert adobe.post(JOBS, sent).status_code == 400


def test_a_job_for_what_is_not_there_or_not_in_force_changes_nothing(
    adobe: Any, make_client: Make, other_space: Space
) -> None:
    made, draft = adobe.create(), adobe.create(lifecycleState="draft")
    elsewhere = make_client(other_space).create()
    for id, status in ((elsewhere["id"], 404), ("nope", 404), (draft["id"], 400)):
        response = adobe.post(JOBS, [{"segmentId": made["id"]}, {"segmentId": id}])
        assert response.status_code == status
    assert not SegmentJob.objects.exists()
    assert not AudienceStatus.objects.filter(requested_at__isnull=False).exists()
    assert adobe.get(f"{JOBS}/{made['id']}").status_code == 404
    Audience.objects.all().delete()
