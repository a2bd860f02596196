"""How each API says what went wrong outside its views: by the beginnings of their paths.

``settings.DIALECTS`` names for each a module with ``bad_request``, ``not_found`` and
``server_error``, which take the request, and ``too_many_requests``, which takes the rate. It may
have ``rate_headers``, which take the rate too; and ``find_key``, where a request's key is found
otherwise than by its bearer token. Other paths get Django's own pages.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views import defaults

if TYPE_CHECKING:
    from audience_platform.throttling import Rate


class Dialect(Protocol):
    """One API's way of refusing."""

    def bad_request(self, request: HttpRequest) -> HttpResponse: ...

    def not_found(self, request: HttpRequest) -> HttpResponse: ...

    def server_error(self, request: HttpRequest) -> HttpResponse: ...

    def too_many_requests(self, rate: Rate) -> HttpResponse: ...


def dialect_of(request: HttpRequest) -> Dialect | None:
    """The dialect of the longest path that the request's begins with; None outside the APIs."""
    path = request.path_info + "/"
    found = [one for one in settings.DIALECTS if path.startswith(one)]
    return _module(settings.DIALECTS[max(found, key=len)]) if found else None


@cache
def _module(name: str) -> Dialect:
    return cast(Dialect, import_module(name))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    dialect = dialect_of(request)
    return dialect.bad_request(request) if dialect else defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    dialect = dialect_of(request)
    return dialect.not_found(request) if dialect else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    dialect = dialect_of(request)
    return dialect.server_error(request) if dialect else defaults.server_error(request)
