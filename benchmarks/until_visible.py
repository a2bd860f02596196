"""From a change of a membership to its being in the audience, by the worker that runs beside.

    python -m benchmarks.until_visible [--memberships 1000000] [--rate 100] [--seconds 30]

A real ``manage.py run_jobs`` works in a process of its own. So many memberships a second are
updated, one statement and transaction each, and each of them thereby enters one of 20 audiences.
Timed for each is from its commit until a reader finds it among the members by the version in force.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from benchmarks.database import scratch_database
from benchmarks.measure import execute, machine
from benchmarks.ours import Ours
from benchmarks.population import Pool, Said, fill

_ENTERED = 1_000_000  # orders that nobody else has
_LOOK_EVERY = 0.005
_AUDIENCES, _CONDITIONS = 20, 60


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--memberships", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    with scratch_database():
        measure(options.memberships, options.rate, options.seconds)


def measure(memberships: int, rate: int, seconds: int) -> None:
    space = fill(memberships)
    ours = Ours(space, Pool(space, seed=3).rules(_AUDIENCES - 1, _CONDITIONS - 1))
    condition = {"field": "total_orders", "operator": "equals", "value": _ENTERED}
    audience = ours.define(Said(condition, f"m.total_orders = {_ENTERED}"))
    ours.refresh()
    committed: dict[int, float] = {}
    writer = threading.Thread(target=_write, args=(rate, rate * seconds, memberships, committed))
    with _worker():
        time.sleep(3)
        writer.start()
        taken = _watch(audience, writer, committed)
    late = statistics.quantiles(taken, n=100)[98]
    print(machine())
    print(
        f"memberships {memberships}, audiences {_AUDIENCES}, {rate} updates a second,"
        f" {len(taken)} in all: median {statistics.median(taken) * 1e3:.0f} ms,"
        f" 99th percentile {late * 1e3:.0f} ms, longest {max(taken) * 1e3:.0f} ms"
    )


def _write(rate: int, count: int, memberships: int, committed: dict[int, float]) -> None:
    from django.db import connection

    first = execute("SELECT min(number) FROM segments_membership")
    started = time.perf_counter()
    for place in range(count):
        time.sleep(max(0.0, started + place / rate - time.perf_counter()))
        number = first + place * 7919 % memberships
        execute(
            "UPDATE segments_membership SET total_orders = %s WHERE number = %s", _ENTERED, number
        )
        committed[number] = time.perf_counter()
    connection.close()


def _watch(audience: Any, writer: threading.Thread, committed: dict[int, float]) -> list[float]:
    """Seconds that each change took to be seen."""
    from audiences import members
    from audiences.models import AudienceStatus

    seen: dict[int, float] = {}
    version = 0
    give_up = None
    while writer.is_alive() or len(seen) < len(committed):
        status = AudienceStatus.objects.get(pk=audience.pk)
        if status.version != version:
            version = status.version
            found = members.load(status)
            now = time.perf_counter()
            for number in found:
                seen.setdefault(number, now)
        if not writer.is_alive():
            give_up = give_up or time.perf_counter() + 60
            if time.perf_counter() > give_up:
                missing = len(committed) - len(seen)
                raise RuntimeError(f"{missing} changes were not seen within a minute.")
        time.sleep(_LOOK_EVERY)
    # one may be seen before the writer has noted that it is committed
    return [max(0.0, seen[number] - at) for number, at in committed.items()]


@contextmanager
def _worker() -> Iterator[None]:
    from django.db import connection

    told = connection.get_connection_params()
    user = quote(told.get("user") or "") + (
        f":{quote(told['password'])}" if "password" in told else ""
    )
    url = f"postgresql://{user}@/{told['dbname']}?host={quote(told.get('host') or '', safe='')}"
    if told.get("port"):
        url += f"&port={told['port']}"
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "run_jobs"], env={**os.environ, "DATABASE_URL": url}
    )
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(timeout=30)


if __name__ == "__main__":
    main()
