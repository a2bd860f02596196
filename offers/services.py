"""Changes to offers that are more than their own fields, which ``segments.services`` saves."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.db import transaction

from audiences.models import Audience
from offers.models import Offer, OfferAudience
from segments.services import save_row

_LONGEST_NAME = 255


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


def copied_name(offer: Offer) -> str:
    return f"Copy of {offer.name}"[:_LONGEST_NAME]


@transaction.atomic
def duplicate(
    *,
    offer: Offer,
    name: str = "",
    publish_at: datetime.datetime | None = None,
    expire_at: datetime.datetime | None = None,
) -> Offer:
    """Make another offer like it, for the same audiences: “Copy of …”, unless a name is given.

    It has the dates given, not those of the first; without any it begins discontinued, so that
    nobody sees it before somebody has looked at it. The external id stays with the first.

    :raises ValidationError: naming each field at fault; nothing is made then.
    """
    copy = Offer(space=offer.space)
    for field in ("category", "description", "custom_data"):
        setattr(copy, field, getattr(offer, field))
    save_row(
        copy,
        name=name or copied_name(offer),
        publish_at=publish_at,
        expire_at=expire_at,
        discontinued=publish_at is None and expire_at is None,
    )
    aim(offer=copy, audiences=offer.audiences.all())
    return copy


@transaction.atomic
def withdraw(*, offers: Iterable[Offer]) -> list[Offer]:
    """Discontinue the offers: hide them from everybody, whatever their dates. Given back are those
    that weren't yet."""
    return [save_row(offer, discontinued=True) for offer in offers if not offer.discontinued]


@transaction.atomic
def put_back(*, offers: Iterable[Offer]) -> list[Offer]:
    """Let the offers be shown again at their dates. Given back are those that were discontinued."""
    return [save_row(offer, discontinued=False) for offer in offers if offer.discontinued]
