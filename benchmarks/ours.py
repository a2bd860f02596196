"""Our audiences, as benchmarks make and refresh them."""

from __future__ import annotations

from typing import Any

from benchmarks.measure import execute
from benchmarks.population import Said


class Ours:
    name = "member sets"
    tables = ("audiences_memberchunk", "audiences_versionchunk", "audiences_audienceversion")

    def __init__(self, space: Any, rules: list[Said]) -> None:
        self._space = space
        for rule in rules:
            self.define(rule)

    def define(self, rule: Said) -> Any:
        from audiences.services import define_audience

        configuration = {"rule": rule.document}
        return define_audience(
            space=self._space, audience_type="rules", configuration=configuration
        )

    def clear(self) -> None:
        """As before the first refresh."""
        execute(f"TRUNCATE {', '.join(self.tables)}, audiences_audiencestatus")
        execute("DELETE FROM segments_changedmemberships")

    def refresh(self) -> None:
        from django.utils import timezone

        from audiences.services import refresh_space

        outcomes = refresh_space(space=self._space, now=timezone.now())
        for outcome in outcomes:
            if outcome.error:
                raise RuntimeError(outcome.error)

    def sizes(self) -> list[int]:
        """How many members each audience has, in the order in which they were defined."""
        from audiences.models import AudienceStatus

        return list(AudienceStatus.objects.order_by("pk").values_list("size", flat=True))
