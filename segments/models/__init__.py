from segments.models.changes import ChangedMemberships
from segments.models.imports import (
    REMOVABLE_SHARE,
    Import,
    ImportMode,
    ImportState,
    ImportTarget,
    Unknown,
)
from segments.models.membership import OLDEST_AGE, Membership, earliest_birthday
from segments.models.search import MembershipText, UnreadTexts
from segments.models.segment import Segment, SegmentMembership
from segments.models.space import Space

__all__ = [
    "OLDEST_AGE",
    "REMOVABLE_SHARE",
    "ChangedMemberships",
    "Import",
    "ImportMode",
    "ImportState",
    "ImportTarget",
    "Membership",
    "MembershipText",
    "Segment",
    "SegmentMembership",
    "Space",
    "Unknown",
    "UnreadTexts",
    "earliest_birthday",
]
