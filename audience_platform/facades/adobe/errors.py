"""How Adobe refuses: its gateway in one shape, its segmentation service in another."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from audience_platform.facades.adobe import keys
from audience_platform.throttling import Rate

_TYPE = "https://ns.adobe.com/aep/errors/"
UNREADABLE_BODY = (
    "There is a problem extracting the user JSON, field(s) missing or invalid. "
    "Correct and try again."
)


class Refusal(Exception):
    """What the service won't do, in its envelope. ``code`` ends the URL of its type;
    ``messages`` say more than the title."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        *messages: str,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.code = code
        self.title = title
        self.messages = messages
        self.headers = headers or {}

    def document(self, request_id: str) -> dict[str, Any]:
        return {
            "requestId": request_id,
            "errors": {
                str(self.status): [
                    {"code": str(self.status), "message": message}
                    for message in (self.title, *self.messages)
                ]
            },
            "type": f"{_TYPE}{self.code}",
            "title": self.title,
            "status": self.status,
        }

    def response(self, request: HttpRequest) -> HttpResponse:
        document = self.document(request_id(request))
        return JsonResponse(document, status=self.status, headers=self.headers)


class GatewayRefusal(Refusal):
    """What doesn't come as far as the service. The code begins with the status."""

    def __init__(self, code: str, message: str, **options: Any) -> None:
        super().__init__(int(code[:3]), code, message, **options)

    def document(self, request_id: str) -> dict[str, Any]:
        return {"error_code": self.code, "message": self.title}


class NoContentType(Refusal):
    """A body that isn't said to be JSON."""

    def __init__(self) -> None:
        super().__init__(400, "", "BadRequestError")

    def document(self, request_id: str) -> dict[str, Any]:
        return {
            "type": "/placeholder/type/uri",
            "status": 400,
            "title": self.title,
            "detail": "A valid content-type must be specified",
        }


def request_id(request: HttpRequest) -> str:
    """As the header ``X-Request-Id`` of the answer has it."""
    return getattr(request, "request_id", "") or uuid4().hex


def invalid(*messages: str) -> Refusal:
    """An audience that can't be so; the title has the first message, as the vendor's has."""
    said = " ".join(messages)
    return Refusal(
        400, "UPAPI-113434-400", f"There is a problem in audience validation. {said}", *messages
    )


def unreadable(*messages: str) -> Refusal:
    """A body of another shape than is asked for."""
    return Refusal(400, "UPLIB-101206-500", UNREADABLE_BODY, *messages)


def bad_parameter(name: str, detail: str) -> Refusal:
    return Refusal(400, "UPAPI-113000-400", f"The query parameter {name} is invalid. {detail}")


def audience_not_found(id: str) -> Refusal:
    title = f"The audience entity {id} is not found. Use a valid entity and try again."
    return Refusal(404, "UPAPI-113430-404", title)


def no_permission(action: str, resource: str) -> Refusal:
    title = (
        'Permission denied on some resources. errorMessage=[{"resource":'
        f'{{"name":"{resource}"}},"action":"{action}"}}]'
    )
    return Refusal(403, "UPAPI-113752-403", title)


def too_long() -> Refusal:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return Refusal(413, "UPAPI-113000-413", f"The body is longer than {most} bytes. Send less.")


# What the platform asks of every dialect (audience_platform.dialects)

find_key = keys.find_key


def too_many_requests(_rate: Rate) -> HttpResponse:
    refusal = GatewayRefusal("429050", "Too many requests")
    return JsonResponse(refusal.document(""), status=refusal.status)


def bad_request(request: HttpRequest) -> HttpResponse:
    title = "The request can't be understood. Check its URL."
    return Refusal(400, "UPAPI-113000-400", title).response(request)


def not_found(request: HttpRequest) -> HttpResponse:
    title = f"There is nothing at {request.path}."
    return Refusal(404, "UPAPI-113000-404", title).response(request)


def server_error(request: HttpRequest) -> HttpResponse:
    title = "Something went wrong here, and is logged. Look what is there, then try again."
    return Refusal(500, "UPAPI-113000-500", title).response(request)
