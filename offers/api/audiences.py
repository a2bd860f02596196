"""``audiences``, with the offers that are aimed at them.

``offer`` is the guide's own relationship, where an audience is a part of one offer: posting an
audience with it makes the audience and aims that offer at it. ``offers`` are all that use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import django_filters

from audiences.api import audiences as base
from audiences.models import Audience
from offers.models import Offer
from offers.services import aim, let_go
from segments.api.errors import Problem, Refused
from segments.api.relations import RelatedById
from segments.api.relationships import Meta as Told
from segments.api.relationships import Relationship, ToMany, ToOne


def _users_of(audience: Audience) -> list[Offer]:
    """The offers that are aimed at the audience, the first that was first: fetched ahead."""
    return [place.offer for place in audience.offer_audiences.all()]


def _first_user_of(audience: Audience) -> Offer | None:
    return next(iter(_users_of(audience)), None)


def _find_first_user_of(audience: Audience) -> Offer | None:
    place = audience.offer_audiences.select_related("offer").first()
    return place.offer if place else None


class AudienceSerializer(base.AudienceSerializer):
    included_serializers = {
        **base.INCLUDED,
        "offer": "offers.api.offers.OfferSerializer",
        "offers": "offers.api.offers.OfferSerializer",
    }

    offer = RelatedById(
        queryset=Offer.objects.all(),
        required=False,
        allow_null=True,
        via="offer_audiences__offer",
        related=_first_user_of,
    )
    offers = RelatedById(
        many=True,
        queryset=Offer.objects.all(),
        required=False,
        via="offer_audiences__offer",
        related=_users_of,
    )

    class Meta(base.AudienceSerializer.Meta):
        fields: ClassVar[list[str]] = [*base.AudienceSerializer.Meta.fields, "offer", "offers"]


class AudienceFilters(base.AudienceFilters):
    offer = django_filters.UUIDFilter(
        field_name="offers__id", help_text="Those that the offer of this id is aimed at."
    )


def _use(audience: Audience, offers: Iterable[Offer]) -> None:
    for offer in offers:
        aim(offer=offer, audiences=[audience])


def _use_only(audience: Audience, offers: Iterable[Offer]) -> None:
    kept = {offer.pk: offer for offer in offers}
    for offer in Offer.objects.aimed_at(audience).exclude(pk__in=kept):
        let_go(offer=offer, audiences=[audience])
    _use(audience, kept.values())


def _use_one(audience: Audience, offer: Offer | None) -> None:
    """Make this the one offer that the audience is for."""
    if Offer.objects.aimed_at(audience).count() > 1:
        detail = "Several offers use this audience. Change its relationship “offers” instead."
        raise Refused(409, Problem("several_offers", detail))
    _use_only(audience, [offer] if offer else [])


class OffersOfAnAudience(ToMany):
    def add(self, row: Audience, others: Sequence[Offer]) -> Told:
        _use(row, others)
        return {}

    def replace(self, row: Audience, others: Sequence[Offer]) -> Told:
        _use_only(row, others)
        return {}

    def remove(self, row: Audience, others: Sequence[Offer]) -> Told:
        for offer in others:
            let_go(offer=offer, audiences=[row])
        return {}


class AudienceViewSet(base.AudienceViewSet):
    __doc__ = base.AudienceViewSet.__doc__

    serializer_class = AudienceSerializer
    filterset_class = AudienceFilters
    relationships: ClassVar[Mapping[str, Relationship]] = {
        **base.AudienceViewSet.relationships,
        "offer": ToOne(
            "offers.api.offers.OfferViewSet",
            "offer",
            related=_find_first_user_of,
            assign=_use_one,
        ),
        "offers": OffersOfAnAudience("offers.api.offers.OfferViewSet", "offers"),
    }

    def make(self, id: UUID | None, values: dict[str, Any]) -> Audience:
        offer, offers = values.pop("offer", None), values.pop("offers", [])
        audience = super().make(id, values)
        _use(audience, [*([offer] if offer else []), *offers])
        return audience

    def change(self, row: Audience, values: dict[str, Any]) -> None:
        one, offer = "offer" in values, values.pop("offer", None)
        offers = values.pop("offers", None)
        super().change(row, values)
        if offers is not None:
            _use_only(row, offers)
        if one:
            _use_one(row, offer)
