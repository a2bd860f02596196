"""The paths of Adobe's API, with and without a slash at their ends: nothing redirects."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, re_path

from audience_platform.facades.adobe.audiences import Audiences, BulkGet, OneAudience
from audience_platform.facades.adobe.conversion import Conversion
from audience_platform.facades.adobe.definitions import (
    Definitions,
    DefinitionsBulkGet,
    OneDefinition,
)
from audience_platform.facades.adobe.external_audiences import (
    ExtendTtl,
    ExternalAudiences,
    ExternalOperation,
    OneExternalAudience,
)
from audience_platform.facades.adobe.jobs import Jobs, OneJob
from audience_platform.facades.adobe.previews import Estimate, OnePreview, Previews
from audience_platform.facades.adobe.runs import OneRun, RunFile, Runs
from audience_platform.facades.adobe.tokens import token


def _path(path: str, view: Any, name: str) -> URLPattern:
    made: URLPattern = re_path(f"^{path}/?$", view, name=f"adobe-{name}")
    return made


_UPS = "data/core/ups"
_AIS = "data/core/ais/external-audience"
_RUN = "(?P<run>[^/]+)"
_ID = "(?P<id>[^/]+)"

urlpatterns = [
    _path(f"{_UPS}/preview", Previews.as_view(), "previews"),
    _path(f"{_UPS}/preview/{_ID}", OnePreview.as_view(), "preview"),
    _path(f"{_UPS}/estimate/{_ID}", Estimate.as_view(), "estimate"),
    _path(f"{_UPS}/segment/jobs", Jobs.as_view(), "jobs"),
    _path(f"{_UPS}/segment/jobs/{_ID}", OneJob.as_view(), "job"),
    _path(f"{_UPS}/segment/conversion", Conversion.as_view(), "conversion"),
    _path(f"{_UPS}/segment/definitions", Definitions.as_view(), "definitions"),
    _path(
        f"{_UPS}/segment/definitions/bulk-get",
        DefinitionsBulkGet.as_view(),
        "definitions-bulk-get",
    ),
    _path(f"{_UPS}/segment/definitions/{_ID}", OneDefinition.as_view(), "definition"),
    _path(_AIS, ExternalAudiences.as_view(), "external-audiences"),
    _path(f"{_AIS}/operations/{_ID}", ExternalOperation.as_view(), "external-operation"),
    _path(f"{_AIS}/extend-ttl/{_ID}", ExtendTtl.as_view(), "external-extend-ttl"),
    _path(f"{_AIS}/{_ID}", OneExternalAudience.as_view(), "external-audience"),
    _path(f"{_AIS}/{_ID}/runs", Runs.as_view(), "external-runs"),
    _path(f"{_AIS}/{_ID}/runs/{_RUN}", OneRun.as_view(), "external-run"),
    _path(f"{_AIS}/{_ID}/runs/{_RUN}/file", RunFile.as_view(), "external-file"),
    _path("ims/token/v3", token, "token"),
    _path(f"{_UPS}/audiences", Audiences.as_view(), "audiences"),
    _path(f"{_UPS}/audiences/bulk-get", BulkGet.as_view(), "audiences-bulk-get"),
    _path(f"{_UPS}/audiences/{_ID}", OneAudience.as_view(), "audience"),
]
