"""What is read and written: JSON under many media types, and which shape goes with which.

Clients disagree on what they take, so the shape follows ``Accept``: the Java client of version 73
refuses members that its model lacks, the Python client those that are missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import IO, Any

import orjson
from django.http import HttpRequest
from django.utils.http import parse_header_parameters
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from audience_platform.facades.segment.errors import invalid

JSON = "application/json"
_SEGMENT = re.compile(r"application/vnd\.segment\.([a-z0-9]+)\+json")
_ALPHA = ("v1alpha", "alpha")
_VERSIONS = (*_ALPHA, "v1beta", "beta", "v1", "stable")


class Shape(Enum):
    """Which members an audience is told with."""

    SEED = "v1alpha"  # that of SDK 47
    EXACT = "v1"  # that of SDK 73, and not a member more
    UNION = "json"  # both, for those who name no version: they pass over what they don't know


class Negotiation(BaseContentNegotiation):
    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        media_type, _ = parse_header_parameters(request.content_type or "")
        if media_type == JSON or _SEGMENT.fullmatch(media_type):
            return next(iter(parsers))
        raise invalid("body", f"The body is sent as “{media_type}”. Send it as {JSON}.")

    def select_renderer(  # type: ignore[override]  # the stubs take request for untyped
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        """The type that is asked for; JSON where it is none of Segment's."""
        return renderers[0], next(_known(request.headers.get("Accept", "")), JSON)


def _known(accept: str) -> Iterator[str]:
    for range in accept.split(","):
        media_type, parameters = parse_header_parameters(range.strip())
        found = _SEGMENT.fullmatch(media_type)
        if parameters.get("q") != "0" and (media_type == JSON or _is_version(found)):
            yield media_type


def _is_version(found: re.Match[str] | None) -> bool:
    return found is not None and found[1] in _VERSIONS


def shape_of(request: Request) -> Shape:
    """The shape for the media type of the answer."""
    found = _SEGMENT.fullmatch(request.accepted_media_type)
    if found is None:
        return Shape.UNION
    return Shape.SEED if found[1] in _ALPHA else Shape.EXACT


class Parser(BaseParser):
    """A JSON object; nothing, where the body is empty."""

    media_type = JSON

    def parse(
        self,
        stream: IO[bytes] | HttpRequest,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        # Django minds how long a body is only where it is asked for whole
        body = stream.body if isinstance(stream, HttpRequest) else stream.read()
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise invalid("body", f"The body is not JSON: {error}.") from error
        if not isinstance(document, dict):
            raise invalid("body", "The body is no JSON object. Send one.")
        if b"\\u0000" in body:
            raise invalid("body", "A text has the character U+0000. Send it without.")
        return document


class Renderer(BaseRenderer):
    media_type = JSON
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return orjson.dumps(data)
