"""``/external-audience/ID/runs``: bringing a file into an external audience."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone

from audience_platform.facades.adobe.errors import Refusal, invalid, unreadable
from audience_platform.facades.adobe.external_audiences import ExternalView
from audience_platform.facades.adobe.listing import Page, read_number
from audiences.models import Audience
from audiences.services.own_list import list_of
from segments.api.errors import Refused
from segments.api.relations import as_uuid
from segments.api.uploads import receive
from segments.imports.asking import NotNow, make_import, take_file
from segments.imports.refusals import ImportRefused
from segments.jobs import start_import
from segments.models import Import, ImportMode, ImportState, Unknown
from segments.models.imports import AT_WORK

_STATES = {
    ImportState.WAITING: "NEW",
    ImportState.UPLOADED: "NEW",
    ImportState.COUNTING: "PROCESSING",
    ImportState.COUNTED: "NEW",
    ImportState.RUNNING: "PROCESSING",
    ImportState.SUCCEEDED: "SUCCESS",
}
# By which field a person is known whom a file names in a column of this namespace.
_IDENTITIES = {"email": "email", "phone": "phone"}


class RunView(ExternalView):
    """What one run and all of them share."""

    def runs(self, audience: Audience) -> QuerySet[Import]:
        return Import.objects.filter(segment=list_of(audience))

    def find_run(self, audience: Audience, run: str) -> Import:
        found = self.runs(audience).filter(id__in=filter(None, [as_uuid(run)])).first()
        if found is None:
            raise Refusal(404, "UPAPI-113000-404", f"The run {run} is not found.")
        return found

    def document(self, audience: Audience, run: Import) -> dict[str, Any]:
        state = _STATES.get(ImportState(run.state), "FAILED")
        return {
            "audienceName": audience.name,
            "audienceId": str(audience.id),
            "runId": str(run.id),
            "status": state,
            "differentialIngestion": run.mode == ImportMode.ADD,
            "createdAt": int(run.created_at.timestamp()),
            "createdBy": str(self.access.key.pk),
            "details": [
                {"stageName": stage, "status": state, **({"error": run.error} if run.error else {})}
                for stage in ("DATASET_INGEST", "PROFILE_STORE_INGEST")
            ],
            **({"uploadUrl": self._upload_url(audience.id, run.id)} if state == "NEW" else {}),
        }

    def _upload_url(self, audience: UUID, run: UUID) -> str:
        path = reverse("adobe-external-file", args=[audience, run])
        return self.request.build_absolute_uri(path)


class Runs(RunView):
    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        audience = self.find(id)
        limit = read_number(request.GET, "limit", least=1) or 20
        start = read_number(request.GET, "start", least=0) or 0
        rows = self.runs(audience).order_by("-number")
        page = Page(start, limit, rows.count(), "createdAt", "desc")
        runs = [self.document(audience, run) for run in rows[start * limit : (start + 1) * limit]]
        return JsonResponse({"runs": runs, "_page": page.document()})

    def post(self, request: HttpRequest, id: str) -> HttpResponse:
        """Make a run; it goes ahead when its file has come. ``differentialIngestion`` false: the
        file has all who are on the list, and whoever isn't in it leaves."""
        sent = self.sent_object()
        moments = {
            name: sent[name]
            for name in ("dataFilterStartTime", "dataFilterEndTime")
            if name in sent
        }
        if not isinstance(moments.get("dataFilterStartTime"), int):
            raise unreadable("dataFilterStartTime is missing. Give seconds since 1970.")
        adds = sent.get("differentialIngestion", True)
        if not isinstance(adds, bool):
            raise unreadable(f"differentialIngestion is {adds!r}. Give true or false.")
        audience = self.find(id, to_change=True)
        if self.runs(audience).filter(state__in=AT_WORK).exists():
            raise Refusal(409, "UPAPI-113000-409", f"A run of {audience.id} is still going on.")
        run = make_import(
            space=self.access.space,
            segment=list_of(audience),
            mode=ImportMode.ADD if adds else ImportMode.REPLACE,
            unknown=Unknown.CREATE,
            removable_share=1.0,  # there is nobody who could confirm that many leave
            made_by=f"the key “{self.access.key.name}”",
            mapping=_mapping(audience.metadata.get("fields")),
        )
        return JsonResponse({**self.document(audience, run), **moments})


class OneRun(RunView):
    def get(self, request: HttpRequest, id: str, run: str) -> HttpResponse:
        audience = self.find(id)
        return JsonResponse(self.document(audience, self.find_run(audience, run)))


class RunFile(RunView):
    """Where the file of a run is sent, as text/csv. It is received outside of any transaction: it
    may take its time."""

    atomic = False

    def put(self, request: HttpRequest, id: str, run: str) -> HttpResponse:
        audience = self.find(id)
        found = self.find_run(audience, run)
        if request.content_type != "text/csv":
            raise invalid(f"The file is sent as {request.content_type!r}. Send it as text/csv.")
        now = timezone.now()
        with TemporaryUploadedFile("import", "text/csv", 0, None) as received:
            try:
                received.size = receive(request, received)
                take_file(found, received, at=now)
                start_import(found, dry_run=False, at=now)
            except NotNow as error:
                raise Refusal(409, "UPAPI-113000-409", str(error)) from error
            except ImportRefused as error:
                raise invalid(str(error)) from error
            except Refused as error:
                detail = error.problems[0].detail
                code = f"UPAPI-113000-{error.status_code}"
                raise Refusal(error.status_code, code, detail) from error
        return JsonResponse(self.document(audience, found), status=202)


def _mapping(fields: Any) -> dict[str, str | None]:
    """The columns that say who a row is, and which field of a person that is: of a namespace that
    is neither e-mail nor phone, the external id."""
    named = fields if isinstance(fields, list) else []
    return {
        field["name"]: _IDENTITIES.get(str(field["identityNs"]).lower(), "external_id")
        if field.get("identityNs")
        else None
        for field in named
        if isinstance(field, dict) and isinstance(field.get("name"), str)
    }
