"""The words of the audiences app, as queries."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from audiences.types import registry

if TYPE_CHECKING:
    from audiences.models import Audience, AudienceGroup, Source  # noqa: F401
    from segments.models import Segment


class AudienceQuerySet(models.QuerySet["Audience"]):
    def refers_to_q(self, segment: Segment) -> Q:
        return Q(segments=segment)

    def refers_to(self, segment: Segment) -> Self:
        """Those whose rule asks for the segment."""
        return self.filter(self.refers_to_q(segment))

    def without_labels_q(self, labels: Collection[str]) -> Q:
        return ~Q(labels__overlap=list(labels)) if labels else Q()

    def with_labels(self, labels: Collection[str]) -> Self:
        """Those that carry one of the labels."""
        return self.filter(labels__overlap=list(labels))

    def without_labels(self, labels: Collection[str]) -> Self:
        """Those that carry none of the labels."""
        return self.filter(self.without_labels_q(labels))

    def found_by_q(self, words: str) -> Q:
        words = words.strip()
        kinds = [
            kind.name
            for kind in registry.TYPES.values()
            if words.casefold() in kind.label.casefold()
        ]
        named = self.model._default_manager.filter(segments__name__icontains=words)
        return (
            Q(name__icontains=words)
            | Q(description__icontains=words)
            | Q(audience_type__in=kinds)
            | Q(pk__in=named.values("pk"))
        )

    def found_by(self, words: str) -> Self:
        """Those that somebody means by words typed into a search box: a part of the name, the
        description, the type's label, or the name of a segment that the rule asks for."""
        return self.filter(self.found_by_q(words))


class AudienceGroupQuerySet(models.QuerySet["AudienceGroup"]):
    def found_by_q(self, words: str) -> Q:
        words = words.strip()
        return Q(name__icontains=words) | Q(description__icontains=words)

    def found_by(self, words: str) -> Self:
        """Those that somebody means by words typed into a search box: a part of the name or the
        description."""
        return self.filter(self.found_by_q(words))


class SourceQuerySet(models.QuerySet["Source"]):
    def found_by_q(self, words: str) -> Q:
        return Q(name__icontains=words.strip())

    def found_by(self, words: str) -> Self:
        """Those that somebody means by words typed into a search box: a part of the name."""
        return self.filter(self.found_by_q(words))
