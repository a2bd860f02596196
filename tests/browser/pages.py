"""Every page of the admin, with the sample: what is looked at, and of what pictures are made.

A new page is one more line: its name, and what makes its address after ``/admin/``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


OFFER, AUDIENCE = {"name": "Wine club case price"}, {"name": "Keen regulars without children"}
SEGMENT, MEMBERSHIP = {"short_code": "gold-tier"}, {"external_id": "household-1"}

PAGES: dict[str, Address] = {
    "home": at(""),
    "offers": at("offers/offer/"),
    "offer": of(Offer, **OFFER),
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
    "membership-add": at("segments/membership/add/"),
    "imports": at("segments/import/"),
    "import-add": at("segments/import/add/"),
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
    "spaces": at("segments/space/"),
    "space": of(Space),
    "space-add": at("segments/space/add/"),
    "users": at("auth/user/"),
    "user": of(User),
    "user-add": at("auth/user/add/"),
    "user-password": of(User, "password/"),
}
