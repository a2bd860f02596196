from audience_platform.admin.access import UserAdmin
from audience_platform.admin.api_keys import ApiKeyAdmin

__all__ = ["ApiKeyAdmin", "UserAdmin"]
