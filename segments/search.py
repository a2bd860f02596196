"""Search for memberships by a part of their external id, e-mail address, phone or name.

Texts are kept beside the memberships, indexed by three letters in a row, and read by a worker after
the change: an import or update writes nothing for them. A search is right at once all the same.
One statement, and so one moment, reads the texts that match, which memberships have changed since
theirs was read, and those of them that match as they are now, in whose favour it decides. After a
large import, until the worker has come through, memberships alone are asked.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection, transaction
from pyroaring import BitMap

from segments.models import Space
from segments.numbers import as_set, received

_LOCK = 0x74657874  # “text”: of PostgreSQL's advisory locks, those of who reads texts
_BETWEEN = "\x01"  # columns: no part of anybody's name
_TEXT = (
    "upper(concat_ws(E'\\x01', m.external_id COLLATE \"default\", m.email, m.phone, m.full_name))"
)
_FIND = f"""
WITH changed AS MATERIALIZED (
    SELECT DISTINCT unnest(membership_numbers) AS number FROM (
        SELECT membership_numbers FROM segments_changedmemberships WHERE space_number = %(space)s
        UNION ALL
        SELECT membership_numbers FROM segments_unreadtexts WHERE space_number = %(space)s
    ) AS noted
)
SELECT
    (SELECT string_agg(int4send(membership_number), '') FROM segments_membershiptext
        WHERE space_number = %(space)s AND text LIKE upper(%(pattern)s::text)),
    (SELECT string_agg(int4send(number), '') FROM changed),
    (SELECT string_agg(int4send(m.number), '') FROM changed JOIN segments_membership m
        USING (number) WHERE m.space_number = %(space)s AND {_TEXT} LIKE upper(%(pattern)s::text))
"""
_FIND_WITHOUT = f"""
SELECT string_agg(int4send(m.number), ''), NULL, NULL FROM segments_membership m
WHERE m.space_number = %(space)s AND {_TEXT} LIKE upper(%(pattern)s::text)
"""
_COUNT_CHANGED = """
SELECT coalesce(sum(cardinality(membership_numbers)), 0) FROM (
    SELECT membership_numbers FROM segments_changedmemberships WHERE space_number = %(space)s
    UNION ALL
    SELECT membership_numbers FROM segments_unreadtexts WHERE space_number = %(space)s
) AS noted
"""
FEW = 20_000  # memberships: more are not told the database one by one
_MANY = 50_000  # changed memberships: looking each up takes longer than looking through all
_AT_ONCE = 100_000  # memberships whose texts one transaction reads, about
_TAKE = """
DELETE FROM segments_unreadtexts WHERE number IN (
    SELECT number FROM (
        SELECT number, sum(cardinality(membership_numbers)) OVER (ORDER BY number) AS so_far,
            cardinality(membership_numbers) AS its_own
        FROM segments_unreadtexts WHERE space_number = %s
    ) AS summed WHERE so_far - its_own < %s
) RETURNING membership_numbers
"""
_READ = f"""
INSERT INTO segments_membershiptext AS known (space_number, membership_number, text)
SELECT m.space_number, m.number, {_TEXT} FROM segments_membership m
WHERE m.space_number = %(space)s AND m.number = ANY(%(numbers)s::int[])
ON CONFLICT (space_number, membership_number) DO UPDATE SET text = excluded.text
WHERE known.text <> excluded.text
"""
_FORGET = """
DELETE FROM segments_membershiptext t
WHERE space_number = %(space)s AND membership_number = ANY(%(numbers)s::int[])
    AND NOT EXISTS (SELECT FROM segments_membership m WHERE m.number = t.membership_number)
"""


def numbers_found(*, space: Space, words: str) -> BitMap:
    """The numbers of the space's memberships that have the words somewhere in their external id,
    e-mail address, phone or name, as they stand now; in capitals or not."""
    if _BETWEEN in words:
        return BitMap()
    asked = {"space": space.pk, "pattern": f"%{connection.ops.prep_for_like_query(words)}%"}
    connection.ensure_connection()
    # Django's own cursor takes values as text, twice as many bytes as they are
    with psycopg.Cursor(connection.connection) as cursor:
        (changes,) = cursor.execute(_COUNT_CHANGED, asked).fetchone() or (0,)
        cursor.execute(_FIND if changes < _MANY else _FIND_WITHOUT, asked, binary=True)
        known, changed, anew = (as_set(received(run)) for run in cursor.fetchone() or ())
    return (known - changed) | anew


def read_texts(*, space: Space) -> None:
    """Bring the texts up to date with the memberships that changed, some 100,000 a transaction."""
    while _read_some(space):
        pass


@transaction.atomic
def _read_some(space: Space) -> bool:
    """Whether there was anything to read."""
    with connection.cursor() as cursor:
        # one at a time: another could write down an older text than ours
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, space.pk])
        cursor.execute(_TAKE, [space.pk, _AT_ONCE])
        taken = BitMap().union(*(BitMap(numbers) for (numbers,) in cursor.fetchall()))
        if not taken:
            return False
        which: dict[str, Any] = {
            "space": space.pk,
            "numbers": "{" + ",".join(map(str, taken)) + "}",  # psycopg takes long over a list
        }
        cursor.execute(_READ, which)
        cursor.execute(_FORGET, which)
    return True
