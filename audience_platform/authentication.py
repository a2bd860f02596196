"""Who asks: ``Authorization: Bearer TOKEN``, and in which space: ``X-Space: SLUG``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from audience_platform.labels import seen
from audience_platform.models import ApiKey, Scope
from audience_platform.services import UnusableToken, find_key
from segments.api.errors import Problem, Refused
from segments.api.space import access_of
from segments.models import Space

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module, by the settings

_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]+) *", re.IGNORECASE)


@dataclass(frozen=True)
class KeyAccess:
    """What a key opens in this request: ``request.auth`` (see ``segments.api.space.Access``)."""

    key: ApiKey
    wanted: str | None

    @property
    def name(self) -> str:
        return f"the key “{self.key.name}”"

    @property
    def may_write(self) -> bool:
        return self.key.scope == Scope.WRITE

    @cached_property
    def spaces(self) -> list[Space]:
        return sorted(self.key.spaces.all(), key=lambda space: space.slug)

    @property
    def denied_labels(self) -> list[str]:
        return self.key.denied_labels

    def seen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return seen(rows, self.denied_labels)

    @cached_property
    def space(self) -> Space:
        """The space that the request is about.

        :raises Refused: the header doesn't pick one of the key's spaces. A space that isn't the
            key's is answered like one that doesn't exist.
        """
        choices = ", ".join(space.slug for space in self.spaces)
        if self.wanted is not None:
            for space in self.spaces:
                if space.slug == self.wanted:
                    return space
            detail = f"This key opens no space “{self.wanted}”. Give one of these: {choices}."
            raise Refused(400, Problem("unknown_space", detail, header="X-Space"))
        if len(self.spaces) != 1:
            detail = f"This key opens several spaces. Pick one with the header X-Space: {choices}."
            raise Refused(400, Problem("space_required", detail, header="X-Space"))
        return self.spaces[0]


class BearerAuthentication(BaseAuthentication):
    """An API key's token. Programs only: no sessions, so nothing that a browser sends by itself."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, KeyAccess] | None:
        header = request.headers.get("Authorization")
        if header is None:
            return None
        match = _BEARER.fullmatch(header)
        if match is None:
            raise AuthenticationFailed(
                "The Authorization header can't be read. Send “Authorization: Bearer TOKEN”."
            )
        try:
            key = find_key(match[1], at=timezone.now())
        except UnusableToken as error:
            raise AuthenticationFailed(str(error)) from error
        request._request.api_key = key  # type: ignore[attr-defined]  # for the audit trail
        return AnonymousUser(), KeyAccess(key, request.headers.get("X-Space"))

    def authenticate_header(self, request: Request) -> str:
        realm = 'Bearer realm="Audience Platform"'
        return f'{realm}, error="invalid_token"' if "Authorization" in request.headers else realm


class ScopeAllows(BasePermission):
    """A key is needed for everything, and one of scope ``write`` for all that changes anything."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.auth is None:
            raise NotAuthenticated(
                "A key is needed. Send its token: “Authorization: Bearer TOKEN”."
            )
        harmless = request.method in SAFE_METHODS or getattr(view, "changes_nothing", False)
        if not harmless and not access_of(request).may_write:
            raise PermissionDenied(
                f"This key may read, and {request.method} writes. Use a key of scope “write”."
            )
        return True
