from audiences.models.audience import (
    Audience,
    AudienceDependency,
    AudienceSegment,
    Lifecycle,
    Listed,
    ListedMembership,
)
from audiences.models.version import (
    AudienceStatus,
    AudienceVersion,
    Cause,
    MemberChunk,
    SpaceRefresh,
    VersionChunk,
)

__all__ = [
    "Audience",
    "AudienceDependency",
    "AudienceSegment",
    "AudienceStatus",
    "AudienceVersion",
    "Cause",
    "Lifecycle",
    "Listed",
    "ListedMembership",
    "MemberChunk",
    "SpaceRefresh",
    "VersionChunk",
]
