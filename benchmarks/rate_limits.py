"""What the check of a rate limit costs a request, against a bare round trip to the database.

python -m benchmarks.rate_limits
"""

from __future__ import annotations

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

    from audience_platform.throttling import PostgreSQLCounter

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    counter = PostgreSQLCounter()
    bare_time = _median(bare)
    count_time = _median(lambda: counter.count(b"0123456789abcdef", 1))
    print(
        f"one count {count_time * 1e3:.3f} ms, bare round trip {bare_time * 1e3:.3f} ms: "
        f"{count_time / bare_time:.1f} ×"
    )


if __name__ == "__main__":
    main()
