"""What the platform as a whole keeps: who may speak to it, and what was done."""

from audience_platform.models.api_key import ApiKey, ApiKeyQuerySet, Scope
from audience_platform.models.audit import AuditEvent, AuditSeal
from audience_platform.models.idempotent_request import IdempotentRequest
from audience_platform.models.kept_preview import KeptPreview
from audience_platform.models.preview_count import PreviewCount
from audience_platform.models.refresh_schedule import RefreshSchedule
from audience_platform.models.segment_job import SegmentJob
from audience_platform.models.staff_labels import StaffLabels

__all__ = [
    "ApiKey",
    "ApiKeyQuerySet",
    "AuditEvent",
    "AuditSeal",
    "IdempotentRequest",
    "KeptPreview",
    "PreviewCount",
    "RefreshSchedule",
    "Scope",
    "SegmentJob",
    "StaffLabels",
]
