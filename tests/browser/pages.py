"""Every page of the admin, with the sample: what is looked at, and of what pictures are made.

A new page is one more line: its name, and what makes its address after ``/admin/``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Model

from audience_platform.models import ApiKey, AuditEvent
from audiences.models import Audience, AudienceGroup, Source
from offers.models import Offer
from segments.models import Import, Membership, Segment, Space

Address = Callable[[], str]


def at(path: str) -> Address:
    return lambda: path


def of(model: type[Model], page: str = "change/", **which: Any) -> Address:
    """A page of the first row of those."""

    def address() -> str:
        row = model._default_manager.filter(**which).order_by("pk")[:1].get()
        return f"{model._meta.app_label}/{model._meta.model_name}/{row.pk}/{page}"

    return address


def compared() -> str:
    names = ["Aged 30 to 50", "Gold, or wine drinkers", "Keen regulars without children"]
    rows = Audience.objects.filter(name__in=names).order_by("pk")
    return "audiences/audience/compare/?" + urlencode({"audiences": [row.pk for row in rows]}, True)


def seen_by_a_member() -> str:
    member = Membership.objects.get(**MEMBERSHIP)
    return of(Offer, f"change/?member={member.pk}", **OFFER)()


def why_in_an_audience() -> str:
    audience = Audience.objects.get(**AUDIENCE)
    return of(Membership, f"why/?audience={audience.pk}", **MEMBERSHIP)()


OFFER, AUDIENCE = {"name": "Wine club case price"}, {"name": "Keen regulars without children"}
SEGMENT, MEMBERSHIP = {"short_code": "gold-tier"}, {"external_id": "household-1"}

PAGES: dict[str, Address] = {
    "home": at(""),
    "offers": at("offers/offer/"),
    "offer": of(Offer, **OFFER),
    "offer-as-member": seen_by_a_member,
    "offer-duplicate": of(Offer, "duplicate/", **OFFER),
    "calendar": at("offers/offer/calendar/"),
    "calendar-quarter": at("offers/offer/calendar/?zoom=quarter"),
    "calendar-year": at("offers/offer/calendar/?zoom=year"),
    "offer-add": at("offers/offer/add/"),
    "offer-delete": of(Offer, "delete/", **OFFER),
    "offer-history": of(Offer, "history/", **OFFER),
    "audiences": at("audiences/audience/"),
    "audience-add": at("audiences/audience/add/"),
    "audience-add-ages": at("audiences/audience/add/?type=age_within"),
    "audience-add-rules": at("audiences/audience/add/?type=rules"),
    "audience-add-pql": at("audiences/audience/add/?type=pql"),
    "audience-add-static": at("audiences/audience/add/?type=static"),
    "audience-add-external": at("audiences/audience/add/?type=external"),
    "audience-ages": of(Audience, name="Aged 30 to 50"),
    "audience-any": of(Audience, name="Gold, or wine drinkers"),
    "audience-all": of(Audience, name="Gold wine drinkers"),
    "audience-rules": of(Audience, **AUDIENCE),
    "audience-rules-of-another": of(Audience, name="Regulars who aren’t gold"),
    "audience-pql": of(Audience, audience_type="pql"),
    "audience-query": of(Audience, audience_type="definition_query"),
    "audience-static": of(Audience, audience_type="static"),
    "audience-static-add": of(Audience, "add-members/", audience_type="static"),
    "audience-external": of(Audience, audience_type="external"),
    "audience-synced": of(Audience, audience_type="synced"),
    "audience-tier": of(Audience, audience_type="tier", name="Gold"),
    "audience-by-month": of(Audience, "change/?period=year", **AUDIENCE),
    "audience-by-hand": of(Audience, "by-hand/included/", **AUDIENCE),
    "compare": compared,
    "compare-none": at("audiences/audience/compare/"),
    "audience-in-use": of(Audience, "delete/", offers__name=OFFER["name"]),
    "audience-delete": of(Audience, "delete/", name="Big spenders"),
    "audience-history": of(Audience, "history/", name="Aged 30 to 50"),
    "groups": at("audiences/audiencegroup/"),
    "group-add": at("audiences/audiencegroup/add/"),
    "group-add-plain": at("audiences/audiencegroup/add/?kind=plain"),
    "group-add-tiers": at("audiences/audiencegroup/add/?kind=tiers"),
    "quintiles": at("audiences/audiencegroup/add/?kind=rfm"),
    "group": of(AudienceGroup, name="Ages"),
    "tiers": of(AudienceGroup, name="Loyalty"),
    "quintiles-of-one": of(AudienceGroup, name="Frequency"),
    "group-delete": of(AudienceGroup, "delete/", name="Ages"),
    "segments": at("segments/segment/"),
    "segment": of(Segment, **SEGMENT),
    "segment-add": at("segments/segment/add/"),
    "segment-add-members": of(Segment, "add-members/", **SEGMENT),
    "memberships": at("segments/membership/"),
    "membership": of(Membership, **MEMBERSHIP),
    "membership-then": of(Membership, "change/?at=2046-06-01T12:00", **MEMBERSHIP),
    "membership-audiences": of(Membership, "audiences/", **MEMBERSHIP),
    "membership-why": why_in_an_audience,
    "membership-offers": of(Membership, "offers/", **MEMBERSHIP),
    "membership-what-if": of(Membership, "what-if/", **MEMBERSHIP),
    "membership-add": at("segments/membership/add/"),
    "imports": at("segments/import/"),
    "import-add": at("segments/import/add/"),
    "import-columns": of(Import, state="uploaded"),
    "import-counted": of(Import, state="counted"),
    "import-succeeded": of(Import, state="succeeded"),
    "import-failed": of(Import, state="failed"),
    "sources": at("audiences/source/"),
    "source-add": at("audiences/source/add/"),
    "source-add-klaviyo": at("audiences/source/add/?vendor=klaviyo"),
    "source-add-csv": at("audiences/source/add/?vendor=csv_url"),
    "source": of(Source),
    "source-lists": of(Source, "lists/"),
    "api-keys": at("audience_platform/apikey/"),
    "api-key": of(ApiKey),
    "api-key-add": at("audience_platform/apikey/add/"),
    "audit-trail": at("audience_platform/auditevent/"),
    "audit-event": of(AuditEvent, object_type="audiences"),
    "audit-undo": of(AuditEvent, "undo/", object_type="audiences", action="changed"),
    "spaces": at("segments/space/"),
    "space": of(Space),
    "space-add": at("segments/space/add/"),
    "users": at("auth/user/"),
    "user": of(User),
    "user-add": at("auth/user/add/"),
    "user-password": of(User, "password/"),
}
