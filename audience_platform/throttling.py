"""Rate limits: how many requests a minute each endpoint takes from one key; or, where a request
comes with no key that is known, from one address.

Counted in windows of a minute by all processes together: in PostgreSQL, or in Redis where
``REDIS_URL`` names one. A view may state its own limits by method, ``rate_limits``; the setting
``RATE_LIMITS`` overrules both, by the route's name.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Protocol

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from redis import Redis
from redis.exceptions import RedisError

from audience_platform.audit.acting import address
from audience_platform.authentication import key_of
from audience_platform.dialects import dialect_of
from audience_platform.services import UnusableToken

logger = logging.getLogger(__name__)

WINDOW = 60  # seconds


@dataclass(frozen=True)
class Rate:
    """How a request stands to its limit, itself included."""

    limit: int
    consumed: int
    resets_at: int  # when the window ends, in seconds since 1970

    @property
    def resets_in(self) -> float:
        """Seconds until the window ends."""
        return max(self.resets_at - time.time(), 0.0)

    @property
    def remaining(self) -> int:
        return max(self.limit - self.consumed, 0)

    @property
    def exceeded(self) -> bool:
        return self.consumed > self.limit

    @property
    def retry_after(self) -> int:
        """In whole seconds, after which the window has ended."""
        return math.ceil(self.resets_in)

    def headers(self) -> dict[str, str]:
        """As the IETF's draft has them, in seconds; and as most clients look for them, where the
        reset is a moment in seconds since 1970."""
        given = {"Limit": str(self.limit), "Remaining": str(self.remaining)}
        return {
            **{f"RateLimit-{name}": value for name, value in given.items()},
            "RateLimit-Reset": str(self.retry_after),
            **{f"X-RateLimit-{name}": value for name, value in given.items()},
            "X-RateLimit-Reset": str(self.resets_at),
            **({"Retry-After": str(self.retry_after)} if self.exceeded else {}),
        }


class Counter(Protocol):
    """Counts requests, for all processes."""

    def count(self, key: bytes, window: int) -> int:
        """How many there were of this key in this window, with the one that asks."""


class PostgreSQLCounter:
    """In a table without a write-ahead log: after a crash the counts begin anew."""

    def count(self, key: bytes, window: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO audience_platform_requestcount AS kept (key, window_number, count)"
                " VALUES (%s, %s, 1) ON CONFLICT (key) DO UPDATE SET count ="
                " CASE WHEN kept.window_number = EXCLUDED.window_number"
                " THEN kept.count + 1 ELSE 1 END, window_number = EXCLUDED.window_number"
                " RETURNING count",
                [key, window],
            )
            return int(cursor.fetchone()[0])


class RedisCounter:
    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)

    def count(self, key: bytes, window: int) -> int:
        name = b"audience-platform:requests:%d:" % window + key
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.incr(name)
            pipeline.expire(name, 2 * WINDOW)
            return int(pipeline.execute()[0])


@cache
def counter() -> Counter:
    """Where this process counts."""
    return RedisCounter(settings.REDIS_URL) if settings.REDIS_URL else PostgreSQLCounter()


def remove_old_counts() -> None:
    """Forget the counts of windows that have ended. Redis does so by itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM audience_platform_requestcount WHERE window_number < %s",
            [int(time.time()) // WINDOW - 1],
        )


class RateLimits:
    """Counts each request to an API, refuses those beyond the limit, and tells how all stand: in
    the dialect's own ``rate_headers``, where it has such."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        rate: Rate | None = getattr(request, "rate", None)
        if rate is not None:
            headers = getattr(dialect_of(request), "rate_headers", Rate.headers)
            for name, value in headers(rate).items():
                response.headers.setdefault(name, value)
        return response

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        dialect = dialect_of(request)
        limit = _limit(request, view) if dialect else 0
        if dialect is None or not limit:
            return None
        window = int(time.time()) // WINDOW
        counted = (_method(request), _route(request), _who(request))
        key = hashlib.sha256("\n".join(counted).encode()).digest()[:16]
        try:
            consumed = counter().count(key, window)
        except RedisError:  # nobody is turned away for that
            logger.exception("Requests can't be counted: Redis does not answer")
            return None
        rate = Rate(limit, consumed, (window + 1) * WINDOW)
        request.rate = rate  # type: ignore[attr-defined]
        return dialect.too_many_requests(rate) if rate.exceeded else None


def _method(request: HttpRequest) -> str:
    """HEAD counts as the GET that it is answered by."""
    method = (request.method or "").lower()
    return "get" if method == "head" else method


def _who(request: HttpRequest) -> str:
    """The key, where it is known; else the address: a made-up token begins no count."""
    try:
        return f"key {key_of(request).pk}"
    except UnusableToken:
        return f"address {_network(address(request))}"


def _network(address: str | None) -> str:
    """What somebody has one of: an IPv4 address, or the /64 that an IPv6 address is in."""
    if address is None:
        return ""
    known = ip_address(address)
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or ip_network((known, 64), strict=False))
    return str(known)


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    return (match.view_name or match.route) if match else ""


def _limit(request: HttpRequest, view: Any) -> int:
    """How many a minute; 0: as many as may come."""
    overruled: Mapping[str, int] = settings.RATE_LIMITS
    if _route(request) in overruled:
        return overruled[_route(request)]
    stated: Mapping[str, int] = getattr(getattr(view, "cls", None), "rate_limits", {})
    return stated.get(_method(request), settings.RATE_LIMIT)
