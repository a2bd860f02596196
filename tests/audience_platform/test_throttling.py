"""How many requests each endpoint takes, and how it tells."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone
from fakeredis import TcpFakeServer

from audience_platform import throttling
from audience_platform.throttling import PostgreSQLCounter, RedisCounter, remove_old_counts
from segments.models import Space

Make = Callable[..., Any]


@pytest.fixture
def minute(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets how many seconds of a minute have passed; the first minute begins so."""
    now = [1_800_000_000.0]  # the beginning of a minute
    monkeypatch.setattr("time.time", lambda: now[0])

    def set_to(seconds: float) -> None:
        now[0] = 1_800_000_000.0 + seconds

    return set_to


@pytest.fixture
def two_a_minute(settings: Any, minute: Callable[[float], None]) -> None:
    settings.RATE_LIMITS = {"segments-list": 2}


def test_every_answer_tells_how_it_stands(
    api: Any, two_a_minute: None, minute: Callable[[float], None]
) -> None:
    minute(20)
    given = api.get("segments").headers

    assert given["RateLimit-Limit"] == given["X-RateLimit-Limit"] == "2"
    assert given["RateLimit-Remaining"] == given["X-RateLimit-Remaining"] == "1"
    assert given["RateLimit-Reset"] == "40"
    assert given["X-RateLimit-Reset"] == "1800000060"
    assert "Retry-After" not in given
    assert api.get("nothing-there").status_code == 404
    assert "RateLimit-Limit" in api.get("nothing-there").headers


def test_what_is_too_much_is_refused_until_the_minute_ends(
    api: Any, two_a_minute: None, minute: Callable[[float], None]
) -> None:
    minute(59)
    assert [api.get("segments").status_code for _ in range(3)] == [200, 200, 429]
    refused = api.get("segments")
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["RateLimit-Remaining"] == "0"
    (error,) = refused.json()["errors"]
    assert error["code"] == "too_many_requests"
    assert "takes 2 requests a minute" in error["detail"]

    minute(60)
    assert api.get("segments").status_code == 200


def test_a_refused_request_changes_nothing(
    api: Any, settings: Any, minute: Callable[[float], None], space: Space
) -> None:
    settings.RATE_LIMITS = {"segments-list": 1}
    document = {"data": {"type": "segments", "attributes": {"short_code": "a", "name": "A"}}}
    assert api.post("segments", document).status_code == 201
    document["data"]["attributes"]["short_code"] = "b"  # type: ignore[index]
    assert api.post("segments", document).status_code == 429
    assert [one.short_code for one in space.segment_set.all()] == ["a"]


def test_each_endpoint_method_and_key_counts_by_itself_wherever_it_is_used_from(
    api: Any, make_program: Make, settings: Any, minute: Callable[[float], None]
) -> None:
    settings.RATE_LIMITS = {"segments-list": 1}
    assert api.get("segments").status_code == 200
    elsewhere = api._client.get("/api/segments", secure=True, REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 429

    assert api.get("offers").status_code == 200
    assert api.post("segments", {}).status_code != 429
    assert make_program().get("segments").status_code == 200


@pytest.mark.parametrize("path", ["/api/segments", "/api/v1/audiences", "/spaces/north/audiences"])
def test_made_up_tokens_and_keys_that_open_nothing_begin_no_counts_of_their_own(
    client: Any, make_program: Make, settings: Any, minute: Callable[[float], None], path: str
) -> None:
    settings.RATE_LIMITS = {resolve(path).view_name: 3}
    now = timezone.now()
    day = datetime.timedelta(days=1)
    expired = make_program(at=now - 2 * day, expires_at=now - day).token
    made_up = f"ap_{'x' * 43}"

    def status(header: str) -> int:
        answer = client.get(path, secure=True, headers={"Authorization": header})
        return int(answer.status_code)

    headers = [f"Bearer {expired}", f"Bearer {made_up}", "Basic dXNlcjpwYXNz", "Bearer other"]
    assert [status(header) for header in headers] == [401, 401, 401, 429]
    assert status(f"Bearer {make_program().token}") == 200


def test_who_is_unknown_is_counted_by_address_or_by_the_network_that_an_ipv6_address_is_in(
    client: Any, db: None, settings: Any, minute: Callable[[float], None]
) -> None:
    settings.RATE_LIMITS = {"segments-list": 1}

    def status(address: str) -> int:
        answer = client.get("/api/segments", secure=True, REMOTE_ADDR=address)
        return int(answer.status_code)

    assert [status("192.0.2.1"), status("::ffff:192.0.2.1"), status("192.0.2.2")] == [401, 429, 401]
    assert [status("2001:db8::1"), status("2001:db8::ffff:9")] == [401, 429]
    assert status("2001:db8:0:1::1") == 401


def test_a_request_looks_its_key_up_once(api: Any, minute: Callable[[float], None]) -> None:
    document = {"data": {"type": "segments", "attributes": {"short_code": "a", "name": "A"}}}
    with CaptureQueriesContext(connection) as asked:
        assert api.post("segments", document, Idempotency_Key="once").status_code == 201

    looked_up = [one["sql"] for one in asked if "key.prefix" in one["sql"]]
    assert len(looked_up) == 1
    assert not [one for one in asked if 'FROM "audience_platform_apikey' in one["sql"]]


def test_neither_head_nor_another_spelling_of_the_header_begins_a_count_of_its_own(
    api: Any, client: Any, settings: Any, minute: Callable[[float], None]
) -> None:
    settings.RATE_LIMITS = {"segments-list": 2}
    spelled = {"Authorization": f"bearer   {api.token} "}
    assert api.get("segments").status_code == 200
    assert client.head("/api/segments", secure=True, headers=spelled).status_code == 200
    assert api.get("segments").status_code == 429


def test_who_has_no_token_is_counted_too(
    client: Any, db: None, settings: Any, minute: Callable[[float], None]
) -> None:
    settings.RATE_LIMITS = {"segments-list": 1}
    first, second = (client.get("/api/segments", secure=True) for _ in range(2))

    assert (first.status_code, second.status_code) == (401, 429)
    assert first.headers["RateLimit-Remaining"] == "0"


def test_the_default_is_for_every_endpoint_and_zero_is_none(
    api: Any, settings: Any, minute: Callable[[float], None]
) -> None:
    settings.RATE_LIMIT = 7
    assert api.get("offers").headers["RateLimit-Limit"] == "7"

    settings.RATE_LIMIT = 0
    assert "RateLimit-Limit" not in api.get("offers").headers


def test_the_admin_and_health_are_not_counted(colleague: Any, client: Any) -> None:
    assert "RateLimit-Limit" not in colleague.get("/admin/").headers
    assert "RateLimit-Limit" not in client.get("/health/live", secure=True).headers


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    server = TcpFakeServer(("127.0.0.1", 0))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_several_at_once_miss_none_in_postgresql() -> None:
    counter = PostgreSQLCounter()

    def ask(_: int) -> int:
        try:
            return counter.count(b"key", 5)
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(ask, range(40))) == list(range(1, 41))


def test_redis_counts_alike(redis_url: str) -> None:
    counters = [RedisCounter(redis_url) for _ in range(2)]

    assert [one.count(b"key", 5) for one in (*counters, *counters)] == [1, 2, 3, 4]
    assert counters[0].count(b"key", 6) == counters[0].count(b"other", 5) == 1
    for one in counters:
        one._redis.close()


def test_without_an_answer_from_redis_nobody_is_turned_away(
    api: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreachable = RedisCounter("redis://127.0.0.1:1/0")
    monkeypatch.setattr(throttling, "counter", lambda: unreachable)

    assert api.get("segments").status_code == 200


@pytest.mark.django_db
def test_counts_of_past_windows_are_forgotten() -> None:
    now = int(time.time()) // throttling.WINDOW
    PostgreSQLCounter().count(b"old", now - 5)
    PostgreSQLCounter().count(b"new", now)

    remove_old_counts()

    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM audience_platform_requestcount")
        assert [bytes(key) for (key,) in cursor.fetchall()] == [b"new"]
