"""API keys: made, found by their token, revoked. The API, the admin and the commands call these."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from audience_platform.models import ApiKey, Scope
from segments.models import Space

# Its beginning tells people, and tools that look for leaked secrets, what a token is.
_BEGINNING = "ap_"
_PREFIX_LENGTH = len(_BEGINNING) + 9
_KEY, _SPACE = ([field.attname for field in one._meta.concrete_fields] for one in (ApiKey, Space))
# Every request asks this: the ORM would take two queries, and eight times as long.
_FIND = f"""
SELECT {", ".join(f"key.{name}" for name in _KEY)}, {", ".join(f"space.{name}" for name in _SPACE)}
FROM audience_platform_apikey AS key
LEFT JOIN audience_platform_apikey_spaces AS opened ON opened.apikey_id = key.id
LEFT JOIN segments_space AS space ON space.number = opened.space_id
WHERE """


class UnusableToken(LookupError):
    """That a token opens nothing. Why is told only to who has the whole of a real one."""


class MadeKey(NamedTuple):
    """A new key and its token, which nobody can be shown again."""

    key: ApiKey
    token: str


@transaction.atomic
def make_key(
    *,
    name: str,
    spaces: Iterable[Space],
    scope: Scope = Scope.READ,
    expires_at: datetime.datetime | None = None,
    denied_labels: Iterable[str] = (),
    at: datetime.datetime,
) -> MadeKey:
    """Make a key to one or more spaces, but not to audiences with one of ``denied_labels``.

    :raises ValidationError: naming each field at fault.
    """
    opened = list(spaces)
    if not opened:
        raise ValidationError({"spaces": "Give one space or more: a key to none opens nothing."})
    if expires_at is not None and expires_at <= at:
        raise ValidationError(
            {"expires_at": f"{expires_at:%Y-%m-%d %H:%M %Z} is past. Give a later moment, or none."}
        )
    token = _BEGINNING + secrets.token_urlsafe(32)
    key = ApiKey(
        name=name,
        scope=scope,
        expires_at=expires_at,
        denied_labels=list(denied_labels),
        prefix=token[:_PREFIX_LENGTH],
        hashed_token=_hash(token),
    )
    key.full_clean()
    key.save()
    key.spaces.set(opened)
    return MadeKey(key, token)


def find_key(token: str, *, at: datetime.datetime) -> ApiKey:
    """The key of this token, with its spaces, in one query.

    :raises UnusableToken: it opens nothing at that moment; the error says why.
    """
    key = None
    if token.startswith(_BEGINNING):
        key = _find("key.prefix = %s", token[:_PREFIX_LENGTH])
    if key is None or not hmac.compare_digest(key.hashed_token, _hash(token)):
        raise UnusableToken("No key has this token. Check that it is whole.")
    return _usable(key, at)


def find_key_by_id(id: UUID, *, at: datetime.datetime) -> ApiKey:
    """The key of this id, with its spaces: for who has shown before to have its token.

    :raises UnusableToken: it opens nothing at that moment; the error says why.
    """
    key = _find("key.id = %s", id)
    if key is None:
        raise UnusableToken("There is no such key any more. Use another.")
    return _usable(key, at)


def _find(which: str, value: str | UUID) -> ApiKey | None:
    """The key and its spaces, of which each is a row."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_FIND}{which}", [value])
        rows = cursor.fetchall()
    if not rows:
        return None
    key = ApiKey.from_db(connection.alias, _KEY, rows[0][: len(_KEY)])
    spaces = (Space.from_db(connection.alias, _SPACE, row[len(_KEY) :]) for row in rows)
    key.opens = sorted((one for one in spaces if one.pk is not None), key=lambda one: one.slug)
    return key


def _usable(key: ApiKey, at: datetime.datetime) -> ApiKey:
    if key.revoked_at is not None:
        raise UnusableToken(f"This key was revoked on {key.revoked_at:%Y-%m-%d}. Use another.")
    if key.expires_at is not None and key.expires_at <= at:
        raise UnusableToken(f"This key expired on {key.expires_at:%Y-%m-%d}. Use another.")
    return key


@transaction.atomic
def revoke_key(key: ApiKey, *, at: datetime.datetime) -> None:
    """From this moment on the key opens nothing. One revoked before keeps its moment."""
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
