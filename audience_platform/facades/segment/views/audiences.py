"""The audiences of a space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from audience_platform.facades.segment.errors import Refused, invalid, invalid_field
from audience_platform.facades.segment.parameters import read_object, read_page
from audience_platform.facades.segment.received import read_created, read_updated, translated
from audience_platform.facades.segment.shapes import shown, wants_schedules, with_who
from audience_platform.facades.segment.views.base import LONGEST, SegmentView, one_page
from audience_platform.facades.segment.wire import Shape
from audiences.jobs import defer_refresh
from audiences.models import Audience
from audiences.services import define_audience, redefine_audience
from audiences.services.keys import free_key
from audiences.services.standing import NotInForce, request_refresh
from segments.services import delete_row

_SEARCHED: dict[str, Callable[[str], Q]] = {
    "KEY": lambda words: Q(key__startswith=words),
    "NAME": lambda words: Q(name__icontains=words),
    "DEFINITION": lambda words: Q(configuration__query__icontains=words),
}


class Audiences(SegmentView):
    rate_limits: ClassVar[dict[str, int]] = {"get": 25, "post": 10}

    def get(self, request: Request, **kwargs: Any) -> Response:
        page = read_page(request)
        rows = self.audiences().filter(read_search(request))
        found, told = one_page(with_who(rows), page, total=rows.count())
        audiences = shown(found, self.shape, whole=True, schedules=wants_schedules(request))
        return self.data(audiences=audiences, pagination=told)

    @transaction.atomic
    def post(self, request: Request, **kwargs: Any) -> Response:
        values, space = read_created(self.body), self.space
        with translated(self.access):
            key = free_key(space=space, name=values["name"])
            audience = define_audience(space=space, key=key, **values)
        return self.written(audience)


class OneAudience(SegmentView):
    rate_limits: ClassVar[dict[str, int]] = {"get": 100, "patch": 10, "delete": 20}

    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.told(self.audience(with_who(self.audiences())), whole=True)

    @transaction.atomic
    def patch(self, request: Request, **kwargs: Any) -> Response:
        audience = self.audience(self.audiences().select_for_update(of=("self",)))
        values = read_updated(self.body, audience)
        with translated(self.access):
            redefine_audience(audience, **values)
        return self.written(audience)

    def delete(self, request: Request, **kwargs: Any) -> Response:
        audience = self.audience()
        with translated(self.access):
            delete_row(audience)
        return self.data(status="SUCCESS")


class Runs(SegmentView):
    @transaction.atomic
    def post(self, request: Request, **kwargs: Any) -> Response:
        audience = self.audience()
        try:
            request_refresh(audience=audience, at=timezone.now())
        except NotInForce as error:
            raise Refused(422, [invalid_field("id", str(error))]) from error
        defer_refresh(audience.space_id)
        return self.data(run={"id": str(uuid4())})  # nothing is asked of it afterwards


_SORTED: dict[object, Callable[[Audience], Any]] = {
    "NAME": lambda audience: str(audience).casefold(),
    "CREATED_AT": lambda audience: audience.created_at,
    "UPDATED_AT": lambda audience: audience.updated_at,
}


class Consumers(SegmentView):
    """The audiences whose rule asks for this one."""

    rate_limits: ClassVar[dict[str, int]] = {"get": 25}

    def get(self, request: Request, **kwargs: Any) -> Response:
        page = read_page(request)
        rows = self.audiences().filter(dependencies=self.audience()).filter(read_search(request))
        found = _sorted(list(with_who(rows).order_by("pk")), request)
        start, end = page.place, page.place + page.count
        told = page.told(
            next=end if end < len(found) else None,
            previous=max(start - page.count, 0) if start else None,
            total=len(found),
        )
        # only the SDKs that came after the seed's have this call, under whichever version
        shape = Shape.UNION if self.shape is Shape.UNION else Shape.EXACT
        return self.data(audiences=shown(found[start:end], shape, whole=False), pagination=told)


def _sorted(audiences: list[Audience], request: Request) -> list[Audience]:
    """:raises Refused: naming the part that can't be used."""
    given = read_object(request, "sort")
    field, direction = given.get("field", "CREATED_AT"), given.get("direction", "ASC")
    if field not in _SORTED:
        raise invalid("sort.field", f'"sort.field" must be one of {", ".join(map(str, _SORTED))}')
    if direction not in ("ASC", "DESC"):
        raise invalid("sort.direction", '"sort.direction" must be one of ASC, DESC')
    return sorted(audiences, key=_SORTED[field], reverse=direction == "DESC")


def read_search(request: Request) -> Q:
    """:raises Refused: naming the part that can't be used."""
    given = read_object(request, "search")
    if not given:
        return Q()
    kind, words = given.get("type"), given.get("query")
    if kind not in _SEARCHED:
        raise invalid("search.type", f'"search.type" must be one of {", ".join(_SEARCHED)}')
    if not isinstance(words, str) or not 0 < len(words) <= LONGEST or "\0" in words:
        raise invalid("search.query", f'"search.query" must be a string of 1 to {LONGEST} letters')
    return _SEARCHED[kind](words)
