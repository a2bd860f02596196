"""The import of many memberships, and of lists of them, against a bare COPY of the same rows into
the same table.

    python -m benchmarks.import_memberships [--rows 1000000] [--rounds 3]

The file has the columns of the sample data, external ids in no order. Timed, in turn, each time
into an empty table with all its indexes, constraints and triggers, the commit included:

* bare COPY: the same facts, already typed and with their metadata made, straight from psycopg;
* import: ``manage.py import_memberships`` in a process of its own, its peak memory taken too.

Then the same file again, which changes nothing; and one in which every second row differs. Then
these memberships become a list, against a bare COPY of their places in it: named by external id,
by e-mail, by either, and by phone as people write it; and the same list again, as a replacement.
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
from collections.abc import Callable
from pathlib import Path

from benchmarks.database import scratch_database

SLUG = "benchmark"
FACTS = (
    "space_number, external_id, email, phone, full_name, birthday, total_orders,"
    " total_order_value, last_order_at, created_at, metadata"
)
PLACES = "space_number, segment_number, membership_number, created_at"
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

    Space.objects.create(slug=SLUG, name="Benchmark", time_zone="Europe/Amsterdam", country="US")
    file, changed, typed = (directory / name for name in ("file.csv", "changed.csv", "typed.csv"))
    write_file(file, rows, changed=False)
    write_file(changed, rows, changed=True)
    run_import(file)
    write_typed(typed)
    print_settings()

    memberships(file, changed, typed, rows, rounds)
    run_import(file)
    lists(directory, file, rows, rounds)


def memberships(file: Path, changed: Path, typed: Path, rows: int, rounds: int) -> None:
    bare, whole, memory = [], [], []
    for _ in range(rounds):
        clear()
        bare.append(copy(typed, "segments_membership", FACTS))
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


def lists(directory: Path, file: Path, rows: int, rounds: int) -> None:
    from segments.models import Segment, Space

    space = Space.objects.get(slug=SLUG)
    segment = Segment.objects.create(space=space, short_code="list", name="List")
    places = directory / "places.csv"
    write_places(places, segment.pk)
    named = {
        "by external id": write_list(directory, file, "external_id"),
        "by e-mail": write_list(directory, file, "email"),
        "by external id or e-mail": write_list(directory, file, "external_id", "email"),
        "by phone": write_list(directory, file, "phone"),
    }
    bare = []
    for _ in range(rounds):
        clear("segments_segmentmembership")
        bare.append(copy(places, "segments_segmentmembership", PLACES))
    print(f"\nA list of {rows:,} members, medians of {rounds}")
    print(f"bare COPY                 {rows / statistics.median(bare):9,.0f} rows/s")
    for how, path in named.items():
        seconds, peaks = [], []
        for _ in range(rounds):
            clear("segments_segmentmembership")
            taken, peak = run_list(path, "add", segment.pk)
            seconds.append(taken)
            peaks.append(peak)
        rate = rows / statistics.median(seconds)
        of_bare = statistics.median(bare) / statistics.median(seconds)
        print(f"{how:25} {rate:9,.0f} rows/s   {of_bare:.2f} ×   {max(peaks):,.0f} MB", flush=True)
    again, _ = run_list(named["by external id"], "replace", segment.pk)
    print(f"again, replaced           {rows / again:9,.0f} rows/s")


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
                    f"+1201{number:07}",
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


def write_list(directory: Path, file: Path, *names: str) -> Path:
    """A file of these columns; each row has one of them, in turn; phones as people write them."""
    path = directory / f"{'-'.join(names)}.csv"
    with file.open(newline="") as given, path.open("w", newline="") as out:
        write = csv.writer(out, lineterminator="\n").writerow
        write(names)
        for place, row in enumerate(csv.DictReader(given)):
            row["phone"] = f"({row['phone'][2:5]}) {row['phone'][5:8]}-{row['phone'][8:]}"
            write(row[name] if place % len(names) == at else "" for at, name in enumerate(names))
    return path


def write_places(path: Path, segment: int) -> None:
    from django.db import connection

    query = f"SELECT space_number, {segment}, number, created_at FROM segments_membership"
    with (
        path.open("wb") as file,
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query} ORDER BY number) TO STDOUT (FORMAT csv)") as rows,
    ):
        for some in rows:
            file.write(some)


def clear(table: str = "segments_membership") -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")
        cursor.execute("CHECKPOINT")


def copy(path: Path, table: str, columns: str) -> float:
    """How many seconds it takes."""
    from django.db import connection, transaction

    start = time.perf_counter()
    with (
        transaction.atomic(),
        path.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)") as rows,
    ):
        while some := file.read(256 * 1024):
            rows.write(some)
    return time.perf_counter() - start


def run_import(path: Path) -> tuple[float, float]:
    """How many seconds it takes, and how many MB at most."""
    from django.core.management import call_command

    with Path(os.devnull).open("w") as nowhere:
        return run_apart(
            lambda: call_command("import_memberships", str(path), space=SLUG, stdout=nowhere)
        )


def run_list(path: Path, mode: str, segment: int) -> tuple[float, float]:
    """How many seconds it takes, and how many MB at most."""
    from django.utils import timezone

    from segments.imports.lists import ListMode, import_list
    from segments.models import Segment

    def run() -> object:
        found = Segment.objects.select_related("space").get(pk=segment)
        with path.open("rb") as file:
            return import_list(
                space=found.space,
                segment=found,
                file=file,
                mode=ListMode(mode),
                now=timezone.now(),
            )

    return run_apart(run)


def run_apart(work: Callable[[], object]) -> tuple[float, float]:
    """Do it in a process of its own. How many seconds it takes, and how many MB at most."""
    from django.db import connection

    connection.close()
    start = time.perf_counter()
    child = os.fork()
    if not child:
        failed = 1
        try:
            work()
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
