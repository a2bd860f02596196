"""What a request may reach: one space, as ``request.auth`` says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol, cast

from django.db.models import QuerySet
from rest_framework.request import Request

from segments.models import Space


class Access(Protocol):
    """What the authentication class puts into ``request.auth``."""

    @property
    def name(self) -> str:
        """Who asks, in words."""

    @property
    def may_write(self) -> bool: ...

    @property
    def spaces(self) -> Sequence[Space]:
        """All the spaces that whoever asks may reach."""

    @property
    def denied_labels(self) -> Collection[str]:
        """Audiences with one of these are not there for whoever asks."""

    def seen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the rows, of whatever resource, that whoever asks may see."""

    @property
    def space(self) -> Space:
        """The one space that this request is about; refuses the request if that isn't clear."""


def access_of(request: Request) -> Access:
    return cast(Access, request.auth)
