"""The audiences of a space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audience_platform.authentication import KeyAccess
from audience_platform.facades.segment.errors import (
    exception_handler,
    invalid,
    missing,
    not_found,
)
from audience_platform.facades.segment.parameters import read_object, read_page
from audience_platform.facades.segment.received import read_created, read_updated, translated
from audience_platform.facades.segment.shapes import shown, with_who
from audience_platform.facades.segment.wire import Negotiation, Parser, Renderer, Shape, shape_of
from audiences.models import Audience
from audiences.services import define_audience, redefine_audience
from audiences.services.keys import free_key
from segments.models import Space
from segments.services import delete_row

_LONGEST = 255  # letters of a path parameter, and of what is searched for
_SEARCHED: dict[str, Callable[[str], Q]] = {
    "KEY": lambda words: Q(key__startswith=words),
    "NAME": lambda words: Q(name__icontains=words),
    "DEFINITION": lambda words: Q(configuration__query__icontains=words),
}


class SegmentView(APIView):
    """What all have in common: one path's space, one kind of envelope."""

    content_negotiation_class = Negotiation
    parser_classes = (Parser,)
    renderer_classes = (Renderer,)
    schema = None
    rate_limits: ClassVar[dict[str, int]] = {}

    def get_exception_handler(self) -> Any:
        return exception_handler

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        for name, value in kwargs.items():
            if len(value) > _LONGEST:
                raise invalid(name, f'"{name}" must have 1 to {_LONGEST} letters')

    @property
    def space(self) -> Space:
        """The space of the path: the id or the slug of one of the key's.

        :raises Refused: it is none of them.
        """
        asked: str = self.kwargs["spaceId"]
        for space in self.access.spaces:
            if asked in (str(space.id), space.slug):
                return space
        raise missing("Space", asked)

    @property
    def access(self) -> KeyAccess:
        return cast(KeyAccess, self.request.auth)

    @property
    def body(self) -> Mapping[str, Any]:
        return cast(Mapping[str, Any], self.request.data)  # by the parser, an object

    @property
    def shape(self) -> Shape:
        return shape_of(self.request)

    def audiences(self) -> QuerySet[Audience]:
        return Audience.objects.filter(space=self.space).select_related("space")

    def audience(self, rows: QuerySet[Audience] | None = None) -> Audience:
        """The one of the path. :raises Refused: there is none."""
        asked: str = self.kwargs["id"]
        try:
            id = UUID(asked)
        except ValueError:
            raise missing("Audience", asked) from None
        found = (self.audiences() if rows is None else rows).filter(id=id).first()
        if found is None:
            raise missing("Audience", asked)
        return found

    def data(self, **data: Any) -> Response:
        return Response(
            {"data": data},
            content_type=self.request.accepted_media_type,
            headers={"Vary": "Accept"},
        )

    def told(self, audience: Audience, *, whole: bool) -> Response:
        """The answer that is one audience, as it is now."""
        row = with_who(self.audiences()).get(pk=audience.pk)
        return self.data(audience=shown([row], self.shape, whole=whole)[0])


class Audiences(SegmentView):
    rate_limits: ClassVar[dict[str, int]] = {"get": 25, "post": 10}

    def get(self, request: Request, **kwargs: Any) -> Response:
        page, searched = read_page(request), _search(request)
        rows = self.audiences().filter(searched)
        total = rows.count()
        following = with_who(rows).filter(pk__gt=page.place).order_by("pk")[: page.count + 1]
        found = list(following)
        more, found = len(found) > page.count, found[: page.count]
        return self.data(
            audiences=shown(found, self.shape, whole=True),
            pagination=page.told(
                next=found[-1].pk if more else None,
                previous=_before(rows, page.place, page.count),
                total=total,
            ),
        )

    @transaction.atomic
    def post(self, request: Request, **kwargs: Any) -> Response:
        values, space = read_created(self.body), self.space
        with translated():
            key = free_key(space=space, name=values["name"])
            audience = define_audience(space=space, key=key, **values)
        return self.told(audience, whole=False)


class OneAudience(SegmentView):
    rate_limits: ClassVar[dict[str, int]] = {"get": 100, "patch": 10, "delete": 20}

    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.told(self.audience(), whole=True)

    @transaction.atomic
    def patch(self, request: Request, **kwargs: Any) -> Response:
        audience = self.audience(self.audiences().select_for_update(of=("self",)))
        values = read_updated(self.body, audience)
        with translated():
            redefine_audience(audience, **values)
        return self.told(audience, whole=False)

    def delete(self, request: Request, **kwargs: Any) -> Response:
        audience = self.audience()
        with translated():
            delete_row(audience)
        return self.data(status="SUCCESS")


def _search(request: Request) -> Q:
    """:raises Refused: naming the part that can't be used."""
    given = read_object(request, "search")
    if not given:
        return Q()
    kind, words = given.get("type"), given.get("query")
    if kind not in _SEARCHED:
        raise invalid("search.type", f'"search.type" must be one of {", ".join(_SEARCHED)}')
    if not isinstance(words, str) or not 0 < len(words) <= _LONGEST or "\0" in words:
        raise invalid("search.query", f'"search.query" must be a string of 1 to {_LONGEST} letters')
    return _SEARCHED[kind](words)


def _before(rows: QuerySet[Audience], place: int, count: int) -> int | None:
    """The place where the page before begins; None where there is none."""
    if place == 0:
        return None
    before = rows.filter(pk__lte=place).order_by("-pk").values_list("pk", flat=True)
    return next(iter(before[count : count + 1]), 0)


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    return not_found(request)
