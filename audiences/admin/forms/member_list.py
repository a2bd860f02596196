"""Lists. Who is on one is shown, and changed, below its form."""

from __future__ import annotations

from typing import Any

from audiences.admin.forms.base import AudienceForm
from audiences.types import Configuration


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
    kept = ["name", "description", "ttl_days", "external_id", "namespace", "origin", "labels"]
    configured = [
        "name",
        "description",
        "ttl_days",
        ("external_id", "namespace"),
        "origin",
        "labels",
    ]
