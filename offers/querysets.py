"""The words of the offers app, as queries. Each is a ``…_q`` (a condition) and a method."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from audiences.models import Audience
    from offers.models import Offer  # noqa: F401


class OfferQuerySet(models.QuerySet["Offer"]):
    def live_q(self, at: datetime.datetime) -> Q:
        started = Q(publish_at__isnull=True) | Q(publish_at__lte=at)
        not_over = Q(expire_at__isnull=True) | Q(expire_at__gt=at)
        return Q(discontinued=False) & started & not_over

    def live(self, at: datetime.datetime) -> Self:
        """Those that are on show at a moment: not discontinued, published, not expired."""
        return self.filter(self.live_q(at))

    def during_q(self, begin: datetime.datetime, end: datetime.datetime) -> Q:
        started = Q(publish_at__isnull=True) | Q(publish_at__lt=end)
        not_over = Q(expire_at__isnull=True) | Q(expire_at__gt=begin)
        return started & not_over

    def during(self, begin: datetime.datetime, end: datetime.datetime) -> Self:
        """Those whose time, discontinued or not, has a part between two moments."""
        return self.filter(self.during_q(begin, end))

    def aimed_at_q(self, audience: Audience) -> Q:
        return Q(audiences=audience)

    def aimed_at(self, audience: Audience) -> Self:
        """Those that only members of the audience may see."""
        return self.filter(self.aimed_at_q(audience))

    def found_by_q(self, words: str) -> Q:
        words = words.strip()
        return Q(name__icontains=words) | Q(external_id__startswith=words)

    def found_by(self, words: str) -> Self:
        """Those that somebody means by words typed into a search box: a part of the name, or the
        beginning of the external id."""
        return self.filter(self.found_by_q(words))
