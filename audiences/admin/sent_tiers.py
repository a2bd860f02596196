"""Tiers as the page of a group sends them, and what is wrong with them, by the page's inputs."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from audiences.models import AudienceGroup
from audiences.services.groups import audiences_of_group
from audiences.services.tier_moves import TierMoves, preview_tiers
from audiences.services.tiers import tiers_as_given
from audiences.types import ConfigurationError
from segments.models import Space


class SentTiers:
    """What the page says: as it was sent, or else as the group is."""

    def __init__(self, request: HttpRequest, group: AudienceGroup | None) -> None:
        self.problems: dict[str, str] = {}  # by the name of the input; "" for the whole
        if request.method == "POST":
            self._read(request.POST)
        elif group is not None:
            tiers = tiers_as_given(audiences_of_group(group))
            self.name, self.attribute = group.name, group.attribute
            self.rows = [{**tier, "end": ""} for tier in tiers]
            self.last_end = tiers[-1]["end"] if tiers else None
        else:
            self.name, self.attribute, self.last_end = "", "total_order_value", None
            self.rows = [{"id": "", "name": "", "start": 0}]

    def _read(self, sent: Any) -> None:
        self.name, self.attribute = sent.get("name", "").strip(), sent.get("attribute", "")
        self.last_end = sent.get("last_end", "").strip() or None
        columns = [sent.getlist(column) for column in ("tier_id", "tier_name", "tier_start")]
        self.rows = [
            {"id": id, "name": name.strip(), "start": start.strip()}
            for id, name, start in zip(*columns, strict=False)
            if name.strip() or start.strip()
        ]

    @property
    def tiers(self) -> list[dict[str, Any]]:
        """The tiers as a group takes them."""
        ends = [*(row["start"] for row in self.rows[1:]), self.last_end]
        return [
            {
                "id": row["id"] or None,
                "name": row["name"],
                "start": _none_if_empty(row["start"]),
                "end": _none_if_empty(end),
            }
            for row, end in zip(self.rows, ends, strict=False)  # without rows, an end is left
        ]

    @property
    def digest(self) -> str:
        said = json.dumps([self.attribute, self.tiers], default=str)
        return sha256(said.encode()).hexdigest()

    def look(self, space: Space, group: AudienceGroup | None) -> TierMoves | None:
        """Who would move; None where a problem has been noted."""
        try:
            return preview_tiers(
                space=space,
                at=timezone.now(),
                attribute=self.attribute,
                tiers=self.tiers,
                group=group,
            )
        except ConfigurationError as error:
            self.note(error)
            return None

    def note(self, error: ConfigurationError | ValidationError) -> None:
        """Keep what a service found wrong, for the input that it is about."""
        if isinstance(error, ValidationError):
            self.problems |= {name: " ".join(said) for name, said in error.message_dict.items()}
            return
        for path, said in error.problems.items():
            match path:
                case ("tiers", int(place), "end") if place < len(self.rows) - 1:
                    key = f"start-{place + 1}"  # where the next one begins
                case ("tiers", int(place), "end"):
                    key = "last_end"
                case ("tiers", int(place), str(column)):
                    key = f"{column}-{place}"
                case ("attribute",):
                    key = "attribute"
                case _:
                    key = ""
            self.problems[key] = said


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value
