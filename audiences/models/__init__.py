from audiences.models.audience import (
    AskedName,
    Audience,
    AudienceDependency,
    AudienceSegment,
    Lifecycle,
    Listed,
    ListedMembership,
)
from audiences.models.group import AudienceGroup, GroupKind, GroupPlace
from audiences.models.source import Source, Sync, SyncedList, SyncStatus
from audiences.models.version import (
    AudienceStatus,
    AudienceVersion,
    Cause,
    MemberChunk,
    SpaceRefresh,
    TakenMemberships,
    VersionChunk,
)

__all__ = [
    "AskedName",
    "Audience",
    "AudienceDependency",
    "AudienceGroup",
    "AudienceSegment",
    "AudienceStatus",
    "AudienceVersion",
    "Cause",
    "GroupKind",
    "GroupPlace",
    "Lifecycle",
    "Listed",
    "ListedMembership",
    "MemberChunk",
    "Source",
    "SpaceRefresh",
    "Sync",
    "SyncStatus",
    "SyncedList",
    "TakenMemberships",
    "VersionChunk",
]
