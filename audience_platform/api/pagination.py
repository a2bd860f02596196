"""Pages: by number, by offset, or by cursor. The parameters that a request gives choose which.

Cursors go by a unique column, so that a page costs the same at any depth. The first page counts,
and its cursors carry the count along with the moment it was taken: counting a million rows again
for each page would cost more than the page.
"""

from __future__ import annotations

import binascii
import datetime
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from segments.api.errors import bad_parameter, shown, unknown_parameter
from segments.api.parameters import here, in_brackets
from segments.api.space import access_of

DEFAULT_SIZE, LARGEST_SIZE = 20, 100
_STYLES = {
    "number": ("number", "size"),
    "offset": ("offset", "limit"),
    "cursor": ("cursor", "size"),
}
_LONGEST_NUMBER = 15  # digits; more can't be the number of a row or a page


class Pages(BasePagination):
    """Keeps what a page is, then writes its links and meta. One is made for each request."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.links: dict[str, dict[str, Any]] = {}  # name to the page parameters of the link
        self.meta: dict[str, Any] = {}
        given = _given(request)
        style = _style(given, view, sorted="sort" in request.query_params)
        if style == "cursor":
            return self._by_cursor(queryset, given, view.keyset)
        return self._by_offset(queryset, given, style)

    def get_paginated_response(self, data: Any) -> Response:
        links = {"self": here(self.request)}
        links |= {name: self._url(parameters) for name, parameters in self.links.items()}
        return Response({"links": links, **data, "meta": self.meta})

    def _url(self, parameters: Mapping[str, Any]) -> str:
        kept = {
            name: str(value)
            for name, value in self.request.query_params.items()
            if not name.startswith("page[")
        }
        paged = {f"page[{name}]": value for name, value in parameters.items()}
        return here(self.request, kept | paged)

    def _by_offset(
        self, rows: QuerySet[Any] | list[Any], given: Mapping[str, str], style: str
    ) -> list[Any]:
        count = len(rows) if isinstance(rows, list) else rows.count()
        self.meta = {"record_count": count}
        size = _integer(given, _STYLES[style][1], DEFAULT_SIZE, least=1, most=LARGEST_SIZE)
        if style == "number":
            start = (_integer(given, "number", 1, least=1) - 1) * size
        else:
            start = _integer(given, "offset", 0, least=0)
        last = max(count - 1, 0) // size * size
        self._link("first", 0, size, style)
        self._link("last", last, size, style)
        if start > 0:
            self._link("prev", max(min(start - size, last), 0), size, style)
        if start + size < count:
            self._link("next", start + size, size, style)
        return list(rows[start : start + size]) if start < count else []

    def _link(self, name: str, start: int, size: int, style: str) -> None:
        if style == "number":
            self.links[name] = {"number": start // size + 1, "size": size}
        else:
            self.links[name] = {"offset": start, "limit": size}

    def _by_cursor(
        self, rows: QuerySet[Any], given: Mapping[str, str], keyset: Sequence[str]
    ) -> list[Any]:
        size = _integer(given, "size", DEFAULT_SIZE, least=1, most=LARGEST_SIZE)
        listing = _listing(self.request)
        text = given.get("cursor", "")
        cursor = _Cursor.read(text, listing) if text else _Cursor(listing, rows.count(), _now())
        backward = cursor.before is not None
        if backward:
            rows = rows.filter(**{f"{column}__lt": cursor.before for column in keyset})
        elif cursor.after is not None:
            rows = rows.filter(**{f"{column}__gt": cursor.after for column in keyset})
        rows = rows.order_by(f"-{keyset[0]}" if backward else keyset[0])
        found = list(rows[: size + 1])
        more, page = len(found) > size, found[:size]
        if backward:
            page.reverse()
        self.meta = {"record_count": cursor.count, "counted_at": cursor.moment}
        self.links["first"] = {"size": size}
        if page and (more if backward else cursor.after is not None):
            self.links["prev"] = {"cursor": cursor.to(before=page[0].pk), "size": size}
        if page and (backward or more):
            self.links["next"] = {"cursor": cursor.to(after=page[-1].pk), "size": size}
        return page

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": f"page[{name}]",
                "in": "query",
                "required": False,
                "description": description,
                "schema": schema,
            }
            for name, (description, schema) in _PARAMETERS.items()
            if name != "cursor" or view.keyset
        ]


# No “default”: Swagger UI would send it, with the parameters of another way to page.
_SIZE = {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE}
_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "number": ("Which page, from 1.", {"type": "integer", "minimum": 1}),
    "size": (f"How many resources a page has; {DEFAULT_SIZE} unless given.", _SIZE),
    "offset": ("How many resources to pass over.", {"type": "integer", "minimum": 0}),
    "limit": ("How many resources to give, where page[offset] is used.", _SIZE),
    "cursor": ("From the link next or prev of another page.", {"type": "string"}),
}


def _given(request: Request) -> dict[str, str]:
    given = in_brackets(request, "page")
    for name in given.keys() - _PARAMETERS.keys():
        known = ", ".join(f"page[{known}]" for known in _PARAMETERS)
        raise unknown_parameter(f"page[{name}]", f"There is no page[{name}]. There are {known}.")
    return given


def _style(given: Mapping[str, str], view: Any, *, sorted: bool) -> str:
    """How the request pages; where it doesn't say, by cursor if this list can."""
    can_cursor = bool(view.keyset)
    if "cursor" in given and not can_cursor:
        detail = "This list has no cursors. Page by page[number] or page[offset]."
        raise bad_parameter("page[cursor]", detail)
    if "cursor" in given and sorted:
        detail = "Cursors go by the list's own order. Leave out sort, or page by page[number]."
        raise bad_parameter("page[cursor]", detail)
    preferred = "cursor" if can_cursor and not sorted else "number"
    for style in (preferred, *_STYLES):
        if given.keys() <= set(_STYLES[style]):
            return style
    names = [f"page[{name}]" for name in given]
    raise bad_parameter(names[-1], f"{' and '.join(names)} don't go together. Use one way to page.")


def _integer(
    given: Mapping[str, str], name: str, default: int, *, least: int, most: int | None = None
) -> int:
    text = given.get(name)
    if text is None:
        return default
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else -1
    if value < least or (most is not None and value > most):
        range = f"from {least} to {most}" if most is not None else f"of at least {least}"
        detail = f"{shown(text)} is not possible here. Give a whole number {range}."
        raise bad_parameter(f"page[{name}]", detail)
    return value


@dataclass(frozen=True)
class _Cursor:
    """A place between two rows of one list, and the count that was taken at its first page."""

    listing: int
    count: int
    moment: datetime.datetime
    after: int | None = None
    before: int | None = None

    @classmethod
    def read(cls, text: str, listing: int) -> _Cursor:
        try:
            parts = urlsafe_b64decode(text.encode()).decode("ascii").split(".")
            direction, *numbers = parts
            place, known, count, seconds = (int(number) for number in numbers)
            moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
            if direction not in ("after", "before") or not 0 <= place < 2**63 or known != listing:
                raise ValueError(text)
        except (ValueError, OverflowError, OSError, binascii.Error):
            detail = (
                "This cursor is none of this list's. Take one from the links of a page with the "
                "same filters, or leave it out to begin."
            )
            raise bad_parameter("page[cursor]", detail) from None
        return cls(listing, count, moment, **{direction: place})

    def to(self, **place: int) -> str:
        ((direction, number),) = place.items()
        seconds = int(self.moment.timestamp())
        text = f"{direction}.{number}.{self.listing}.{self.count}.{seconds}"
        return urlsafe_b64encode(text.encode()).decode()


def _now() -> datetime.datetime:
    return timezone.now().replace(microsecond=0)


def _listing(request: Request) -> int:
    """What tells one list from another: space, path and filters, so that cursors don't stray."""
    filters = sorted(in_brackets(request, "filter").items())
    return zlib.crc32(repr((access_of(request).space.pk, request.path, filters)).encode())
