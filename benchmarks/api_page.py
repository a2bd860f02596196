"""A page of 100 memberships by the API, against the same page straight from psycopg.

    python -m benchmarks.api_page [--memberships 100000]

Timed in turn, for pages at random depths of the space:

* rows: the page's columns, by number after a given one, straight from psycopg, as dictionaries;
* rows as JSON: the same, and written as one JSON text;
* request: ``GET /api/memberships?page[cursor]=…&page[size]=100``, the whole of it from the WSGI
  call to the last byte: middleware, token, routing, query, document;
* with segments: the same with ``include=segments``, two for each membership;
* first page: ``GET /api/memberships?page[size]=100``, which counts the space's memberships.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.database import scratch_database
from benchmarks.request import asker

SIZE = 100
COLUMNS = (
    "id, external_id, email, phone, full_name, birthday, total_orders, total_order_value, "
    "last_order_at, metadata, created_at, updated_at"
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--memberships", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    with scratch_database():
        measure(options.memberships, options.rounds)


def measure(memberships: int, rounds: int) -> None:
    import orjson
    from django.db import connection
    from psycopg.rows import dict_row

    space = _fill(memberships)
    get = asker(space, "/api/memberships")
    first, last = _ends(space)
    cursors = _cursors(get)

    def rows(number: int) -> list[dict[str, Any]]:
        with connection.connection.cursor(row_factory=dict_row) as cursor:
            found: list[dict[str, Any]] = cursor.execute(
                f"SELECT {COLUMNS} FROM segments_membership WHERE space_number = %s AND number > %s"
                " ORDER BY number LIMIT %s",
                [space.pk, number, SIZE],
            ).fetchall()
        return found

    timed: dict[str, Callable[[int], object]] = {
        "rows": rows,
        "rows as JSON": lambda number: orjson.dumps(rows(number), default=str),
        "request": lambda number: get(f"page[cursor]={cursors(number)}&page[size]={SIZE}"),
        "with segments": lambda number: get(
            f"page[cursor]={cursors(number)}&page[size]={SIZE}&include=segments"
        ),
        "first page": lambda _: get(f"page[size]={SIZE}"),
    }
    times: dict[str, list[float]] = {name: [] for name in timed}
    for round in range(rounds + 5):
        number = random.randint(first, max(first, last - SIZE))
        for name, run in timed.items():
            start = time.perf_counter()
            run(number)
            if round >= 5:  # the first ones warm up
                times[name].append(time.perf_counter() - start)
    base = statistics.median(times["rows"])
    print(f"A page of {SIZE} of {memberships:,} memberships, medians of {rounds}:")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"  {name:14} {median * 1e3:8.2f} ms   {median / base:6.1f} × rows")


def _ends(space: Any) -> tuple[int, int]:
    from segments.models import Membership

    numbers = Membership.objects.filter(space=space).order_by("number").values_list("pk", flat=True)
    return numbers[0], numbers.reverse()[0]


def _cursors(get: Callable[[str], bytes]) -> Callable[[int], str]:
    """Makes the cursor to the page after any number, from one that the API gave."""
    next = json.loads(get(f"page[size]={SIZE}"))["links"]["next"]
    given = parse_qs(urlsplit(next).query)["page[cursor]"][0]
    direction, _, *rest = urlsafe_b64decode(given).decode().split(".")

    def cursor(number: int) -> str:
        return urlsafe_b64encode(".".join([direction, str(number), *rest]).encode()).decode()

    return cursor


def _fill(memberships: int) -> Any:
    """A space of that many memberships, each in two of a hundred segments."""
    from django.db import connection

    from segments.models import Space

    space = Space.objects.create(slug="bench", name="Benchmark")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO segments_membership (space_number, external_id, email, full_name, birthday,
                total_orders, total_order_value, last_order_at, metadata, updated_at)
            SELECT %s, 'member-' || i, 'member' || i || '@example.org', 'Member ' || i,
                date '1950-01-01' + i %% 20000, i %% 50, i %% 900, now() - i * interval '1 minute',
                jsonb_build_object('city', 'Delft', 'tier', i %% 5), now()
            FROM generate_series(1, %s) AS i
            """,
            [space.pk, memberships],
        )
        cursor.execute(
            """
            INSERT INTO segments_segment
                (id, space_number, short_code, name, description, created_at, updated_at)
            SELECT gen_random_uuid(), %s, 's-' || i, 'Segment ' || i, '', now(), now()
            FROM generate_series(0, 99) AS i
            """,
            [space.pk],
        )
        cursor.execute(
            """
            INSERT INTO segments_segmentmembership
                (space_number, segment_number, membership_number, created_at)
            SELECT m.space_number, s.number, m.number, now()
            FROM segments_membership m JOIN segments_segment s USING (space_number)
            WHERE s.short_code IN ('s-' || (m.number % 100), 's-' || ((m.number + 7) % 100))
            """
        )
    connection.connection.execute("VACUUM ANALYZE")
    return space


if __name__ == "__main__":
    main()
