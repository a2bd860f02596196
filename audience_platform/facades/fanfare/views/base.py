"""What the views share: who asks, in which space, and rows by their ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from audience_platform.authentication import BearerAuthentication, KeyAccess, ScopeAllows
from audience_platform.facades.fanfare.errors import Failure, Invalid, Issue, exception_handler
from audience_platform.facades.fanfare.received import JSONParser
from audience_platform.facades.fanfare.shapes import INCLUDABLE, audiences_in, told
from audiences.models import Audience
from audiences.querysets import AudienceQuerySet
from segments.models import Space

AnyModel = TypeVar("AnyModel", bound=Model)


class Anything(BaseContentNegotiation):
    """JSON both ways, whatever is said of it."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(  # type: ignore[override]  # the stubs take request for untyped
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class View(APIView):
    """A view of Fanfare's API. One key opens one space, unless ``X-Space`` picks one of several."""

    authentication_classes = (BearerAuthentication,)
    permission_classes = (ScopeAllows,)
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = Anything
    schema = None

    def get_exception_handler(self) -> Any:
        return exception_handler

    @property
    def access(self) -> KeyAccess:
        return cast(KeyAccess, self.request.auth)

    @property
    def space(self) -> Space:
        return self.access.space

    @property
    def asked(self) -> Mapping[str, str]:
        """The parameters of the query.

        :raises Invalid: one has a character that no text here has.
        """
        asked = cast(Mapping[str, str], self.request.query_params.dict())
        if wrong := [name for name, value in asked.items() if "\0" in value]:
            raise Invalid(Issue((wrong[0],), "It has the character U+0000. Send it without."))
        return asked

    @property
    def audiences(self) -> AudienceQuerySet:
        """The space's, but for those that are not there for the key."""
        return cast(AudienceQuerySet, self.access.seen(audiences_in(self.space)))

    def audience(self, id: str) -> Audience:
        return found(self.audiences, id, "Audience")

    def audience_to_change(self, id: str) -> Audience:
        """The audience, for this transaction alone to change."""
        audience = self.audience(id)
        Audience.objects.select_for_update().get(pk=audience.pk)
        return self.audience(id)

    def told(self, audience: Audience, include: Iterable[str]) -> dict[str, Any]:
        """The audience as it is now."""
        return told([self.audience(str(audience.id))], tuple(include))[0]

    def included(self, default: str = "", among: Sequence[str] = INCLUDABLE) -> list[str]:
        """The relations to include.

        :raises Invalid: there is no such relation.
        """
        given = ",".join(self.request.query_params.getlist("include") or [default])
        names = [name.strip() for name in given.split(",") if name.strip()]
        if unknown := [name for name in names if name not in among]:
            message = f"“{unknown[0]}” can't be included. Give some of {', '.join(among)}."
            raise Invalid(Issue(("include",), message, given))
        return names


def found(rows: QuerySet[AnyModel], id: str, what: str) -> AnyModel:
    """The row of that id.

    :raises Failure: there is none.
    """
    try:
        row = rows.filter(id=UUID(id)).first()
    except ValueError:
        row = None
    if row is None:
        raise Failure(404, f"{what} not found")
    return row
