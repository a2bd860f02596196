"""``/data/core/ups/audiences``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from audience_platform.facades.adobe.errors import (
    Refusal,
    audience_not_found,
    request_id,
    unreadable,
)
from audience_platform.facades.adobe.listing import list_audiences
from audience_platform.facades.adobe.patch import patched
from audience_platform.facades.adobe.received import (
    read_changes,
    read_new,
    read_whole,
    refusing,
)
from audience_platform.facades.adobe.representation import etag, represent
from audience_platform.facades.adobe.view import AdobeView
from audiences.models import Audience
from audiences.services import define_audience, redefine_audience
from segments.api.relations import as_uuid
from segments.services import InUse, delete_row

_MOST_IDS = 100


class AudienceView(AdobeView):
    """What lists and single ones share."""

    def find(self, id: str, *, to_change: bool = False) -> Audience:
        """The audience of that id; one to be changed is kept from others meanwhile, and must be
        the one that ``If-Match`` names.

        :raises Refusal: there is none that whoever asks may see, or it has been written since.
        """
        rows = self.access.audiences
        if to_change:
            rows = rows.select_for_update(of=("self",))
        row = rows.filter(id__in=filter(None, [as_uuid(id)])).first()
        if row is None:
            raise audience_not_found(id)
        row.space = self.access.space
        if to_change:
            self._check_match(row)
        return row

    def _check_match(self, row: Audience) -> None:
        match = self.request.headers.get("If-Match")
        if match is None or match.strip() == "*":
            return
        given = {one.strip().strip('"') for one in match.split(",")}
        if etag(row).strip('"') not in given:
            title = f"The audience entity {row.id} has been changed meanwhile. Get it anew."
            raise Refusal(412, "UPAPI-113000-412", title, headers={"ETag": etag(row)})

    def deleted(self, row: Audience) -> HttpResponse:
        """:raises Refusal: something uses it."""
        try:
            delete_row(row)
        except InUse as error:
            title = "The audience cannot be deleted."
            said = str(error.as_seen(self.access.seen))
            raise Refusal(400, "UPAPI-113631-403", title, said) from error
        return HttpResponse(status=204)

    def shown(self, row: Audience) -> HttpResponse:
        """The audience as it is stored now."""
        (document,) = represent(Audience.objects.filter(pk=row.pk), self.access)
        return JsonResponse(document, headers={"ETag": document["_etag"]})


class Audiences(AudienceView):
    def get(self, request: HttpRequest) -> HttpResponse:
        children, page = list_audiences(self.access, request.GET)
        links = page.links(request.GET)
        return JsonResponse({"children": children, "_page": page.document(), "_links": links})

    def post(self, request: HttpRequest) -> HttpResponse:
        with refusing():
            values = read_new(self.sent_object(), self.access.space)
            self.access.check_may(values)
            row = define_audience(space=self.access.space, **values)
        return self.shown(row)


class OneAudience(AudienceView):
    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        return self.shown(self.find(id))

    def patch(self, request: HttpRequest, id: str) -> HttpResponse:
        operations = self.sent()
        row = self.find(id, to_change=True)
        (document,) = represent(Audience.objects.filter(pk=row.pk), self.access)
        changed, removed = patched(document, operations)
        with refusing():
            return self._redefined(row, read_changes(row, changed, removed))

    def put(self, request: HttpRequest, id: str) -> HttpResponse:
        sent = self.sent_object()
        row = self.find(id, to_change=True)
        with refusing():
            return self._redefined(row, read_whole(row, sent))

    def _redefined(self, row: Audience, values: dict[str, Any]) -> HttpResponse:
        self.access.check_may(values)
        return self.shown(redefine_audience(row, **values))

    def delete(self, request: HttpRequest, id: str) -> HttpResponse:
        return self.deleted(self.find(id, to_change=True))


class BulkGet(AudienceView):
    changes_nothing = True

    def post(self, request: HttpRequest) -> HttpResponse:
        sent = self.sent()
        ids = _ids(sent.get("ids") if isinstance(sent, dict) else sent)
        rows = self.access.audiences.filter(id__in=[id for id in map(as_uuid, ids) if id])
        found = {document["id"]: document for document in represent(rows, self.access)}
        if not found:
            raise Refusal(404, "UPAPI-113000-404", f"The entity {','.join(ids)} is not found.")
        missing = {
            "requestId": request_id(request),
            "errors": {"404": [{"code": "404", "message": "Not found."}]},
        }
        return JsonResponse(
            {"results": {id: found.get(str(as_uuid(id)), missing) for id in ids}}, status=207
        )


def _ids(sent: Any) -> list[str]:
    """Of ``[{"id": ID}]`` or ``[ID]``, by itself or under ``ids``: all are in use."""
    if not isinstance(sent, list):
        raise unreadable('ids is not a list. Give [{"id": …}].')
    if not 0 < len(sent) <= _MOST_IDS:
        title = "The number of requested IDs is invalid. Cannot be 0 or exceed 100."
        raise Refusal(400, "UPAPI-113015-400", title)
    ids: list[Any] = [one.get("id") if isinstance(one, dict) else one for one in sent]
    if not all(isinstance(id, str) for id in ids):
        raise unreadable('An id is not a text. Give {"id": …} with one.')
    return ids
