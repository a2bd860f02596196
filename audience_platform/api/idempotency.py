"""``Idempotency-Key`` on POST: the same request again gets the first answer again, for a day."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from audience_platform.api.errors import error_response
from audience_platform.api.negotiation import JSON_API
from audience_platform.authentication import BearerAuthentication, KeyAccess
from audience_platform.models import IdempotentRequest
from segments.api.errors import Problem

View = Callable[..., Any]

KEPT = datetime.timedelta(hours=24)
_LONGEST_KEY = 255
_PURGED_AT_ONCE = 100


def once(view: View) -> View:
    """A view whose POSTs with a key are carried out once.

    The answer is stored in the transaction of the change. A request with the same key that comes
    meanwhile waits for it. What may end otherwise next time is not stored: a server's error, and
    what a key isn't allowed.
    """

    @wraps(view)
    def carried_out_once(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        access = _access(request) if request.method == "POST" and key is not None else None
        if access is None or key is None:
            return view(request, *args, **kwargs)  # type: ignore[no-any-return]
        if not 0 < len(key) <= _LONGEST_KEY:
            detail = f"This key has {len(key)} characters. Send one of 1 to {_LONGEST_KEY}."
            return error_response(400, Problem("invalid_header", detail, header="Idempotency-Key"))
        try:
            fingerprint = _fingerprint(request)
        except RequestDataTooBig:
            return view(request, *args, **kwargs)  # type: ignore[no-any-return]  # refuses it
        with transaction.atomic():
            claimed = _claim(access, key, fingerprint)
            if claimed is not None:
                response = view(request, *args, **kwargs).render()
                _keep(claimed, response)
                return response  # type: ignore[no-any-return]
        return _again(access, key, fingerprint)

    return carried_out_once


def _access(request: HttpRequest) -> KeyAccess | None:
    """Who asks; None where the view will refuse whoever it is, or doesn't know which space."""
    try:
        found = BearerAuthentication().authenticate(Request(request))
        if found is None or not found[1].may_write or not found[1].space:
            return None
    except APIException:
        return None
    return found[1]


def _fingerprint(request: HttpRequest) -> bytes:
    """What makes two requests the same."""
    target = request.get_full_path().encode()
    return hashlib.sha256(b"%d %b %b" % (len(target), target, request.body)).digest()


def _claim(access: KeyAccess, key: str, fingerprint: bytes) -> int | None:
    """The number under which to keep the answer; None where there is one already.

    Waits while another transaction is at work on the same key.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM audience_platform_idempotentrequest WHERE number IN (
                SELECT number FROM audience_platform_idempotentrequest WHERE created_at < %s
                ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED)
            """,
            [now - KEPT, _PURGED_AT_ONCE],
        )
        cursor.execute(
            """
            INSERT INTO audience_platform_idempotentrequest AS kept
                (api_key_id, space_number, key, fingerprint, created_at)
            VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (api_key_id, space_number, key) DO UPDATE
                SET fingerprint = EXCLUDED.fingerprint, created_at = EXCLUDED.created_at
                WHERE kept.created_at < %s
            RETURNING number
            """,
            [access.key.pk, access.space.pk, key, fingerprint, now, now - KEPT],
        )
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def _keep(number: int, response: HttpResponse) -> None:
    if response.status_code >= 500 or response.status_code in (401, 403):
        transaction.set_rollback(True)
        return
    IdempotentRequest.objects.filter(pk=number).update(
        status=response.status_code,
        location=response.headers.get("Location", ""),
        body=response.content,
    )


def _again(access: KeyAccess, key: str, fingerprint: bytes) -> HttpResponse:
    kept = IdempotentRequest.objects.get(api_key=access.key, space=access.space, key=key)
    if bytes(kept.fingerprint) != fingerprint:
        detail = "This key came with another request before. Send a new key with a new request."
        return error_response(409, Problem("key_reused", detail, header="Idempotency-Key"))
    headers = {"Vary": "Accept", "Idempotency-Replayed": "true"}
    if kept.location:
        headers["Location"] = kept.location
    return HttpResponse(
        bytes(kept.body), status=kept.status, content_type=JSON_API, headers=headers
    )
