"""Who asks: an API key, by its token or by one that it was exchanged for; and in which space.

``Authorization: Bearer`` carries the key's own token, or an access token of ``/ims/token/v3``;
``x-api-key`` is the key's id or the beginning of its token, ``x-sandbox-name`` the space's slug.
There is one organisation here: whatever ``x-gw-ims-org-id`` says is taken, and given back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from audience_platform.facades.adobe.errors import GatewayRefusal, denied
from audience_platform.models import ApiKey, Scope
from audience_platform.services import UnusableToken, find_key, find_key_by_id
from audiences.models import Audience, Lifecycle
from audiences.services.names import find_named
from audiences.types.registry import TYPES
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

    def check_labels(self, labels: Iterable[str]) -> None:
        """:raises Refusal: one of them is denied to whoever asks."""
        wrong = sorted(set(labels) & set(self.key.denied_labels))
        if wrong:
            raise denied("WRITE", wrong)

    def check_asked(self, configuration: Mapping[str, Any]) -> None:
        """:raises Refusal: a clean configuration of PQL asks for an audience that whoever asks
        may not see."""
        if not self.key.denied_labels:
            return
        named = find_named(space=self.space.pk, names=TYPES["pql"].asked_by_name(configuration))
        numbers = [one.number for one in named.values() if one.kind == "audience"]
        if Audience.objects.with_labels(self.key.denied_labels).filter(pk__in=numbers).exists():
            raise denied("READ", ["an audience that the expression asks for"])


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
