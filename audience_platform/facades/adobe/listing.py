"""Lists of audiences: found by their attributes, sorted, page by page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, QuerySet
from django.http import QueryDict

from audience_platform.facades.adobe.access import Access
from audience_platform.facades.adobe.errors import bad_parameter
from audience_platform.facades.adobe.representation import PROFILE, represent
from audiences.models import Audience, Lifecycle
from audiences.types import registry
from segments.api.relations import as_uuid

Document = dict[str, Any]
Properties = Mapping[str, Callable[[Document], bool]]
_SORTED_BY = {
    "name": "name",
    "description": "description",
    "creationTime": "created_at",
    "createEpoch": "created_at",
    "updateTime": "updated_at",
    "updateEpoch": "updated_at",
    "id": "id",
    "audienceId": "external_id",
    "namespace": "namespace",
    "originName": "origin",
    "lifecycleState": "lifecycle",
    "totalProfiles": "status__size",
    "metrics.data.totalProfiles": "status__size",
}
_PROPERTY = re.compile(r"(?P<path>[^=~]+)(?:~(?P<key>[^=]+))?==(?P<value>.*)", re.DOTALL)
_SHOWS_INACTIVE = {"id", "audienceId", "lifecycleState"}
_HIGHEST = 2**31


@dataclass(frozen=True)
class Page:
    """``limit`` None: all there are, on one page."""

    start: int
    limit: int | None
    total: int
    sorted_by: str
    direction: str

    @property
    def next(self) -> int | None:
        """The number of the page that follows; None after the last."""
        if self.limit is None or (self.start + 1) * self.limit >= self.total:
            return None
        return self.start + 1

    def document(self) -> Document:
        """Clients of Adobe's end where there is no ``next``, and loop for ever where it is null."""
        size = self.total if self.limit is None else self.limit
        next = {} if self.next is None else {"next": str(self.next)}
        return {
            "totalCount": self.total,
            "totalPages": -(-self.total // size) if size else 0,
            "pageSize": size,
            "start": self.start,
            "limit": size,
            "sortField": self.sorted_by,
            "sort": self.direction,
            **next,
        }

    def links(self, asked: QueryDict, path: str = "audiences") -> Document:
        if self.next is None:
            return {"next": {}}
        others = [
            (name, value)
            for name, values in asked.lists()
            for value in values
            if name not in ("start", "limit", "totalCount")
        ]
        place = [("start", self.next), ("limit", self.limit), ("totalCount", self.total)]
        return {"next": {"href": f"@/{path}?{urlencode([*place, *others])}"}}


def list_audiences(access: Access, asked: QueryDict) -> tuple[list[Document], Page]:
    """A page of what a query asks for.

    :raises Refusal: it can't be understood.
    """
    wanted = read_properties(asked)
    rows = _narrowed(access.audiences, asked, wanted)
    order, sorted_by, direction = _order(asked)
    rows = rows.order_by(*order)
    start = read_number(asked, "start", least=0) or 0
    limit = read_number(asked, "limit", least=1)
    first, end = (start * limit, (start + 1) * limit) if limit else (0, None)
    if not wanted:
        page = Page(start, limit, rows.count(), sorted_by, direction)
        return represent(rows[first:end], access), page
    found = [one for one in represent(rows, access) if has_all(one, wanted)]
    return found[first:end], Page(start, limit, len(found), sorted_by, direction)


def list_definitions(access: Access, asked: QueryDict) -> tuple[list[Document], Page]:
    """A page of the audiences that are defined here; pages count from 0.

    :raises Refusal: the query can't be understood.
    """
    rows = access.audiences.exclude(lifecycle=Lifecycle.INACTIVE).exclude(
        audience_type__in=[kind.name for kind in registry.TYPES.values() if kind.is_list]
    )
    order, sorted_by, direction = _order(asked)
    number = read_number(asked, "page", least=0) or read_number(asked, "start", least=0) or 0
    limit = read_number(asked, "limit", least=1) or 100
    first, end = number * limit, (number + 1) * limit
    continuous = asked.get("evaluationInfo.continuous.enabled", "").lower()
    if not continuous:
        page = Page(number, limit, rows.count(), sorted_by, direction)
        return represent(rows.order_by(*order)[first:end], access), page
    test = _having(["evaluationInfo", "continuous", "enabled"], continuous)
    found = [one for one in represent(rows.order_by(*order), access) if test(one)]
    return found[first:end], Page(number, limit, len(found), sorted_by, direction)


def _narrowed(rows: QuerySet[Audience], asked: QueryDict, wanted: Properties) -> QuerySet[Audience]:
    """What the database can tell apart."""
    if asked.get("entityType", PROFILE) != PROFILE:
        return rows.none()  # of accounts there are none here
    if not _SHOWS_INACTIVE.intersection(text.partition("==")[0] for text in wanted):
        rows = rows.exclude(lifecycle=Lifecycle.INACTIVE)
    if name := asked.get("name"):
        rows = rows.filter(name__icontains=_text("name", name))
    if description := asked.get("description"):
        rows = rows.filter(description__icontains=_text("description", description))
    for text in wanted:
        path, _, value = text.partition("==")
        if path == "id":
            rows = rows.filter(id__in=filter(None, [as_uuid(value)]))
        elif path == "name":
            rows = rows.filter(name__in=("", value))
    return rows


def read_properties(asked: QueryDict) -> Properties:
    """For each ``property``, whether a representation has it."""
    found = {}
    for text in asked.getlist("property"):
        match = _PROPERTY.fullmatch(_text("property", text))
        if match is None:
            detail = f"“{text}” is not of the form path==value, such as audienceId==my-id."
            raise bad_parameter("property", detail)
        if match["path"] != "withMetrics":  # an old one, which chose nothing
            path = match["path"].split(".") + (match["key"].split(".") if match["key"] else [])
            found[text] = _having(path, match["value"])
    return found


def has_all(document: Document, wanted: Properties) -> bool:
    return all(test(document) for test in wanted.values())


def _having(path: list[str], value: str) -> Callable[[Document], bool]:
    return lambda document: _has(document, path, value)


def _has(document: Any, path: list[str], value: str) -> bool:
    if isinstance(document, list):
        return any(_has(one, path, value) for one in document)
    if not path:
        said = str(document).lower() if isinstance(document, bool) else str(document)
        return said == value
    return (
        isinstance(document, dict)
        and path[0] in document
        and (_has(document[path[0]], path[1:], value))
    )


def _order(asked: QueryDict) -> tuple[list[Any], str, str]:
    """The columns to sort by, and what the page says of them; the newest first unless asked."""
    given = asked.get("sort", "creationTime:desc")
    columns: list[Any] = []
    for part in given.split(","):
        name, _, direction = part.partition(":")
        if name not in _SORTED_BY or direction not in ("", "asc", "desc"):
            detail = f"“{part}” is not one of {', '.join(_SORTED_BY)}, with :asc or :desc."
            raise bad_parameter("sort", detail)
        column = F(_SORTED_BY[name])
        columns.append(
            column.desc(nulls_last=True) if direction == "desc" else column.asc(nulls_first=True)
        )
    name, _, direction = given.partition(",")[0].partition(":")
    newest_first = direction == "desc"
    return [*columns, "-number" if newest_first else "number"], name, direction or "asc"


def read_number(asked: QueryDict, name: str, *, least: int) -> int | None:
    text = asked.get(name)
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,10}", text, re.ASCII) or not least <= int(text) < _HIGHEST:
        raise bad_parameter(name, f"“{text}” is not a number. Give one of {least} or more.")
    return int(text)


def _text(name: str, text: str) -> str:
    if "\0" in text:
        raise bad_parameter(name, "It has the character U+0000. Leave it out.")
    return text
