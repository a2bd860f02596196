"""How Segment refuses: ``{"errors": [{"type", "message", "field", "data", "status"}]}``.

Its clients throw the first of these errors and look at nothing else, so every answer that is no
success has one.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    MethodNotAllowed,
    NotAuthenticated,
    PermissionDenied,
)
from rest_framework.response import Response

from audience_platform.throttling import Rate

Error = dict[str, Any]


class Refused(APIException):
    """An answer that is no success."""

    def __init__(self, status: int, errors: Sequence[Error]) -> None:
        super().__init__()
        self.status_code = status
        self.errors = [{**error, "status": status} for error in errors]


def invalid(field: str, message: str) -> Refused:
    """That a value can't be used; ``field`` is its path, such as ``definition.query``."""
    return Refused(422, [invalid_field(field, message)])


def invalid_field(field: str, message: str) -> Error:
    return {"type": "input-validation", "message": message, "field": field}


def missing(thing: str, id: str) -> Refused:
    """That there is no such thing; ``thing`` is its word, such as ``Audience``."""
    message = f"{thing} with id '{id}' not found."
    return Refused(404, [{"type": "not-found", "message": message, "data": None}])


def conflict(message: str, data: Any = None) -> Refused:
    return Refused(409, [{"type": "conflict", "message": message, "data": data}])


def exception_handler(error: Exception, _context: dict[str, Any]) -> Response | None:
    """What REST framework asks when a view raises. An error that nobody meant is answered by
    ``server_error``, after Django has logged it."""
    headers = {}
    if isinstance(error, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        error = Refused(413, [{"type": "too-large", "message": f"Send at most {most} bytes."}])
    elif isinstance(error, MethodNotAllowed):
        error = Refused(405, [{"type": "method-not-allowed", "message": str(error.detail)}])
    elif isinstance(error, NotAuthenticated | AuthenticationFailed | PermissionDenied):
        # also for a token that may not do this: Segment has no 403
        headers["WWW-Authenticate"] = getattr(error, "auth_header", "Bearer")
        error = Refused(401, [{"type": "unauthorized", "message": str(error.detail)}])
    if not isinstance(error, Refused):
        return None
    return Response({"errors": error.errors}, status=error.status_code, headers=headers)


# What the dialects ask (``audience_platform.dialects``).


def bad_request(_request: HttpRequest) -> HttpResponse:
    return _answer(
        400, {"type": "bad-request", "message": "The request can't be understood. Check its URL."}
    )


def not_found(request: HttpRequest) -> HttpResponse:
    message = f"There is nothing at {request.path}."
    return _answer(404, {"type": "not-found", "message": message, "data": None})


def server_error(_request: HttpRequest) -> HttpResponse:
    message = "Something went wrong here, and is logged. Look what is there, then try again."
    return _answer(500, {"type": "server-error", "message": message})


def too_many_requests(rate: Rate) -> HttpResponse:
    return JsonResponse({"errors": [_too_many("Too many requests", rate)]}, status=429)


def too_many_previews(rate: Rate) -> Refused:
    message = f"Too many requests: a space takes {rate.limit} previews a month"
    return Refused(429, [_too_many(message, rate)])


def _too_many(message: str, rate: Rate) -> Error:
    points = {
        "remainingPoints": 0,
        "msBeforeNext": round(rate.resets_in * 1000),
        "consumedPoints": rate.consumed,
    }
    return {"type": "RequestError", "message": message, "data": points}


def rate_headers(rate: Rate) -> dict[str, str]:
    """Segment's own, whose reset is a date; and those of the IETF's draft."""
    given = rate.headers()
    resets = datetime.datetime.fromtimestamp(rate.resets_at, datetime.UTC)
    return {
        "X-RateLimit-Consumed": str(rate.consumed),
        "X-RateLimit-Remaining": str(rate.remaining),
        "X-RateLimit-Reset": format_datetime(resets, usegmt=True),
        **{name: value for name, value in given.items() if not name.startswith("X-")},
    }


def _answer(status: int, error: Error) -> HttpResponse:
    return JsonResponse({"errors": [{**error, "status": status}]}, status=status)
