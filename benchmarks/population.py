"""Memberships for benchmarks, and conditions on them: as a rule has them, and by hand in SQL."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from benchmarks.measure import execute

SEGMENTS = 50
_COUNTRIES = ("US", "NL", "DE", "FR", "GB", "BE", "AT", "ES", "IT", "PL")
_CITIES = ("Amsterdam", "Berlin", "Paris", "Gent", "Wien", "Madrid", "Roma", "London")
_DOMAINS = ("gmail.com", "example.com", "example.org", "mail.test", "example.net")
_FIRST = ("Sophia", "Emma", "Noah", "Liam", "Zoë", "Mia", "Lucas", "Anna", "Jan", "Eva")
_LAST = ("Nguyen", "Garcia", "Smith", "Jansen", "Müller", "Rossi", "Novak", "Silva", "Kim", "Berg")


class Said(NamedTuple):
    """A condition or a rule: as JSON, and as SQL over the columns of ``segments_membership m``."""

    document: dict[str, Any]
    sql: str


def fill(memberships: int) -> Any:
    """A space of so many memberships, each in about two of fifty segments."""
    from segments.models import Segment, Space

    space = Space.objects.create(slug="benchmark", name="Benchmark")
    Segment.objects.bulk_create(
        Segment(space=space, short_code=f"s-{place}", name=f"Segment {place}")
        for place in range(SEGMENTS)
    )
    add(space, 1, memberships)
    return space


def add(space: Any, first: int, last: int) -> None:
    """Memberships by their running number, four of five with a birthday. Triggers and foreign keys
    rest meanwhile, so the database's user must be a superuser."""
    from django.db import transaction

    from segments.models import Segment

    segments = list(Segment.objects.filter(space=space).values_list("pk", flat=True))
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        execute("SELECT setseed(0.5)")
        highest = execute("SELECT coalesce(max(number), 0) FROM segments_membership")
        execute(_MEMBERSHIPS, space.pk, *map(list, _LISTS), first, last)
        execute(_IN_SEGMENTS, space.pk, segments, highest)
    for table in ("segments_membership", "segments_segmentmembership"):
        execute(f"VACUUM (ANALYZE, FREEZE) {table}")
    execute("CHECKPOINT")


def change(memberships: int, turn: int) -> None:
    """Change so many memberships, spread over all: others at each turn."""
    every = max(execute("SELECT max(number) FROM segments_membership") // memberships, 1)
    execute(
        "UPDATE segments_membership SET total_orders = (total_orders + 7) %% 50,"
        " total_order_value = total_order_value * 0.9 WHERE number %% %s = %s",
        every,
        turn % every,
    )


_LISTS = (_DOMAINS, _FIRST, _LAST, _COUNTRIES, _CITIES)
_MEMBERSHIPS = """
WITH told AS (SELECT %s::int AS space, %s::text[] AS domains, %s::text[] AS firsts,
    %s::text[] AS lasts, %s::text[] AS countries, %s::text[] AS cities)
INSERT INTO segments_membership (space_number, external_id, email, phone, full_name, birthday,
    total_orders, total_order_value, last_order_at, created_at, metadata)
SELECT space, 'member-' || i,
    CASE WHEN i %% 10 < 9 THEN 'person.' || i || '@' || domains[1 + floor(random() * 5)::int] END,
    '+316' || (10000000 + i),
    firsts[1 + floor(random() * 10)::int] || ' ' || lasts[1 + floor(random() * 10)::int]
        || floor(random() * 1000)::int,
    CASE WHEN random() < 0.8 THEN current_date - (6600 + floor(random() * 25000)::int) END,
    floor(random() * random() * 100)::int, (random() * random() * 5000)::numeric(18, 2),
    CASE WHEN random() < 0.9 THEN now() - random() * interval '700 days' END,
    now() - random() * interval '2000 days',
    jsonb_build_object('country', countries[1 + floor(random() * 10)::int],
        'points', floor(random() * 10000)::int, 'opt_in', random() < 0.5,
        'address', jsonb_build_object('city', cities[1 + floor(random() * 8)::int]))
FROM told, generate_series(%s, %s) AS i
"""
_IN_SEGMENTS = f"""
INSERT INTO segments_segmentmembership (space_number, membership_number, segment_number)
SELECT m.space_number, m.number, s.number
FROM (SELECT %s::int AS space, %s::int[] AS numbers) AS told
JOIN segments_membership m ON m.space_number = told.space AND m.number > %s
CROSS JOIN LATERAL (SELECT DISTINCT told.numbers[1 + floor(random() * {SEGMENTS})::int] AS number
    FROM generate_series(1, 2) WHERE m.number > 0) AS s
"""


class Pool:
    """Draws conditions, the same ones for the same seed."""

    def __init__(self, space: Any, seed: int) -> None:
        from segments.models import Segment

        self._draw = random.Random(seed)
        self._segments = list(Segment.objects.filter(space=space).order_by("pk"))

    def rules(self, count: int, conditions: int) -> list[Said]:
        """So many rules of three conditions, out of so many distinct ones, each used at least once
        where there is room: all of three, any of three, or one and either of two."""
        distinct = self.conditions(conditions)
        found = []
        for place in range(count):
            parts = [distinct[(3 * place + step) % conditions] for step in range(3)]
            if 3 * place >= conditions:
                parts = self._draw.sample(distinct, 3)
            found.append(_combined(parts, self._draw.random()))
        return found

    def conditions(self, count: int) -> list[Said]:
        found: dict[str, Said] = {}
        while len(found) < count:
            said = self._draw.choice(_CONDITIONS)(self._draw, self._segments)
            found.setdefault(said.sql, said)
        return list(found.values())


def _combined(parts: list[Said], chance: float) -> Said:
    documents, (a, b, c) = [part.document for part in parts], [part.sql for part in parts]
    if chance < 0.4:
        return Said({"all": documents}, f"({a}) AND ({b}) AND ({c})")
    if chance < 0.6:
        return Said({"any": documents}, f"({a}) OR ({b}) OR ({c})")
    first, *others = documents
    return Said({"all": [first, {"any": others}]}, f"({a}) AND (({b}) OR ({c}))")


def _is(field: str, operator: str, value: Any, sql: str) -> Said:
    return Said({"field": field, "operator": operator, "value": value}, sql)


def _orders(draw: random.Random, _: Any) -> Said:
    low = draw.randint(1, 60)
    return _is("total_orders", "greater_or_equal", low, f"m.total_orders >= {low}")


def _value(draw: random.Random, _: Any) -> Said:
    low = draw.randint(1, 2000)
    high = low + draw.randint(100, 2500)
    sql = f"m.total_order_value BETWEEN {low} AND {high}"
    return _is("total_order_value", "between", [low, high], sql)


def _age(draw: random.Random, _: Any) -> Said:
    low = draw.randint(18, 60)
    high = low + draw.randint(5, 30)
    sql = (
        f"m.birthday <= (current_date - interval '{low} years')"
        f" AND m.birthday > (current_date - interval '{high + 1} years')"
    )
    return _is("age", "between", [low, high], sql)


def _month(draw: random.Random, _: Any) -> Said:
    month = draw.randint(1, 12)
    sql = f"extract(month FROM m.birthday) = {month}"
    return _is("birthday_month", "equals", month, sql)


def _lately(draw: random.Random, _: Any) -> Said:
    days = draw.randint(10, 600)
    sql = f"m.last_order_at >= current_date - {days} AND m.last_order_at < current_date + 1"
    return _is("last_order_at", "within_last", {"amount": days, "unit": "day"}, sql)


def _joined(draw: random.Random, _: Any) -> Said:
    day = f"{draw.randint(2022, 2025)}-{draw.randint(1, 12):02}-01"
    return _is("created_at", "before", day, f"m.created_at < '{day}'")


def _domain(draw: random.Random, _: Any) -> Said:
    domain = draw.choice(_DOMAINS)
    return _is("email", "ends_with", f"@{domain}", f"lower(m.email) LIKE '%@{domain}'")


def _name(draw: random.Random, _: Any) -> Said:
    name = draw.choice([name.lower() for name in (*_FIRST, *_LAST) if name.isascii()])
    part = name[: draw.randint(3, len(name))]
    return _is("full_name", "contains", part, f"lower(m.full_name) LIKE '%{part}%'")


def _country(draw: random.Random, _: Any) -> Said:
    chosen = draw.sample(_COUNTRIES, draw.randint(1, 4))
    among = ", ".join(f"'{one}'" for one in chosen)
    return _is("metadata.country", "in", chosen, f"m.metadata ->> 'country' IN ({among})")


def _city(draw: random.Random, _: Any) -> Said:
    city = draw.choice(_CITIES)
    sql = f"m.metadata #>> '{{address,city}}' IS DISTINCT FROM '{city}'"
    return _is("metadata.address.city", "not_equals", city, sql)


def _points(draw: random.Random, _: Any) -> Said:
    low = draw.randint(0, 9999)
    return _is("metadata.points", "greater", low, f"(m.metadata -> 'points')::int > {low}")


def _segment(draw: random.Random, segments: Any) -> Said:
    one = draw.choice(segments)
    sql = (
        "EXISTS (SELECT FROM segments_segmentmembership s"
        f" WHERE s.segment_number = {one.pk} AND s.membership_number = m.number)"
    )
    return Said({"in_segment": str(one.id)}, sql)


_CONDITIONS = (
    _orders,
    _value,
    _age,
    _month,
    _lately,
    _joined,
    _domain,
    _name,
    _country,
    _city,
    _points,
    _segment,
)
