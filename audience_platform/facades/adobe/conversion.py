"""``/segment/conversion``: an expression in the other form, pql/text or pql/json."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from audience_platform.facades.adobe.errors import invalid, unreadable
from audience_platform.facades.adobe.received import refusing
from audience_platform.facades.adobe.representation import sandbox
from audience_platform.facades.adobe.view import AdobeView
from audiences.services.convert import convert
from audiences.types.pql import READERS


class Conversion(AdobeView):
    changes_nothing = True

    def post(self, request: HttpRequest) -> HttpResponse:
        """The body comes back, with its expression in the form that it isn't in."""
        sent = self.sent_object()
        given = sent.get("expression")
        if not isinstance(given, dict) or "value" not in given:
            raise unreadable("expression has no value. Give type, format and value.")
        form = given.get("format", "pql/text")
        others = [one for one in READERS if one != form]
        if str(given.get("type", "PQL")).upper() != "PQL":
            raise invalid(f"type is {given['type']!r}. Give PQL.")
        if form not in tuple(READERS):
            raise invalid(f"format is {form!r}. Give one of {', '.join(READERS)}.")
        with refusing():
            found = convert(
                space=self.access.space, language=form, value=given["value"], to=others[0]
            )
        return JsonResponse(
            {
                **sent,
                "imsOrgId": self.access.organization,
                "sandbox": sandbox(self.access),
                "expression": {**given, "type": "PQL", "format": others[0], "value": found.value},
            }
        )
