"""Media types as JSON:API 1.1 has them (section “Content Negotiation”).

Its media type takes the parameters ``ext`` and ``profile`` only. A profile may be ignored, and is;
an extension may not, and none is supported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.http import parse_header_parameters
from rest_framework.exceptions import NotAcceptable, UnsupportedMediaType
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

JSON_API = "application/vnd.api+json"
_WIDER = ("*/*", "application/*")


class JSONAPINegotiation(BaseContentNegotiation):
    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        media_type, parameters = parse_header_parameters(request.content_type or "")
        if media_type != JSON_API:
            raise UnsupportedMediaType(
                media_type, f"The body is sent as “{media_type}”. Send {JSON_API}."
            )
        if not parameters.keys() <= {"profile"}:
            raise UnsupportedMediaType(
                media_type,
                f"The Content-Type is “{request.content_type}”. Send {JSON_API}, with no parameter "
                "but profile: no extension is supported.",
            )
        return next(iter(parsers))

    def select_renderer(  # type: ignore[override]  # the stubs take request for untyped
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        accept = request.headers.get("Accept", "*/*")
        also = [renderer.media_type for renderer in renderers[1:]]  # what a view sends besides
        if any(_accepts(range, also) for range in accept.split(",")):
            return renderers[0], JSON_API  # errors are documents everywhere
        raise NotAcceptable(
            f"Only “{accept}” is accepted. Accept {JSON_API}, with no parameter but profile."
        )


def _accepts(range: str, also: Sequence[str]) -> bool:
    media_type, parameters = parse_header_parameters(range.strip())
    if _is_zero(parameters.pop("q", "1")):
        return False
    if media_type == JSON_API:
        return parameters.keys() <= {"profile"}
    return media_type in _WIDER or media_type in also


def _is_zero(quality: str) -> bool:
    try:
        return float(quality) == 0
    except ValueError:
        return False
