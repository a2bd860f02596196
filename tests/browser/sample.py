"""The sample space of ``manage.py demo``, in use for a while: what every page is looked at with."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.base import ContentFile
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from audience_platform.audit.acting import acting, by_command
from audience_platform.demo.load import load
from audience_platform.demo.sample import Sample
from audience_platform.services import make_key
from audiences.models import Audience
from audiences.services import define_audience, redefine_audience, refresh_space
from audiences.services.groups import make_group
from audiences.services.own_list import list_of
from audiences.services.rfm import make_rfm
from audiences.services.sources import import_lists, make_source
from audiences.services.sync import sync_now
from audiences.services.tiers import make_tiers
from segments.imports.asking import make_import, start, take_file
from segments.imports.carrying_out import carry_out
from segments.models import Membership, Segment, Space
from segments.services import add_members
from tests.audiences.sources.stand_in import KEY, KlaviyoStandIn

_WEEKS = 8  # that its audiences have been there


@contextmanager
def sample_in_use() -> Iterator[Space]:
    """The space, with a server beside it that stands in for the source of its synced list."""
    klaviyo = KlaviyoStandIn()
    with (
        klaviyo.serving() as url,
        override_settings(KLAVIYO_URL=url, SOURCES_ALLOWED_HOSTS=["127.0.0.1"]),
        acting(lambda: by_command("demo")),
    ):
        now = timezone.now()
        space = load(Sample(now.date()), now=now)
        _define(space)
        _sync(space, klaviyo)
        _import(space, now)
        make_key(name="Web shop", spaces=[space], at=now)
        _live(space, now)
        yield space


def _define(space: Space) -> None:
    """An audience of each type, and groups of them."""

    def define(audience_type: str, name: str, **configuration: Any) -> Audience:
        return define_audience(
            space=space, audience_type=audience_type, name=name, configuration=configuration
        )

    gold = str(Segment.objects.get(space=space, short_code="gold-tier").id)
    wine = str(Segment.objects.get(space=space, short_code="wine-drinkers").id)
    families = {"field": "metadata.kids_count", "operator": "greater_or_equal", "value": 1}
    earning = {"field": "metadata.income", "operator": "in", "value": ["75-99K", "100-124K"]}
    define("age_within", "Aged 30 to 50", minimum_age=30, maximum_age=50)
    define("in_any_segment", "Gold, or wine drinkers", segments=[gold, wine])
    define("in_all_segments", "Gold wine drinkers", segments=[gold, wine])
    keen = {"field": "total_orders", "operator": "between", "value": [40, 400]}
    recent = {
        "field": "last_order_at",
        "operator": "within_last",
        "value": {"amount": 30, "unit": "day"},
    }
    rule = {
        "all": [
            keen,
            recent,
            {"any": [earning, {"in_segment": gold}]},
            {"not": {"any": [families]}},
        ]
    }
    rules = define("rules", "Keen regulars without children", rule=rule)
    define(
        "rules",
        "Regulars who aren’t gold",
        rule={"all": [{"in_audience": str(rules.id)}, {"not": {"in_segment": gold}}]},
    )
    spending = {"type": "PQL", "format": "pql/text", "value": "total_order_value > 2500"}
    define("pql", "Big spenders", expression=spending)
    define("definition_query", "Often here", query="trait('total_orders') > 100")
    guests = define("static", "Guests of the opening")
    partners = define("external", "Partners’ members")
    some = (
        Membership.objects.filter(space=space).order_by("number").values_list("number", flat=True)
    )
    add_members(segment=list_of(guests), memberships=list(some[:40]))
    add_members(segment=list_of(partners), memberships=list(some[20:300]))
    ages = [define("age_within", f"From {age}", minimum_age=age) for age in (65, 40, 18)]
    make_group(space=space, name="Ages", audiences=ages)
    tiers = [
        {"name": name, "start": begin, "end": end}
        for name, begin, end in (("Bronze", 0, 50), ("Silver", 50, 150), ("Gold", 150, None))
    ]
    make_tiers(space=space, name="Loyalty", attribute="total_orders", tiers=tiers)


def _sync(space: Space, klaviyo: KlaviyoStandIn) -> None:
    known = Membership.objects.filter(space=space).exclude(email=None).order_by("number")
    emails = known.values_list("email", flat=True)[:300]
    people = [{"id": f"01P{at:04}", "email": email} for at, email in enumerate(emails)]
    klaviyo.add_list("Y6nRLr", *people, name="Newsletter")
    klaviyo.add_list("X1spnd", name="Big spenders of this year", place="segments")
    source = make_source(space=space, vendor="klaviyo", name="Our shop", key=KEY)
    made = import_lists(source=source, ids=["Y6nRLr"], options={"interval": 21_600}).made
    sync_now(audience=made["Y6nRLr"])


def _import(space: Space, now: datetime.datetime) -> None:
    """One that is done, one that was refused for a row, one that was tried, and one just begun."""
    good = b"External ID;Total orders;Store\nhousehold-1;52;436\nhousehold-2;21;401\n"
    bad = good + b"household-3;many;401\n"
    for name, file, dry_run in (
        ("week 46.csv", good, False),
        ("week 47.csv", bad, False),
        ("week 47, mended.csv", bad, True),
        ("week 48.csv", good, None),
    ):
        made = make_import(space=space)
        take_file(made, ContentFile(file), name=name, at=now)
        if dry_run is not None:
            start(made, dry_run=dry_run, confirmed=False, at=now)
            carry_out(number=made.pk, now=now)


def _live(space: Space, now: datetime.datetime) -> None:
    """Weeks go by: members order and come in, a definition changes, and all is worked out anew."""
    members = list(Membership.objects.filter(space=space).order_by("number"))
    for week in range(_WEEKS):
        at = now - datetime.timedelta(weeks=_WEEKS - 1 - week)
        ordering = [member.pk for member in members[week::_WEEKS]]
        Membership.objects.filter(pk__in=ordering).update(
            total_orders=F("total_orders") + week, last_order_at=at
        )
        refresh_space(space=space, now=at)
    audience = Audience.objects.get(space=space, name="Aged 30 to 50")
    redefine_audience(audience, configuration={"minimum_age": 25, "maximum_age": 50})
    make_rfm(space=space, at=now)
    refresh_space(space=space, now=now)
