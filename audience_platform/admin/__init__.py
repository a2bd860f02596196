from audience_platform.admin import places as places  # contributes itself
from audience_platform.admin.access import UserAdmin
from audience_platform.admin.api_keys import ApiKeyAdmin
from audience_platform.admin.audience_history import AudienceHistoryPanel
from audience_platform.admin.audit_events import AuditEventAdmin
from audience_platform.admin.refresh_times import PAGE, RefreshTimesPanel, refresh_times_view
from audience_platform.labels import seen
from audiences.admin import AudienceAdmin
from audiences.admin.seen import denied_labels
from segments.admin import Page
from segments.admin.imports import ImportAdmin

AudienceAdmin.panels += [RefreshTimesPanel(), AudienceHistoryPanel()]
AudienceAdmin.pages.append(Page(PAGE, refresh_times_view))
ImportAdmin.narrowed.append(lambda request, rows: seen(rows, denied_labels(request)))

__all__ = ["ApiKeyAdmin", "AuditEventAdmin", "UserAdmin"]
