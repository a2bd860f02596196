from audiences.models.audience import Audience, AudienceSegment

__all__ = ["Audience", "AudienceSegment"]
