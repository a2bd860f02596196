"""The API's description: for programs at ``/api/schema``, for people at ``/api/docs``."""

from __future__ import annotations

from functools import cache

import orjson
from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator


@require_safe
def schema(_request: HttpRequest) -> HttpResponse:
    """OpenAPI. It says nothing of any space, so it needs no key."""
    return HttpResponse(_schema(), content_type="application/json")


@cache
def _schema() -> bytes:
    """Made once in a process: it takes a second, and only follows the code."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    description = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return orjson.dumps(description)


# Everything from this host, no script or style within the page; images as Swagger UI draws them.
@csp_update(
    {
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
    }
)
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI, to read and to try, from this host alone."""
    return render(request, "audience_platform/api_docs.html")
