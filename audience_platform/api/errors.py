"""Errors as JSON:API documents: those that views raise, and those that never reach a view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework.exceptions import APIException, MethodNotAllowed, NotFound
from rest_framework.exceptions import PermissionDenied as Forbidden
from rest_framework.response import Response

from audience_platform.api.negotiation import JSON_API
from audience_platform.api.renderer import write
from audience_platform.throttling import Rate
from segments.api.errors import Problem, Refused


def exception_handler(error: Exception, _context: dict[str, Any]) -> Response | None:
    """What REST framework asks when a view raises. An error that nobody meant is answered by
    ``server_error``, after Django has logged it."""
    if isinstance(error, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        detail = f"The body is longer than {most} bytes. Send what it says in several requests."
        error = Refused(413, Problem("too_long", detail))
    elif isinstance(error, Http404):
        error = NotFound()
    elif isinstance(error, PermissionDenied):
        error = Forbidden()
    if not isinstance(error, APIException):
        return None
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]  # the view sets it
    return Response(
        document(error.status_code, _problems(error)), status=error.status_code, headers=headers
    )


def document(status: int, problems: Sequence[Problem]) -> dict[str, Any]:
    return {"errors": [problem.document(status) for problem in problems]}


def _problems(error: APIException) -> Sequence[Problem]:
    if isinstance(error, Refused):
        return error.problems
    detail = str(error.detail)
    if isinstance(error, MethodNotAllowed):
        detail = f"{detail} The header Allow says what is."
    return [Problem(str(error.get_codes()), detail)]


def error_response(status: int, problem: Problem) -> HttpResponse:
    body = write(document(status, [problem]))
    return HttpResponse(body, status=status, content_type=JSON_API, headers={"Vary": "Accept"})


def too_many_requests(rate: Rate) -> HttpResponse:
    detail = (
        f"This endpoint takes {rate.limit:,} requests a minute from one key or address, and "
        f"this was the {rate.consumed:,}th. Try again in {rate.retry_after} seconds."
    )
    return error_response(429, Problem("too_many_requests", detail))


def bad_request(_request: HttpRequest) -> HttpResponse:
    detail = "The request can't be understood. Check its URL."
    return error_response(400, Problem("bad_request", detail))


def not_found(request: HttpRequest) -> HttpResponse:
    return error_response(404, Problem("not_found", f"There is nothing at {request.path}."))


def server_error(_request: HttpRequest) -> HttpResponse:
    detail = "Something went wrong here, and is logged. Look what is there, then try again."
    return error_response(500, Problem("server_error", detail))
