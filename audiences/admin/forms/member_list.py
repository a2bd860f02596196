"""Lists. Who is on one is shown, and changed, below its form."""

from __future__ import annotations

from typing import Any

from audiences.admin.forms.base import AudienceForm
from audiences.types import Configuration
from audiences.types.external import External


class MemberListForm(AudienceForm):
    """The name of a list, which it can't do without."""

    configured = ["name", "description"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["name"].help_text = ""

    def initial_values(self, configuration: Configuration) -> dict[str, Any]:
        return {}

    def configuration(self) -> dict[str, Any]:
        return {}


class StaticForm(MemberListForm):
    audience_type = "static"


class ExternalForm(MemberListForm):
    audience_type = "external"
    kept = [*MemberListForm.kept, "ttl_days"]
    configured = ["name", "description", "ttl_days"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "ttl_days" not in self.fields:  # on an offer's page its name is enough
            return
        self.fields["ttl_days"].label = "Days to live"
        self.fields["ttl_days"].help_text = "After an upload; 1 to 90. Without another it runs out."
        self.fields["ttl_days"].initial = External.days_to_live
