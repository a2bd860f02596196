"""Changes to what an offer is aimed at. (Its own fields are saved by ``segments.services``.)"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from audiences.models import Audience
from offers.models import Offer, OfferAudience


@transaction.atomic
def aim(*, offer: Offer, audiences: Iterable[Audience]) -> None:
    """Add audiences to those that a member must be in to see the offer."""
    OfferAudience.objects.bulk_create(
        [
            OfferAudience(space_id=offer.space_id, offer=offer, audience=audience)
            for audience in audiences
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def let_go(*, offer: Offer, audiences: Iterable[Audience]) -> None:
    """Take audiences off the offer: more members may see it then."""
    OfferAudience.objects.filter(offer=offer, audience__in=list(audiences)).delete()


@transaction.atomic
def aim_only(*, offer: Offer, audiences: Iterable[Audience]) -> None:
    """Make these, and no others, the audiences of the offer."""
    kept = list(audiences)
    OfferAudience.objects.filter(offer=offer).exclude(audience__in=kept).delete()
    aim(offer=offer, audiences=kept)
