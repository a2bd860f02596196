"""What goes with every request: the policy that browsers hold a page to, and the admin's clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from audience_platform.audit.acting import acting, by_request
from segments.admin.spaces import current_space

_REQUEST_ID = re.compile(r"[\w.:/+=@-]{1,200}", re.ASCII)


class ContentSecurityPolicy(CSPMiddleware):
    """The strict policy everywhere; in the admin, the one that its pages need to work."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None and _in_admin(request):
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY
        return parts


class SpaceClock:
    """The admin reads and shows dates and times by the clock of the space one is in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(None):  # and back again, whatever a view activates
            return self._get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        if _in_admin(request) and request.user.is_authenticated and request.user.is_staff:
            space = current_space(request)
            if space is not None:
                timezone.activate(space.zone)


class WhoActs:
    """What a request writes is put down to whoever sent it. Its answer says under which id:
    the ``X-Request-Id`` that it came with, or a new one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        request.request_id = id  # type: ignore[attr-defined]  # for dialects whose errors say it
        with acting(lambda: by_request(request, id)):
            response = self._get_response(request)
        response["X-Request-Id"] = id
        return response


def _in_admin(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.app_name == "admin"
