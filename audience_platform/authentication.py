"""Who asks: ``Authorization: Bearer TOKEN``, and in which space: ``X-Space: SLUG``.

A facade whose clients send other tokens says how their keys are found: its dialect's ``find_key``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from audience_platform.dialects import dialect_of
from audience_platform.labels import seen
from audience_platform.models import ApiKey, Scope
from audience_platform.services import UnusableToken, find_key
from segments.api.errors import Problem, Refused
from segments.api.space import access_of
from segments.models import Space

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module, by the settings

_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]+) *", re.IGNORECASE)


def key_of(request: HttpRequest) -> ApiKey:
    """The key that a request came with, as ``api_key`` of the request from then on: looked up once,
    for the rate limits and for what it opens.

    :raises UnusableToken: it came with none, or with one that opens nothing; the error says why.
    """
    known: ApiKey | UnusableToken | None = getattr(request, "came_with", None)
    if known is None:
        find = getattr(dialect_of(request), "find_key", _bearer)
        try:
            known = find(request)
            request.api_key = known  # type: ignore[attr-defined]  # for the audit trail
        except UnusableToken as error:
            known = error
        request.came_with = known  # type: ignore[attr-defined]
    if isinstance(known, UnusableToken):
        raise UnusableToken(str(known))
    return known


def bearer_token(request: HttpRequest) -> str:
    """:raises UnusableToken: the request has none."""
    match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    if match is None:
        raise UnusableToken(
            "The Authorization header can't be read. Send “Authorization: Bearer TOKEN”."
        )
    return match[1]


def _bearer(request: HttpRequest) -> ApiKey:
    return find_key(bearer_token(request), at=timezone.now())


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

    @property
    def spaces(self) -> list[Space]:
        return self.key.opens

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
        if "Authorization" not in request.headers:
            return None
        try:
            key = key_of(request._request)
        except UnusableToken as error:
            raise AuthenticationFailed(str(error)) from error
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
