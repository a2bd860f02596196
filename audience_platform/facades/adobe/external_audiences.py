"""``/data/core/ais/external-audience``: lists that are made elsewhere, and sent as files.

Adobe fetches the file from a cloud's storage; here it is sent, as CSV, to the URL that a run tells.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from audience_platform.facades.adobe.audiences import AudienceView
from audience_platform.facades.adobe.errors import (
    Refusal,
    audience_not_found,
    invalid,
    unreadable,
)
from audience_platform.facades.adobe.received import read_changes, read_new, refusing
from audience_platform.facades.adobe.representation import EXTERNAL, represent
from audiences.models import Audience
from audiences.services import define_audience, redefine_audience
from audiences.services.own_list import extend

_TYPES = ("string", "number", "long", "integer", "date", "datetime", "boolean")
_MOST_FIELDS = 41
_CHANGED = {"description", "labels", "fields", "ttlInDays"}
_TOLD = (
    "name",
    "description",
    "fields",
    "sourceSpec",
    "ttlInDays",
    "labels",
    "tags",
    "audienceType",
    "originName",
    "namespace",
    "profileIngestion",
    "createdBy",
)


class ExternalView(AudienceView):
    """Only external audiences are seen here."""

    def find(self, id: str, *, to_change: bool = False) -> Audience:
        row = super().find(id, to_change=to_change)
        if row.audience_type != "external":
            raise audience_not_found(id)
        return row

    def told(self, row: Audience) -> dict[str, Any]:
        """As these endpoints show it: their moments are in seconds."""
        (document,) = represent(Audience.objects.filter(pk=row.pk), self.access)
        return {
            "audienceId": document["id"],
            "customAudienceId": document["audienceId"],
            **{name: document[name] for name in _TOLD if name in document},
            "createdAt": document["createEpoch"],
            "updatedBy": document["lastModifiedBy"],
            "updatedAt": document["updateEpoch"],
        }


class ExternalAudiences(ExternalView):
    def post(self, request: HttpRequest) -> HttpResponse:
        """It is made at once, and empty: the operation that Adobe starts has ended by itself."""
        sent = self.sent_object()
        _check_fields(sent.get("fields"), at_least=1)
        given = {key: value for key, value in sent.items() if key != "customAudienceId"}
        if "customAudienceId" in sent:
            given["audienceId"] = sent["customAudienceId"]
        self._refuse_taken(given)
        with refusing():
            values = read_new({**given, "type": EXTERNAL}, self.access.space)
            self.access.check_may(values)
            row = define_audience(space=self.access.space, **values)
        details = self.told(row)
        del details["audienceId"]
        answer = {"operationId": str(row.id), "operationDetails": details}
        return JsonResponse(answer, status=202)

    def _refuse_taken(self, given: dict[str, Any]) -> None:
        taken = Audience.objects.filter(
            space=self.access.space,
            external_id=str(given.get("audienceId")),
            namespace=str(given.get("namespace", "CustomerAudienceUpload")),
        )
        if taken.exists():
            title = f"DUPLICATE_RESOURCE: the customAudienceId {given['audienceId']} is taken."
            raise Refusal(409, "100950-409", title)


class ExternalOperation(ExternalView):
    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        details = self.told(self.find(id))
        audience = details.pop("audienceId")
        return JsonResponse(
            {
                "operationId": audience,
                "status": "SUCCESS",
                "operationDetails": details,
                "audienceId": audience,
            }
        )


class OneExternalAudience(ExternalView):
    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        return JsonResponse(self.told(self.find(id)))

    def patch(self, request: HttpRequest, id: str) -> HttpResponse:
        sent = self.sent_object()
        if others := sorted(sent.keys() - _CHANGED):
            may = ", ".join(sorted(_CHANGED))
            raise invalid(f"{', '.join(others)} can't be changed here. Change only {may}.")
        row = self.find(id, to_change=True)
        if "fields" in sent:
            sent["fields"] = _merged(row.metadata.get("fields"), sent["fields"])
        with refusing():
            values = read_changes(row, sent)
            self.access.check_may(values)
            redefine_audience(row, **values)
        return JsonResponse(self.told(row))

    def delete(self, request: HttpRequest, id: str) -> HttpResponse:
        return self.deleted(self.find(id, to_change=True))


class ExtendTtl(ExternalView):
    def post(self, request: HttpRequest, id: str) -> HttpResponse:
        row = self.find(id, to_change=True)
        extend(audience=row, at=timezone.now())
        return JsonResponse(self.told(row))


def _check_fields(fields: Any, *, at_least: int) -> None:
    """The columns of the files to come: one of them says who a row is."""
    if not isinstance(fields, list) or not at_least <= len(fields) <= _MOST_FIELDS:
        raise unreadable(f"fields is {fields!r}. Give a list of 1 to {_MOST_FIELDS} fields.")
    for field in fields:
        if not isinstance(field, dict) or not isinstance(field.get("name"), str):
            raise unreadable(f"A field is {field!r}. Give an object with a name and a type.")
        if field.get("type") not in _TYPES:
            raise invalid(
                f"{field['name']} has the type {field.get('type')!r}, not one of {_TYPES}"
            )
    identities = [field for field in fields if field.get("identityNs")]
    if at_least and len(identities) != 1:
        raise invalid(f"{len(identities)} of the fields have an identityNs. Give it to one.")


def _merged(known: Any, changed: Any) -> list[dict[str, Any]]:
    """The fields, of which those that are sent have what is sent."""
    fields = [one for one in known if isinstance(one, dict)] if isinstance(known, list) else []
    if not isinstance(changed, list) or not all(isinstance(one, dict) for one in changed):
        raise unreadable(f"fields is {changed!r}. Give a list of fields with their labels.")
    sent = {one.get("name"): one for one in changed}
    if unknown := sent.keys() - {one.get("name") for one in fields}:
        raise invalid(f"There is no field {min(map(str, unknown))}.")
    merged = [{**one, **sent.get(one.get("name"), {})} for one in fields]
    _check_fields(merged, at_least=1)
    return merged
