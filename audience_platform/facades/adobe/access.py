"""Who asks: an API key, by its token or by one that it was exchanged for; and in which space.

``Authorization: Bearer`` carries the key's own token, or an access token of ``/ims/token/v3``;
``x-api-key`` is the key's id or the beginning of its token, ``x-sandbox-name`` the space's slug.
There is one organisation here: whatever ``x-gw-ims-org-id`` says is taken, and given back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from audience_platform.authentication import key_of
from audience_platform.facades.adobe.errors import GatewayRefusal, no_permission
from audience_platform.labels import seen
from audience_platform.models import ApiKey, Scope
from audience_platform.services import UnusableToken
from audiences.models import Audience, Lifecycle
from audiences.services.labels import LabelDenied, check_asked, check_labels
from segments.models import Space


@dataclass(frozen=True)
class Access:
    """What a request may reach."""

    key: ApiKey
    organization: str
    space: Space

    @property
    def may_write(self) -> bool:
        return self.key.scope == Scope.WRITE

    @property
    def audiences(self) -> QuerySet[Audience]:
        """Those that whoever asks may see. What is archived counts as deleted, which Adobe shows
        nobody."""
        rows = Audience.objects.filter(space=self.space).exclude(lifecycle=Lifecycle.ARCHIVED)
        return self.seen(rows)

    def seen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return seen(rows, self.key.denied_labels)

    def check_may(self, values: Mapping[str, Any]) -> None:
        """:raises Refusal: an audience with these values would carry a label that is denied to
        whoever asks, or ask for another that does."""
        denied = self.key.denied_labels
        try:
            check_labels(denied, values.get("labels", ()))
            if "configuration" in values:
                check_asked(
                    denied,
                    space=self.space,
                    audience_type=values["audience_type"],
                    configuration=values["configuration"],
                )
        except LabelDenied as error:
            labels = ", ".join(error.labels) or "of an audience that the expression asks for"
            raise no_permission("WRITE" if error.labels else "READ", f"labels {labels}") from error


def access_of(request: HttpRequest) -> Access:
    """Who asks.

    :raises GatewayRefusal: with the first thing that is missing or wrong.
    """
    if not request.headers.get("Authorization"):
        raise GatewayRefusal("403010", "Oauth token is missing.")
    try:
        key = key_of(request)
    except UnusableToken as error:
        raise GatewayRefusal("401013", "Oauth token is not valid") from error
    client = request.headers.get("x-api-key")
    if not client:
        raise GatewayRefusal("403000", "Api Key is required")
    if not is_client(key, client):
        raise GatewayRefusal("403003", "Api Key is invalid")
    organization = request.headers.get("x-gw-ims-org-id")
    sandbox = request.headers.get("x-sandbox-name")
    if not organization or not sandbox:
        raise GatewayRefusal("400003", "Missing header")
    for space in key.opens:
        if space.slug == sandbox:
            return Access(key, organization, space)
    raise GatewayRefusal("403025", "Profile is not valid")


def is_client(key: ApiKey, client: str) -> bool:
    """Whether a client's id is that of the key."""
    return client in (str(key.pk), key.prefix)
