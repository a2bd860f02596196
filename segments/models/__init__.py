from segments.models.changes import ChangedMemberships
from segments.models.membership import OLDEST_AGE, Membership, earliest_birthday
from segments.models.search import MembershipText, UnreadTexts
from segments.models.segment import Segment, SegmentMembership
from segments.models.space import Space

__all__ = [
    "OLDEST_AGE",
    "ChangedMemberships",
    "Membership",
    "MembershipText",
    "Segment",
    "SegmentMembership",
    "Space",
    "UnreadTexts",
    "earliest_birthday",
]
