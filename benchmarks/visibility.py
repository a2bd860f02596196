"""Visibility of many live offers for one membership, against one bare round trip for its row.

    python -m benchmarks.visibility [--offers 1000 10000]

Every offer is live and has two audiences of its own: an age, or a rule of three conditions (orders,
order value, country, last order, with constants of their own); and segments (all or any of two to
four out of a hundred). A membership is in twenty. Timed for memberships chosen at random, the call
in turn with the round trip, and with more offers in turn with the fewest:

* round trip: the membership's row by its id, straight from psycopg;
* domain call: ``offers.visibility.membership_offers``, the database included, and its reasons read;
* HTTP request: ``GET /api/membership-offers``, a hundred of its offers on the page, through all of
  Django (token, query, visibility, document) but for the network.
"""

from __future__ import annotations

import argparse
import datetime
import random
import statistics
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from benchmarks.database import scratch_database
from benchmarks.measure import in_turn, machine

_MEMBERS = 200
_COUNTRIES = ("US", "NL", "DE", "FR", "GB", "BE", "AT", "ES", "IT", "PL")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--offers", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=400)
    options = parser.parse_args()
    with scratch_database():
        measure(options.offers, options.rounds)


def measure(sizes: list[int], rounds: int) -> None:
    from django.db import connection
    from django.utils import timezone

    from offers.visibility import membership_offers

    spaces = [_fill(offers) for offers in sizes]
    now = timezone.now()

    def round_trip(place: int) -> None:
        space, members = spaces[0]
        connection.connection.execute(
            "SELECT * FROM segments_membership WHERE space_number = %s AND id = %s",
            [space.pk, members[place]],
        ).fetchone()

    def domain_call(space: Any, members: list[Any]) -> Callable[[int], int]:
        def call(place: int) -> int:
            answers = membership_offers(space=space, membership=members[place], at=now)
            return sum(len(answer.visible_reasons) for answer in answers)

        return call

    request = _request(*spaces[0])
    calls = [domain_call(*made) for made in spaces]
    for call in calls:
        for place in range(_MEMBERS):  # compile, and let every answer be made once
            call(place)
    places = random.choices(range(_MEMBERS), k=rounds)
    bare, first = map(statistics.median, in_turn([round_trip, calls[0]], places))
    print(machine())
    print(f"members {_MEMBERS}, rounds {rounds}, medians")
    print(f"round trip       {bare * 1e6:8.0f} µs")
    print(f"{sizes[0]:6} offers    {first * 1e6:8.0f} µs   {first / bare:.2f} × the round trip")
    bare, whole = map(statistics.median, in_turn([round_trip, request], places[:50]))
    print(f"  HTTP request   {whole * 1e6:8.0f} µs   {whole / bare:.0f} × the round trip")
    for offers, call in zip(sizes[1:], calls[1:], strict=True):
        less, more = map(statistics.median, in_turn([calls[0], call], places))
        print(f"{offers:6} offers    {more * 1e6:8.0f} µs   {more / less:.2f} × {sizes[0]} offers")


def _request(space: Any, members: list[Any]) -> Callable[[int], None]:
    from django.test import Client
    from django.utils import timezone

    from audience_platform.services import make_key

    token = make_key(name="benchmark", spaces=[space], at=timezone.now()).token
    client = Client(headers={"authorization": f"Bearer {token}"}, SERVER_NAME="localhost")

    def request(place: int) -> None:
        query = {"filter[membership]": str(members[place]), "page[size]": "100"}
        response = client.get("/api/membership-offers", query, secure=True)
        assert response.status_code == 200, response.content

    return request


def _fill(offers: int) -> tuple[Any, list[Any]]:
    from django.utils import timezone

    from audiences.models import Audience
    from offers.models import Offer, OfferAudience
    from segments.models import Membership, Segment, Space
    from segments.services import add_members

    draw = random.Random(2017)
    space = Space.objects.create(slug=f"benchmark-{offers}", name="Benchmark")
    segments = [
        Segment.objects.create(space=space, short_code=f"s-{place}", name=f"Segment {place}")
        for place in range(100)
    ]
    today = timezone.now().date()
    members = [
        Membership.objects.create(
            space=space,
            external_id=f"member-{place}",
            birthday=today.replace(year=today.year - draw.randint(15, 80), month=1, day=1),
            total_orders=draw.randint(0, 100),
            total_order_value=Decimal(draw.randint(0, 500_000)) / 100,
            last_order_at=timezone.now() - datetime.timedelta(days=draw.randint(0, 700)),
            metadata={"country": draw.choice(_COUNTRIES)},
        )
        for place in range(_MEMBERS)
    ]
    for segment in segments:
        add_members(segment=segment, memberships=[one.pk for one in draw.sample(members, 20)])
    made = Offer.objects.bulk_create(
        Offer(space=space, name=f"Offer {place}") for place in range(offers)
    )
    links = []
    for offer in made:
        chosen = draw.sample(segments, draw.randint(2, 4))
        for audience_type, configuration in (
            _of_facts(draw),
            (
                draw.choice(["in_all_segments", "in_any_segment"]),
                {"segments": [str(segment.id) for segment in chosen]},
            ),
        ):
            audience = Audience(
                space=space, audience_type=audience_type, configuration=configuration
            )
            links.append(OfferAudience(space=space, offer=offer, audience=audience))
    Audience.objects.bulk_create(link.audience for link in links)
    OfferAudience.objects.bulk_create(links)
    return space, [one.id for one in members]


def _of_facts(draw: random.Random) -> tuple[str, dict[str, Any]]:
    if draw.random() < 0.5:
        youngest = draw.randint(0, 60)
        oldest = youngest + draw.randint(5, 60)
        return "age_within", {"minimum_age": youngest, "maximum_age": oldest}
    days = {"amount": draw.randint(1, 700), "unit": "day"}
    conditions = [
        ("total_orders", "greater_or_equal", draw.randint(1, 60)),
        ("total_order_value", "between", [draw.randint(0, 2000), draw.randint(2001, 5000)]),
        ("metadata.country", "in", draw.sample(_COUNTRIES, 3)),
        ("last_order_at", "within_last", days),
    ]
    parts = [
        dict(zip(("field", "operator", "value"), condition, strict=True))
        for condition in draw.sample(conditions, 3)
    ]
    return "rules", {"rule": {draw.choice(["all", "any"]): parts}}


if __name__ == "__main__":
    main()
