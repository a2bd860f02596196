"""On an audience's page: what was changed of it, by whom, and taking a change back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from audience_platform.admin.changes import Change
from audience_platform.audit.undo import can_undo
from audience_platform.models import AuditEvent
from audiences.models import Audience
from audiences.services import summaries

SHOWN = 20


@dataclass(frozen=True)
class Past:
    """One event: where it changed who is meant, in words before and after."""

    event: AuditEvent
    before: str
    after: str
    others: list[Change]
    can_undo: bool


class AudienceHistoryPanel:
    template = "admin/audit/of_an_audience.html"

    def context(self, request: HttpRequest, row: Audience) -> Mapping[str, Any]:
        events = AuditEvent.objects.filter(
            space=row.space_id, object_type="audiences", object_id=str(row.id)
        )
        latest = list(events.order_by("-number")[: SHOWN + 1])
        return {
            "audience": row,
            "past": list(_told(row, latest[:SHOWN])),
            "more": len(latest) > SHOWN,
        }


def _told(audience: Audience, events: Sequence[AuditEvent]) -> Iterator[Past]:
    """The latest first. The type that a configuration is of is known from the changes since."""
    meant: list[Audience] = []
    kind = audience.audience_type
    for place, event in enumerate(events):
        after = kind
        kind = event.changes.get("audience_type", {}).get("before") or kind
        change = event.changes.get("configuration", {})
        for which, (type_, configuration) in enumerate(
            [(kind, change.get("before")), (after, change.get("after"))]
        ):
            if configuration is not None:
                meant.append(
                    Audience(
                        pk=2 * place + which,
                        space_id=audience.space_id,
                        audience_type=type_,
                        configuration=configuration,
                    )
                )
    phrases = summaries(meant)
    for place, event in enumerate(events):
        others = {
            name: change
            for name, change in sorted(event.changes.items())
            if name not in ("configuration", "audience_type")
        }
        yield Past(
            event,
            phrases.get(2 * place, ""),
            phrases.get(2 * place + 1, ""),
            [Change(name, change) for name, change in others.items()],
            can_undo(event),
        )
