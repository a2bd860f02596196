"""What a request may reach: one space, as ``request.auth`` says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

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
    def space(self) -> Space:
        """The one space that this request is about; refuses the request if that isn't clear."""


def access_of(request: Request) -> Access:
    return cast(Access, request.auth)
