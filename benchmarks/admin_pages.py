"""The admin's pages at a million members and a thousand audiences.

    python -m benchmarks.admin_pages [--memberships 1000000] [--audiences 1000] [--offers 300]

Each page is asked for as a browser would, by a superuser, from the WSGI call to the last byte; the
parts that a page fetches once it is there are pages of their own here. Told are the median of the
rounds, the number of queries, and how many times that of the list of spaces, which has one row, it
is: the least that a page of the admin costs.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from typing import Any

from benchmarks.database import scratch_database
from benchmarks.measure import machine
from benchmarks.population import Pool, change, fill

CONDITIONS = 400
ROUNDS = 7
LEAST = "spaces"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--memberships", type=int, default=1_000_000)
    parser.add_argument("--audiences", type=int, default=1_000)
    parser.add_argument("--offers", type=int, default=300)
    options = parser.parse_args()
    with scratch_database():
        space = fill(options.memberships)
        _define(space, options.audiences, options.offers)
        measure(space)
        print(machine())


def _define(space: Any, audiences: int, offers: int) -> None:
    """Audiences worked out several times, offers aimed at up to three of them, and tiers."""
    from django.utils import timezone

    from audiences.services import define_audience, refresh_space
    from audiences.services.tiers import make_tiers
    from offers.models import Offer
    from offers.services import aim
    from segments.search import read_texts

    made = [
        define_audience(
            space=space,
            audience_type="rules",
            configuration={"rule": rule.document},
            name=f"Audience {place}" if place % 2 else "",
        )
        for place, rule in enumerate(Pool(space, seed=5).rules(audiences, CONDITIONS))
    ]
    draw = random.Random(1)
    for place in range(offers):
        offer = Offer.objects.create(space=space, name=f"Offer {place}")
        aim(offer=offer, audiences=draw.sample(made, place % 4))
    bounds = [("Bronze", 0, 10), ("Silver", 10, 25), ("Gold", 25, None)]
    tiers = [{"name": name, "start": start, "end": end} for name, start, end in bounds]
    make_tiers(space=space, name="Loyalty", attribute="total_orders", tiers=tiers)
    refresh_space(space=space, now=timezone.now())
    for turn in range(5):
        change(3_000, turn)
        refresh_space(space=space, now=timezone.now())
    read_texts(space=space)


def measure(space: Any) -> None:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.SECURE_SSL_REDIRECT = False
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(User.objects.create_superuser("benchmark"))
    told: dict[str, tuple[float, int]] = {}
    for name, path in _pages(space).items():
        times = []
        for _ in range(ROUNDS + 1):
            start = time.perf_counter()
            answer = client.get(f"/admin/{path}")
            answer.getvalue()
            times.append(time.perf_counter() - start)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answers {answer.status_code}")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/admin/{path}").getvalue()
        told[name] = statistics.median(times[1:]), len(queries)  # the first one warms up
    least = told[LEAST][0]
    for name, (median, count) in told.items():
        print(f"{name:36} {median * 1e3:8.0f} ms {median / least:6.1f} × {count:4} queries")


def _pages(space: Any) -> dict[str, str]:
    """Paths after /admin/, by what they show."""
    from audiences.models import Audience, AudienceGroup
    from offers.models import Offer
    from segments.models import Membership, Segment

    audiences = Audience.objects.filter(space=space)
    largest = audiences.order_by("-status__size").first()
    compared = "&".join(f"audiences={one.pk}" for one in audiences.order_by("pk")[:5])
    membership = f"segments/membership/{Membership.objects.order_by('pk')[500:501].get().pk}"
    offer = f"offers/offer/{Offer.objects.filter(audiences__isnull=False).latest('pk').pk}"
    audience = f"audiences/audience/{largest.pk}" if largest else ""
    return {
        LEAST: "segments/space/",
        "home": "",
        "… growth (after the page)": "home/growth/",
        "offers": "offers/offer/",
        "offer": f"{offer}/change/",
        "… who may see it (after the page)": f"{offer}/viewers/",
        "calendar": "offers/offer/calendar/",
        "audiences": "audiences/audience/",
        "audience of most members": f"{audience}/change/",
        "… its members searched for a name": f"{audience}/change/?q=nguyen",
        "rule builder": "audiences/audience/add/?type=rules",
        "compare five": f"audiences/audience/compare/?{compared}",
        "tiers": f"audiences/audiencegroup/{AudienceGroup.objects.get().pk}/change/",
        "segments": "segments/segment/",
        "segment": f"segments/segment/{Segment.objects.order_by('pk')[:1].get().pk}/change/",
        "memberships": "segments/membership/",
        "… searched for a name": "segments/membership/?q=nguyen",
        "membership": f"{membership}/change/",
        "… audiences (after the page)": f"{membership}/audiences/",
        "… offers (after the page)": f"{membership}/offers/",
        "… what if": f"{membership}/what-if/",
        "audit trail": "audience_platform/auditevent/",
    }


if __name__ == "__main__":
    main()
