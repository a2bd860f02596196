"""What a piece of work costs: time on the clock, and CPU of this and of its server process."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """Seconds on the clock, and of CPU: ours and the server's, who may be one machine."""

    wall: float = 0.0
    cpu: float = 0.0

    def __str__(self) -> str:
        return f"{self.wall:9.3f} s {self.cpu:9.3f} s CPU"


class Costs(AbstractContextManager[Cost]):
    """Measures a block. The CPU of parallel workers of PostgreSQL's is not counted: turn them off
    (``single_process``) where CPU is compared."""

    def __enter__(self) -> Cost:
        from django.db import connection

        connection.ensure_connection()
        self._backend = connection.connection.info.backend_pid
        self._cost = Cost()
        self._started = time.perf_counter(), self._cpu()
        return self._cost

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        wall, cpu = self._started
        self._cost.wall, self._cost.cpu = time.perf_counter() - wall, self._cpu() - cpu

    def _cpu(self) -> float:
        stat = Path(f"/proc/{self._backend}/stat").read_text().rpartition(")")[2].split()
        return time.process_time() + (int(stat[11]) + int(stat[12])) / _TICKS


def execute(sql: str, *parameters: Any) -> Any:
    """The first value of the first row, if there are rows; parameters take no part in quoting."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return cursor.fetchone()[0] if cursor.description else None


def single_process() -> None:
    """PostgreSQL to use no parallel workers on this connection."""
    execute("SET max_parallel_workers_per_gather = 0")


def in_turn(
    calls: Sequence[Callable[[Any], object]], arguments: Sequence[Any]
) -> list[list[float]]:
    """Seconds that each call took for each argument, one call after the other."""
    times: list[list[float]] = [[] for _ in calls]
    for argument in arguments:
        for taken, call in zip(times, calls, strict=True):
            start = time.perf_counter()
            call(argument)
            taken.append(time.perf_counter() - start)
    return times


def median_cost(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
    )


def most_memory() -> int:
    """The most bytes of memory that this process has had so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise LookupError("/proc/self/status has no VmHWM")


def machine() -> str:
    """A line on what it ran on; the load says whether others were at work there."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 30
    version = execute("SHOW server_version").split()[0]
    buffers = execute("SHOW shared_buffers")
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"machine: {os.cpu_count()} × {models[0] if models else '?'}, {memory} GiB;"
        f" PostgreSQL {version}, shared_buffers {buffers}; load {load}"
    )
