"""The import of many memberships, against a bare COPY of the same rows into the same table.

    python -m benchmarks.import_memberships [--rows 1000000] [--rounds 3]

The file has the columns of the sample data, external ids in no order. Timed, in turn, each time
into an empty table with all its indexes, constraints and triggers, the commit included:

* bare COPY: the same facts, already typed and with their metadata made, straight from psycopg;
* import: ``manage.py import_memberships`` in a process of its own, its peak memory taken too.

Then the same file again, which changes nothing; and one in which every second row differs.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.database import scratch_database

SLUG = "benchmark"
FACTS = (
    "space_number, external_id, email, phone, full_name, birthday, total_orders,"
    " total_order_value, last_order_at, created_at, metadata"
)
HEADER = (
    "external_id,email,phone,full_name,birthday,total_orders,total_order_value,last_order_at,"
    "created_at,metadata.income,metadata.home_ownership,metadata.marital_status,"
    "metadata.household_size,metadata.kids_count,metadata.home_store,metadata.coupons_redeemed"
)
FIRST_NAMES = ("Vera", "Yara", "Dwayne", "Sophia", "Łukasz", "Zoë", "Ahmed", "Ines", "Kenji")
LAST_NAMES = ("Ekberg", "Tran", "Abara", "Nguyen", "Smith", "Müller", "Okafor", "Silva", "Weber")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, scratch_database():
        measure(Path(directory), options.rows, options.rounds)


def measure(directory: Path, rows: int, rounds: int) -> None:
    from segments.models import Space

    Space.objects.create(slug=SLUG, name="Benchmark", time_zone="Europe/Amsterdam")
    file, changed, typed = (directory / name for name in ("file.csv", "changed.csv", "typed.csv"))
    write_file(file, rows, changed=False)
    write_file(changed, rows, changed=True)
    run_import(file)
    write_typed(typed)
    print_settings()

    bare, whole, memory = [], [], []
    for _ in range(rounds):
        clear()
        bare.append(copy(typed))
        clear()
        seconds, peak = run_import(file)
        whole.append(seconds)
        memory.append(peak)
        print(f"bare COPY {bare[-1]:6.1f} s   import {whole[-1]:6.1f} s", flush=True)
    again, _ = run_import(file)
    half, _ = run_import(changed)

    of_bare = statistics.median(one / other for one, other in zip(bare, whole, strict=True))
    print(f"\n{rows:,} rows, {file.stat().st_size / 1e6:.0f} MB, medians of {rounds}")
    print(f"bare COPY            {rows / statistics.median(bare):9,.0f} rows/s")
    print(
        f"import               {rows / statistics.median(whole):9,.0f} rows/s"
        f"   {of_bare:.2f} × the bare COPY's rate"
    )
    print(f"again, unchanged     {rows / again:9,.0f} rows/s")
    print(f"again, half changed  {rows / half:9,.0f} rows/s")
    print(f"peak memory          {max(memory):9,.0f} MB")


def write_file(path: Path, rows: int, *, changed: bool) -> None:
    """The same rows each time, but for the orders of every second one when ``changed``."""
    draw = random.Random(2017)
    ids = list(range(rows))
    draw.shuffle(ids)
    oldest = datetime.date(1935, 1, 1)
    with path.open("w", newline="") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        write(HEADER.split(","))
        for place, number in enumerate(ids):
            first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
            birthday = oldest + datetime.timedelta(draw.randrange(27_000))
            ordered = datetime.datetime(2017, 1, 1) + datetime.timedelta(  # noqa: DTZ001
                seconds=draw.randrange(365 * 86_400)
            )
            orders = draw.randrange(200)
            write(
                (
                    f"household-{number}",
                    f"{first}.{last}.{number}@example.com".lower(),
                    f"+1201555{number % 10_000:04}",
                    f"{first} {last}",
                    birthday if draw.random() < 0.7 else "",
                    orders + (changed and place % 2),
                    f"{draw.randrange(500_000) / 100:.2f}",
                    f"{ordered.isoformat()}Z",
                    "2017-01-07T18:55:24Z",
                    draw.choice(["Under 15K", "35-49K", "50-74K", "150-174K", ""]),
                    draw.choice(["Homeowner", "Renter", "Unknown", ""]),
                    draw.choice(["Married", "Unmarried", ""]),
                    draw.choice(["1", "2", "3", "4", ""]),
                    draw.choice(["0", "1", "2", ""]),
                    draw.randrange(300, 500),
                    draw.randrange(9),
                )
            )


def write_typed(path: Path) -> None:
    from django.db import connection

    query = f"SELECT {FACTS} FROM segments_membership ORDER BY number"
    with (
        path.open("wb") as file,
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as rows,
    ):
        for some in rows:
            file.write(some)


def clear() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE segments_membership CASCADE")
        cursor.execute("CHECKPOINT")


def copy(path: Path) -> float:
    """How many seconds it takes."""
    from django.db import connection, transaction

    start = time.perf_counter()
    with (
        transaction.atomic(),
        path.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(f"COPY segments_membership ({FACTS}) FROM STDIN (FORMAT csv)") as rows,
    ):
        while some := file.read(256 * 1024):
            rows.write(some)
    return time.perf_counter() - start


def run_import(path: Path) -> tuple[float, float]:
    """How many seconds it takes, and how many MB at most."""
    from django.core.management import call_command
    from django.db import connection

    connection.close()
    start = time.perf_counter()
    child = os.fork()
    if not child:
        failed = 1
        try:
            with Path(os.devnull).open("w") as nowhere:
                call_command("import_memberships", str(path), space=SLUG, stdout=nowhere)
            failed = 0
        finally:
            os._exit(failed)  # the scratch database is the parent's
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit("The import failed.")
    return time.perf_counter() - start, usage.ru_maxrss / 1024  # Linux counts kB


def print_settings() -> None:
    from django.db import connection

    names = ("server_version", "shared_buffers", "max_wal_size", "fsync")
    with connection.cursor() as cursor:
        values = []
        for name in names:
            cursor.execute(f"SHOW {name}")
            values.append(f"{name} {cursor.fetchone()[0]}")
    print("PostgreSQL:", ", ".join(values), flush=True)


if __name__ == "__main__":
    main()
