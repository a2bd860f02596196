"""``/preview`` and ``/estimate``: whom an expression would mean.

It is worked out at once, and exactly. The members are asked for anew with each page of them.
"""

from __future__ import annotations

import datetime
import re
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone

from audience_platform.facades.adobe.errors import Refusal, bad_parameter, invalid, unreadable
from audience_platform.facades.adobe.received import refusing
from audience_platform.facades.adobe.representation import PROFILE
from audience_platform.facades.adobe.view import AdobeView
from audience_platform.models import KeptPreview
from audiences.services.draft import members_of_draft, preview_draft
from audiences.types.pql import READERS
from segments.api.relations import as_uuid
from segments.models import Membership

_KEPT = datetime.timedelta(days=1)
_MOST = 1000  # members on a page


class Previews(AdobeView):
    changes_nothing = True

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = _read(self.sent_object())
        now, space = timezone.now(), self.access.space
        with refusing():
            draft, found = preview_draft(
                space=space, audience_type="pql", configuration=_configuration(asked), at=now
            )
        self.access.check_may(
            {"audience_type": draft.audience_type, "configuration": draft.configuration}
        )
        KeptPreview.objects.filter(created_at__lt=now - _KEPT).delete()
        answer = {"count": found.count, "everyone": found.everyone}
        kept = KeptPreview.objects.create(space=space, asked=asked, answer=answer, created_at=now)
        id = str(kept.id)
        told = {
            "state": "NEW",
            "previewQueryId": id,
            "previewQueryStatus": "NEW",
            "previewId": id,
            "previewExecutionId": 0,
        }
        return JsonResponse(told, status=201)


class PreviewView(AdobeView):
    """What the two halves of one preview share."""

    changes_nothing = True

    def find(self, id: str) -> KeptPreview:
        """:raises Refusal: there is none of the last day."""
        kept = KeptPreview.objects.filter(
            space=self.access.space,
            id__in=filter(None, [as_uuid(id)]),
            asked__has_key="predicateExpression",
            created_at__gte=timezone.now() - _KEPT,
        ).first()
        if kept is None:
            raise Refusal(404, "UPAPI-113000-404", f"The preview {id} is not found.")
        return kept


class OnePreview(PreviewView):
    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        kept = self.find(id)
        offset = _number(request, "offset", 0)
        limit = min(_number(request, "limit", _MOST), _MOST)
        with refusing():
            held = members_of_draft(
                space=self.access.space,
                audience_type="pql",
                configuration=_configuration(kept.asked),
                at=timezone.now(),
            )
        numbers = list(held[offset : offset + limit])
        people = Membership.objects.filter(pk__in=numbers).order_by("pk")
        rows = people.values_list("id", "external_id")
        return JsonResponse(
            {
                "id": id,
                "results": [self._profile(one, external_id) for one, external_id in rows],
                "page": {"offset": offset, "size": len(numbers)},
                "state": "RESULT_READY",
                "links": self._links(offset, limit, len(held)),
            }
        )

    def delete(self, request: HttpRequest, id: str) -> HttpResponse:
        self.find(id).delete()
        return JsonResponse({})

    def _profile(self, id: UUID, external_id: str | None) -> dict[str, Any]:
        link = {"_href": self.request.build_absolute_uri(reverse("memberships-detail", args=[id]))}
        others = {external_id: link} if external_id else {}
        return {str(id): {**link, "endCustomerIds": others}}

    def _links(self, offset: int, limit: int, count: int) -> dict[str, str]:
        page = self.request.build_absolute_uri(self.request.path)
        more = f"{page}?offset={offset + limit}&limit={limit}"
        before = f"{page}?offset={max(offset - limit, 0)}&limit={limit}"
        return {
            "_self": f"{page}?offset={offset}&limit={limit}",
            "next": more if offset + limit < count else "",
            "prev": before if offset else "",
        }


class Estimate(PreviewView):
    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        count, everyone = (self.find(id).answer[name] for name in ("count", "everyone"))
        preview = request.build_absolute_uri(reverse("adobe-preview", args=[id]))
        return JsonResponse(
            {
                "estimatedSize": count,
                "numRowsToRead": everyone,
                "profilesReadSoFar": everyone,
                "profilesMatchedSoFar": count,
                "totalRows": everyone,
                "estimatedNamespaceDistribution": [
                    {"namespaceId": "membership", "profilesMatchedSoFar": count}
                ],
                "state": "RESULT_READY",
                "standardError": 0,
                "confidenceInterval": "95%",
                "error": {"description": "", "traceback": ""},
                "_links": {"preview": preview},
            }
        )


def _read(sent: dict[str, Any]) -> dict[str, Any]:
    value, form = sent.get("predicateExpression"), sent.get("predicateType", "pql/text")
    if not isinstance(value, str):
        raise unreadable(f"predicateExpression is {value!r}. Give an expression, as a text.")
    if form not in tuple(READERS):
        raise invalid(f"predicateType is {form!r}. Give one of {', '.join(READERS)}.")
    if sent.get("predicateModel", PROFILE) != PROFILE:
        raise invalid(f"predicateModel is {sent['predicateModel']!r}. Give {PROFILE}.")
    return {"predicateExpression": value, "predicateType": form}


def _configuration(asked: dict[str, Any]) -> dict[str, Any]:
    form, value = asked["predicateType"], asked["predicateExpression"]
    return {"expression": {"type": "PQL", "format": form, "value": value}}


def _number(request: HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name)
    if text is None:
        return default
    if not re.fullmatch("[0-9]{1,9}", text, re.ASCII):
        raise bad_parameter(name, f"“{text}” is not a number. Give one of 0 or more.")
    return int(text)
