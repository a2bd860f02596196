"""How Fanfare's API refuses: ``{"error", "message"?, "details"?, …}``.

Where its pages differ, an answer has what both have: of values that are wrong ``details`` (the
page on errors) and ``issues`` (its OpenAPI document).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    MethodNotAllowed,
    NotAuthenticated,
    PermissionDenied,
)
from rest_framework.response import Response

from audience_platform.throttling import Rate
from audiences.services.lock import Locked
from segments.api.errors import Refused
from segments.services import InUse, See

_MISSING = object()
_AGAIN_AFTER = 1  # seconds: an audience that was just changed is mostly worked out by then

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Issue:
    """A value that is wrong: where it stands in the body or query, and a sentence."""

    path: Path
    message: str
    received: Any = _MISSING
    expected: str = ""

    @property
    def field(self) -> str:
        return ".".join(str(step) for step in self.path)

    def document(self) -> dict[str, Any]:
        unknown = "undefined" if self.expected else None
        return {
            "kind": "schema" if self.expected else "validation",
            "type": self.expected or "check",
            "expected": self.expected or None,
            "received": unknown if self.received is _MISSING else _shown(self.received),
            "message": self.message,
            "path": [
                {
                    "type": "array" if isinstance(step, int) else "object",
                    "origin": "value",
                    "key": step,
                }
                for step in self.path
            ],
        }


def _shown(value: Any) -> str:
    return repr(value)[:100]


class Failure(APIException):
    """That a request isn't carried out."""

    def __init__(
        self, status: int, error: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(error)
        self.status_code = status
        self.body = {"error": error, **more}
        self.headers = headers or {}


class Invalid(Failure):
    """That values are wrong. ``issues`` names them all."""

    def __init__(self, *issues: Issue) -> None:
        self.issues = issues
        super().__init__(
            400,
            "Validation failed",
            code="validation_error",
            message=issues[0].message if len(issues) == 1 else f"{len(issues)} values are wrong.",
            details=[{"field": issue.field, "message": issue.message} for issue in issues],
            issues=[issue.document() for issue in issues],
        )


def in_use(thing: str, error: InUse, see: See) -> Failure:
    """That something is used, and by what: never taken away from under it. What whoever asks
    doesn't ``see`` is counted."""
    error = error.as_seen(see)
    users = [
        {"type": type(user).__name__, "id": str(getattr(user, "id", user.pk)), "name": str(user)}
        for user in error.users
    ]
    return Failure(
        409,
        f"{thing} is in use",
        code="in_use",
        message=str(error),
        details={"usedBy": users, **({"hidden": error.hidden} if error.hidden else {})},
    )


def invalid(error: ValidationError, names: Mapping[str, str], path: Path = ()) -> Invalid:
    """What a service finds wrong with a row; ``names`` has what Fanfare calls its fields."""
    told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    return Invalid(
        *(
            Issue((*path, names.get(field, field)) if field else path, message)
            for field, messages in told.items()
            for message in messages
        )
    )


def exception_handler(error: Exception, _context: dict[str, Any]) -> Response | None:
    """What REST framework asks when a view raises. An error that nobody meant is answered by
    ``server_error``, after Django has logged it."""
    failure = _failure(error)
    if failure is None:
        return None
    headers = dict(failure.headers)
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]  # by the view
    return Response(failure.body, status=failure.status_code, headers=headers)


def _failure(error: Exception) -> Failure | None:
    match error:
        case Failure():
            return error
        case AuthenticationFailed() | NotAuthenticated():
            return Failure(401, "Secret key required", message=str(error.detail))
        case PermissionDenied():
            return Failure(403, "Forbidden", message=str(error.detail))
        case MethodNotAllowed():
            return Failure(405, "Method not allowed", message=str(error.detail))
        case RequestDataTooBig():
            most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            return Failure(413, "Payload too large", message=f"Send {most:,} bytes at most.")
        case Locked():
            headers = {"Retry-After": str(_AGAIN_AFTER)}
            return Failure(423, "Audience is being worked out", message=str(error), headers=headers)
        case Refused():
            return Failure(error.status_code, error.problems[0].detail, details=_details(error))
        case Http404():
            return Failure(404, "Not found")
        case APIException():
            return Failure(error.status_code, str(error.detail))
    return None


def _details(error: Refused) -> Sequence[Mapping[str, str]]:
    return [
        {"field": problem.header or problem.pointer or "", "message": problem.detail}
        for problem in error.problems
    ]


def bad_request(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"error": "Bad request"}, status=400)


def not_found(request: HttpRequest) -> HttpResponse:
    message = f"There is nothing at {request.path}."
    return JsonResponse({"error": "Not found", "message": message}, status=404)


def server_error(_request: HttpRequest) -> HttpResponse:
    message = "Something went wrong here, and is logged."
    return JsonResponse({"error": "Internal server error", "message": message}, status=500)


def too_many_requests(rate: Rate) -> HttpResponse:
    told = {"error": "Rate limit exceeded", "retryAfter": rate.retry_after}
    return JsonResponse(told, status=429)


def rate_headers(rate: Rate) -> dict[str, str]:
    """Those that Fanfare's clients look for."""
    return {
        name: value
        for name, value in rate.headers().items()
        if name.startswith("X-RateLimit-") or name == "Retry-After"
    }
