"""What all calls share: who asks, what they send, and how they are refused."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from audience_platform.facades.adobe.access import Access, access_of
from audience_platform.facades.adobe.errors import (
    NoContentType,
    Refusal,
    no_permission,
    too_long,
    unreadable,
)


class AdobeView(View):
    """One path. A request has happened whole or, refused, not at all."""

    access: Access
    atomic = True
    changes_nothing = False  # whether a key that may only read may POST here

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        return csrf_exempt(super().as_view(**initkwargs))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.access = access_of(request)
            if request.method not in ("GET", "HEAD", "OPTIONS") and not (
                self.changes_nothing or self.access.may_write
            ):
                raise no_permission("WRITE", request.path)
            with transaction.atomic() if self.atomic else nullcontext():
                return super().dispatch(request, *args, **kwargs)
        except Refusal as refusal:
            return refusal.response(request)

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        allowed = ", ".join(name.upper() for name in self.http_method_names if hasattr(self, name))
        title = f"{request.method} is not possible here. Send one of {allowed}."
        raise Refusal(405, "UPAPI-113000-405", title, headers={"Allow": allowed})

    def sent(self) -> Any:
        """The body, which is JSON.

        :raises Refusal: it isn't, or is too long, or has what no text of the database can.
        """
        type = self.request.content_type or ""
        if type != "application/json" and not type.endswith("+json"):
            raise NoContentType
        try:
            sent = orjson.loads(self.request.body)
        except RequestDataTooBig as error:
            raise too_long() from error
        except orjson.JSONDecodeError as error:
            raise unreadable(f"The body is not JSON: {error}.") from error
        try:
            orjson.dumps([[[[sent]]]])  # an answer has it a few levels deeper
        except orjson.JSONEncodeError as error:
            raise unreadable("The body nests deeper than 250 levels. Send it flatter.") from error
        if _has_nul(sent):
            raise unreadable("A text has the character U+0000. Send it without.")
        return sent

    def sent_object(self) -> dict[str, Any]:
        """:raises Refusal: the body is no JSON object."""
        sent = self.sent()
        if not isinstance(sent, dict):
            raise unreadable("The body is not an object. Send one.")
        return sent


def _has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any("\0" in name or _has_nul(inner) for name, inner in value.items())
    if isinstance(value, list):
        return any(map(_has_nul, value))
    return isinstance(value, str) and "\0" in value
