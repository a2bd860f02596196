"""What all views have in common: the envelope, the space of the path, and pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django.db.models import Model, QuerySet
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
from audience_platform.facades.segment.parameters import Page
from audience_platform.facades.segment.shapes import shown, wants_schedules, with_who
from audience_platform.facades.segment.wire import Negotiation, Parser, Renderer, Shape, shape_of
from audiences.models import Audience
from segments.models import Space

LONGEST = 255  # letters of a path parameter, and of what is searched for
AnyModel = TypeVar("AnyModel", bound=Model)


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
            if len(value) > LONGEST:
                raise invalid(name, f'"{name}" must have 1 to {LONGEST} letters')

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
        """The space's, but for those whose labels the key is denied."""
        rows = Audience.objects.filter(space=self.space).select_related("space")
        return self.access.seen(rows)

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

    def told(self, row: Audience, *, whole: bool) -> Response:
        """The answer that is one audience, which ``with_who`` made."""
        schedules = whole and wants_schedules(self.request)
        found = shown([row], self.shape, whole=whole, schedules=schedules)
        return self.data(audience=found[0])

    def written(self, audience: Audience) -> Response:
        """The answer that is one audience, as the change has left it."""
        return self.told(with_who(self.audiences()).get(pk=audience.pk), whole=False)


def one_page(
    rows: QuerySet[AnyModel], page: Page, *, newest_first: bool = False, total: int | None = None
) -> tuple[list[AnyModel], dict[str, Any]]:
    """The page's rows in the order they were made, and what is told of it. A place is the number
    of the row before it: what is deleted meanwhile shifts nothing."""
    order, after, before = ("-pk", "lt", "gte") if newest_first else ("pk", "gt", "lte")
    following = rows.filter(**{f"pk__{after}": page.place}) if page.place else rows
    found = list(following.order_by(order)[: page.count + 1])
    more, found = len(found) > page.count, found[: page.count]
    previous = None
    if page.place:
        back = rows.filter(**{f"pk__{before}": page.place}).order_by(order).reverse()
        previous = next(iter(back.values_list("pk", flat=True)[page.count :][:1]), 0)
    next_place = found[-1].pk if more else None
    return found, page.told(next=next_place, previous=previous, total=total)


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    return not_found(request)
