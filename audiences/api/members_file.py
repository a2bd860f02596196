"""``/audiences/ID/members.csv``: the members as a file."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse

from audiences.services.members import members_of
from audiences.services.members_file import members_file
from segments.api.operations import Operation
from segments.api.resource import ResourceViewSet


class MembersFile(Operation):
    """The columns are those that an import of memberships takes: importing it again changes
    nothing. It is sent as it is made."""

    summary = "Read the members of an audience as CSV"
    is_file = True

    def answer(self, view: ResourceViewSet) -> Any:
        self.given(view)
        audience = view.get_object()
        return StreamingHttpResponse(
            members_file(members_of(audience)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{audience.id}.csv"'},
        )
