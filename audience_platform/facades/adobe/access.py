"""Who asks: an API key, by its token or by one that it was exchanged for; and in which space.

``Authorization: Bearer`` carries the key's own token, or an access token of ``/ims/token/v3``;
``x-api-key`` is the key's id or the beginning of its token, ``x-sandbox-name`` the space's slug.
There is one organisation here: whatever ``x-gw-ims-org-id`` says is taken, and given back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from audience_platform.facades.adobe.errors import GatewayRefusal, no_permission
from audience_platform.models import ApiKey, Scope
from audience_platform.services import UnusableToken, find_key, find_key_by_id
from audiences.models import Audience, Lifecycle
from audiences.services.labels import LabelDenied, check_asked, check_labels
from segments.models import Space

LIFETIME = 3600  # seconds, of an access token
_BEARER = re.compile(r"Bearer +(\S+) *", re.IGNORECASE)
_SIGNER = signing.TimestampSigner(sep=".", salt="an access token for Adobe's API")


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
        return rows.without_labels(self.key.denied_labels)

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


def access_token(key: ApiKey) -> str:
    """A token that opens, for ``LIFETIME``, what the key opens."""
    return _SIGNER.sign_object({"key": str(key.pk)})


def access_of(request: HttpRequest) -> Access:
    """Who asks, noted on the request for the audit trail.

    :raises GatewayRefusal: with the first thing that is missing or wrong.
    """
    header = request.headers.get("Authorization")
    if not header:
        raise GatewayRefusal("403010", "Oauth token is missing.")
    key = _key_of(header)
    request.api_key = key  # type: ignore[attr-defined]
    client = request.headers.get("x-api-key")
    if not client:
        raise GatewayRefusal("403000", "Api Key is required")
    if not is_client(key, client):
        raise GatewayRefusal("403003", "Api Key is invalid")
    organization = request.headers.get("x-gw-ims-org-id")
    sandbox = request.headers.get("x-sandbox-name")
    if not organization or not sandbox:
        raise GatewayRefusal("400003", "Missing header")
    for space in key.spaces.all():
        if space.slug == sandbox:
            return Access(key, organization, space)
    raise GatewayRefusal("403025", "Profile is not valid")


def is_client(key: ApiKey, client: str) -> bool:
    """Whether a client's id is that of the key."""
    return client in (str(key.pk), key.prefix)


def _key_of(header: str) -> ApiKey:
    wrong = GatewayRefusal("401013", "Oauth token is not valid")
    match = _BEARER.fullmatch(header)
    if match is None:
        raise wrong
    now = timezone.now()
    try:
        if "." not in match[1]:  # which no token of a key has
            return find_key(match[1], at=now)
        known = _SIGNER.unsign_object(match[1], max_age=LIFETIME)
        return find_key_by_id(UUID(known["key"]), at=now)
    except (UnusableToken, signing.BadSignature) as error:
        raise wrong from error
