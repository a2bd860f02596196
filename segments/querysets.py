"""The words of the segments app, as queries. Each is a ``…_q`` (a condition) and a method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from segments.models import Membership, Segment, SegmentMembership, Space  # noqa: F401


class SpaceQuerySet(models.QuerySet["Space"]):
    def for_staff_q(self, user: AbstractBaseUser | AnonymousUser) -> Q:
        if getattr(user, "is_superuser", False):
            return Q()
        return Q(pk__in=user.spaces.all()) if user.pk else Q(pk__in=[])  # type: ignore[union-attr]

    def for_staff(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """The spaces that a user of the admin may see: the ones given, or all to a superuser."""
        return self.filter(self.for_staff_q(user))


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_segment_q(self, segment: Segment) -> Q:
        return Q(segment_memberships__segment=segment)

    def in_segment(self, segment: Segment) -> Self:
        """Those with a place in the segment."""
        return self.filter(self.in_segment_q(segment))

    def found_by_q(self, words: str) -> Q:
        words = words.strip()
        if "@" in words:
            return Q(email__iexact=words)
        by_id = Q(external_id__startswith=words)
        has_digit = any(map(str.isdigit, words))
        return by_id if has_digit else by_id | Q(full_name__icontains=words)

    def found_by(self, words: str) -> Self:
        """Those whom somebody means by words typed into a search box: a whole e-mail address, the
        beginning of an external id, or, in words without a digit, a part of a name.

        An index answers for external ids; for the others every membership of the space is read
        (0.2 s for a million). A trigram index on the name would answer in 1 ms, and cost an import
        two and a half times as long.
        """
        return self.filter(self.found_by_q(words))


class SegmentQuerySet(models.QuerySet["Segment"]):
    def found_by_q(self, words: str) -> Q:
        words = words.strip()
        return Q(name__icontains=words) | Q(short_code__icontains=words)

    def found_by(self, words: str) -> Self:
        """Those that somebody means by words typed into a search box: a part of a name or code."""
        return self.filter(self.found_by_q(words))

    def with_size(self) -> Self:
        """Each with ``size``: how many memberships it lists now."""
        return self.annotate(size=models.Count("segment_memberships"))


class SegmentMembershipQuerySet(models.QuerySet["SegmentMembership"]):
    pass
