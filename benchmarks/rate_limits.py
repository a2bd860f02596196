"""What the check of a rate limit costs a request: the look-up of its key, which tells who asks
besides, and the count; against a bare round trip to the database.

python -m benchmarks.rate_limits
"""

from __future__ import annotations

import datetime
import statistics
import time
from collections.abc import Callable

from benchmarks.database import scratch_database

ROUNDS = 3_000


def _median(call: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    with scratch_database():
        _compare()


def _compare() -> None:
    from django.db import connection

    from audience_platform.services import find_key, make_key
    from audience_platform.throttling import PostgreSQLCounter
    from segments.models import Space

    now = datetime.datetime.now(datetime.UTC)
    space = Space.objects.create(slug="north", name="North")
    token = make_key(name="a program", spaces=[space], at=now).token

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    counter = PostgreSQLCounter()
    for name, call in {
        "bare round trip": bare,
        "one look-up": lambda: find_key(token, at=now),
        "one count": lambda: counter.count(b"0123456789abcdef", 1),
    }.items():
        print(f"{name} {_median(call) * 1e3:.3f} ms")


if __name__ == "__main__":
    main()
