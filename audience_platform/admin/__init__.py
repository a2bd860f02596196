from audience_platform.admin import places as places  # contributes itself
from audience_platform.admin.access import UserAdmin
from audience_platform.admin.api_keys import ApiKeyAdmin
from audience_platform.admin.audience_history import AudienceHistoryPanel
from audience_platform.admin.audit_events import AuditEventAdmin
from audiences.admin import AudienceAdmin

AudienceAdmin.panels.append(AudienceHistoryPanel())

__all__ = ["ApiKeyAdmin", "AuditEventAdmin", "UserAdmin"]
