"""``/segment/definitions``: the older view of the audiences that are defined here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from audience_platform.facades.adobe.audiences import BulkGet, OneAudience
from audience_platform.facades.adobe.listing import Page, list_definitions
from audience_platform.facades.adobe.view import AdobeView


class Definitions(AdobeView):
    def get(self, request: HttpRequest) -> HttpResponse:
        found, page = list_definitions(self.access, request.GET)
        return JsonResponse({"segments": found, "page": _document(page), "link": _link(page)})


class OneDefinition(OneAudience):
    http_method_names = ["get", "head", "options"]


class DefinitionsBulkGet(BulkGet):
    """Also for a bare list of ids, as aepp sends it."""


def _document(page: Page) -> dict[str, object]:
    document = page.document()
    names = ("totalCount", "totalPages", "sortField", "sort", "pageSize", "limit")
    return {name: document[name] for name in names}


def _link(page: Page) -> dict[str, object]:
    if page.next is None:
        return {}
    return {"next": f"@/segment/definitions?page={page.next}&limit={page.limit}"}
