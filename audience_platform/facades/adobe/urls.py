"""The paths of Adobe's API, with and without a slash at their ends: nothing redirects."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, re_path

from audience_platform.facades.adobe.audiences import Audiences, BulkGet, OneAudience
from audience_platform.facades.adobe.tokens import token


def _path(path: str, view: Any, name: str) -> URLPattern:
    made: URLPattern = re_path(f"^{path}/?$", view, name=f"adobe-{name}")
    return made


_UPS = "data/core/ups"
_ID = "(?P<id>[^/]+)"

urlpatterns = [
    _path("ims/token/v3", token, "token"),
    _path(f"{_UPS}/audiences", Audiences.as_view(), "audiences"),
    _path(f"{_UPS}/audiences/bulk-get", BulkGet.as_view(), "audiences-bulk-get"),
    _path(f"{_UPS}/audiences/{_ID}", OneAudience.as_view(), "audience"),
]
