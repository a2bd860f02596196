"""``/segment/jobs``: working audiences out anew, when a client asks for it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from audience_platform.facades.adobe.access import Access
from audience_platform.facades.adobe.errors import (
    Refusal,
    audience_not_found,
    bad_parameter,
    invalid,
    unreadable,
)
from audience_platform.facades.adobe.listing import Page, has_all, read_number, read_properties
from audience_platform.facades.adobe.representation import PROFILE, represent, sandbox
from audience_platform.facades.adobe.view import AdobeView
from audience_platform.models import SegmentJob
from audiences.models import Audience, AudienceStatus
from audiences.services.standing import (
    NotInForce,
    is_being_refreshed,
    request_refresh,
    withdraw_request,
)
from segments.api.relations import as_uuid

_KEPT = datetime.timedelta(days=30)
_MOST = 1500  # audiences of one job
_STATES = ("NEW", "QUEUED", "PROCESSING", "SUCCEEDED", "FAILED", "CANCELLING", "CANCELLED")
_SORT = re.compile("(?P<name>creationTime|updateTime)(:(?P<direction>asc|desc))?")


class Jobs(AdobeView):
    def get(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET
        state = asked.get("status") or None
        if state is not None and state not in _STATES:
            raise bad_parameter("status", f"“{state}” is not one of {', '.join(_STATES)}.")
        wanted = read_properties(asked)
        sort = _SORT.fullmatch(asked.get("sort", "creationTime:desc"))
        if sort is None:
            raise bad_parameter("sort", "Give creationTime or updateTime, with :asc or :desc.")
        jobs = SegmentJob.objects.filter(space=self.access.space)
        ascending = sort["direction"] != "desc"
        rows = jobs.order_by("number" if ascending else "-number")
        found = [
            job
            for job in _documents(rows, self.access)
            if state in (None, job["status"]) and has_all(job, wanted)
        ]
        limit = read_number(asked, "limit", least=1) or 100
        start = read_number(asked, "start", least=0) or 0
        page = Page(start, limit, len(found), sort["name"], "asc" if ascending else "desc")
        return JsonResponse(
            {
                "children": found[start * limit : (start + 1) * limit],
                "_page": page.document(),
                "_links": page.links(asked, "segment/jobs"),
            }
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        audiences = _find(self.sent(), self.access)
        try:
            for audience in audiences:
                request_refresh(audience=audience, at=now)
        except NotInForce as error:
            raise invalid(str(error)) from error
        SegmentJob.objects.filter(requested_at__lt=now - _KEPT).delete()
        job = SegmentJob.objects.create(
            space=self.access.space, audiences=[one.id for one in audiences], requested_at=now
        )
        return JsonResponse(_documents([job], self.access)[0])


class OneJob(AdobeView):
    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        return JsonResponse(_documents([self._find(id)], self.access)[0])

    def delete(self, request: HttpRequest, id: str) -> HttpResponse:
        """Cancel what has not been done yet."""
        job = self._find(id)
        (document,) = _documents([job], self.access)
        if document["status"] in ("SUCCEEDED", "CANCELLED"):
            title = f"The job {id} can't be cancelled: it is {document['status']} already."
            raise Refusal(400, "UPAPI-113000-400", title)
        audiences = self.access.audiences.filter(id__in=job.audiences)
        withdraw_request(audiences=audiences, at=job.requested_at)
        job.cancelled_at = timezone.now()
        job.save(update_fields=["cancelled_at"])
        return HttpResponse(status=204)

    def _find(self, id: str) -> SegmentJob:
        rows = SegmentJob.objects.filter(space=self.access.space)
        job = rows.filter(id__in=filter(None, [as_uuid(id)])).first()
        if job is None:
            raise Refusal(404, "UPAPI-113000-404", f"The segment job {id} is not found.")
        return job


def _find(sent: Any, access: Access) -> Sequence[Audience]:
    """The audiences that a job is for: ``[{"segmentId": ID}]``, or within an object ``segments``;
    the id ``*`` is all that are in force."""
    if isinstance(sent, dict):
        sent = sent.get("segments")
    if not isinstance(sent, list) or not 0 < len(sent) <= _MOST:
        raise unreadable(f'Send 1 to {_MOST} audiences, as [{{"segmentId": …}}].')
    ids: list[Any] = [one.get("segmentId") if isinstance(one, dict) else None for one in sent]
    if ids == ["*"]:
        return list(access.audiences.filter(enabled=True, lifecycle="published"))
    if not all(isinstance(id, str) for id in ids):
        raise unreadable('A segmentId is not a text. Send [{"segmentId": …}].')
    wanted = [as_uuid(id) for id in ids]
    found = {row.id: row for row in access.audiences.filter(id__in=filter(None, wanted))}
    for id, known in zip(ids, wanted, strict=True):
        if known is None or known not in found:
            raise audience_not_found(id)
    return list(found.values())


def _documents(jobs: Iterable[SegmentJob], access: Access) -> list[dict[str, Any]]:
    jobs = list(jobs)
    wanted = {id for job in jobs for id in job.audiences}
    rows = access.audiences.filter(id__in=wanted)
    audiences = {UUID(one["id"]): one for one in represent(rows, access)}
    statuses = {
        status.audience.id: status
        for status in AudienceStatus.objects.filter(audience__in=rows).select_related("audience")
    }
    at_work = is_being_refreshed(access.space.pk)
    return [_document(job, access, audiences, statuses, at_work) for job in jobs]


def _document(
    job: SegmentJob,
    access: Access,
    audiences: Mapping[UUID, dict[str, Any]],
    statuses: Mapping[UUID, AudienceStatus],
    at_work: bool,
) -> dict[str, Any]:
    mine = [statuses[id] for id in job.audiences if id in statuses]
    known = [audiences[id] for id in job.audiences if id in audiences]
    state = _state(job, mine, at_work)
    ended = [one.as_of for one in mine if one.as_of and one.as_of >= job.requested_at]
    updated = max([job.requested_at, *ended])
    path = f"/segment/jobs/{job.id}"
    return {
        "id": str(job.id),
        "imsOrgId": access.organization,
        "sandbox": sandbox(access),
        "profileInstanceId": "ups",
        "source": "api",
        "status": state,
        "segments": [_segment(one) for one in known],
        "metrics": _metrics(job, known, updated, done=state == "SUCCEEDED"),
        "errors": [
            {"segmentId": str(one.audience.id), "msg": one.last_error}
            for one in mine
            if state == "FAILED" and one.last_error
        ],
        "schema": {"name": PROFILE},
        "_links": {
            "cancel": {"href": path, "method": "DELETE"},
            "checkStatus": {"href": path, "method": "GET"},
        },
        "creationTime": int(job.requested_at.timestamp() * 1000),
        "updateTime": int(updated.timestamp() * 1000),
        "updateEpoch": int(updated.timestamp()),
    }


def _state(job: SegmentJob, statuses: Sequence[AudienceStatus], at_work: bool) -> str:
    """As far as the last of its audiences is."""
    if job.cancelled_at:
        return "CANCELLED"
    waiting = [one for one in statuses if one.as_of is None or one.as_of < job.requested_at]
    if not waiting:
        return "SUCCEEDED"
    if any(one.failed_at and one.failed_at >= job.requested_at for one in waiting):
        return "FAILED"
    return "PROCESSING" if at_work else "QUEUED"


def _segment(audience: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: audience[key] for key in ("id", "expression") if key in audience}
    if "mergePolicyId" in audience:
        shown["mergePolicyId"] = audience["mergePolicyId"]
        shown["mergePolicy"] = {"id": audience["mergePolicyId"], "version": 1}
    return {"segmentId": audience["id"], "segment": shown}


def _metrics(
    job: SegmentJob,
    audiences: Sequence[Mapping[str, Any]],
    ended: datetime.datetime,
    *,
    done: bool,
) -> dict[str, Any]:
    if not done:
        return {}
    data = {one["id"]: one["metrics"]["data"] for one in audiences if "metrics" in one}
    start, end = int(job.requested_at.timestamp() * 1000), int(ended.timestamp() * 1000)
    return {
        "totalTime": {"startTimeInMs": start, "endTimeInMs": end, "totalTimeInMs": end - start},
        "segmentedProfileCounter": {id: one["totalProfiles"] for id, one in data.items()},
        "segmentedProfileByStatusCounter": {
            id: one["totalProfilesByStatus"] for id, one in data.items()
        },
    }
