"""Tokens that a client exchanged its key for, and whose they are."""

from __future__ import annotations

from uuid import UUID

from django.core import signing
from django.http import HttpRequest
from django.utils import timezone

from audience_platform import services
from audience_platform.authentication import bearer_token
from audience_platform.models import ApiKey
from audience_platform.services import UnusableToken

LIFETIME = 3600  # seconds, of an access token
_SIGNER = signing.TimestampSigner(sep=".", salt="an access token for Adobe's API")


def access_token(key: ApiKey) -> str:
    """A token that opens, for ``LIFETIME``, what the key opens."""
    return _SIGNER.sign_object({"key": str(key.pk)})


def find_key(request: HttpRequest) -> ApiKey:
    """The key of a request's token, be it the key's own or one that it was exchanged for.

    :raises UnusableToken: it has none, or one that opens nothing.
    """
    token, now = bearer_token(request), timezone.now()
    if "." not in token:  # which no token of a key has
        return services.find_key(token, at=now)
    try:
        known = _SIGNER.unsign_object(token, max_age=LIFETIME)
    except signing.BadSignature as error:
        raise UnusableToken("This token is not one of ours, or its time is over.") from error
    return services.find_key_by_id(UUID(known["key"]), at=now)
