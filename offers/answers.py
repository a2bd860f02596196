"""What is answered for an offer and a member: whether it is visible, and each reason why not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from offers.models import Offer

VISIBLE = "visible"
NOT_IN_AUDIENCE = "not_in_audience"
AUDIENCE_INACTIVE = "audience_inactive"
AUDIENCE_UNAVAILABLE = "audience_unavailable"
WITHOUT_RULE = {
    AUDIENCE_INACTIVE: "The audience is not in force: it is a draft, inactive, archived or off.",
    AUDIENCE_UNAVAILABLE: "The audience can't be worked out. Its status says why.",
}
_UNSEEN = "Only for members in an audience that you may not see."
_ASKS_UNSEEN = "Its audience asks for an audience that you may not see."


@dataclass(frozen=True, slots=True)
class AudienceName:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class SegmentName:
    id: UUID
    short_code: str
    name: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that hides an offer from a member; or ``visible``, where nothing does.

    ``names`` are the audiences that the detail names besides.
    """

    code: str
    detail: str
    audience: AudienceName | None = None
    missing_segments: tuple[SegmentName, ...] = ()
    names: frozenset[UUID] = frozenset()

    def without(self, unseen: Collection[UUID]) -> Reason:
        """The same for somebody who may not see these audiences: that there is one, not which."""
        if self.audience is not None and self.audience.id in unseen:
            return Reason(self.code, WITHOUT_RULE.get(self.code, _UNSEEN))
        return self if self.names.isdisjoint(unseen) else replace(self, detail=_ASKS_UNSEEN)

    def document(self) -> dict[str, Any]:
        """The reason as the JSON object that the API shows."""
        return {
            "code": self.code,
            "detail": self.detail,
            "audience": self.audience and {"id": str(self.audience.id), "name": self.audience.name},
            "missing_segments": [
                {"id": str(segment.id), "short_code": segment.short_code, "name": segment.name}
                for segment in self.missing_segments
            ],
        }


@dataclass(frozen=True, slots=True)
class Visibility:
    """One offer's answer for one membership. ``offer`` is shared: read it, don't change it."""

    offer: Offer
    visible_reasons: tuple[Reason, ...]

    @property
    def visible_status(self) -> str:
        """``visible``, or the first reason to hide it."""
        return self.visible_reasons[0].code

    @property
    def eligible(self) -> bool:
        """False only for a discontinued offer (guide “Offers”: not the same as hidden)."""
        return not self.offer.discontinued

    def without(self, unseen: Collection[UUID]) -> Visibility:
        return replace(
            self, visible_reasons=tuple(one.without(unseen) for one in self.visible_reasons)
        )
