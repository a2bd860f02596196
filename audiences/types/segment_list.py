"""What the types that list segments share: the list, its checks, its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from audiences.types.base import AudienceType, Configuration, ConfigurationError, Path

MOST_SEGMENTS = 1_000


class SegmentListType(AudienceType):
    """A type whose configuration is ``{"segments": [id, …]}``, one id or more."""

    hidden_because = "missing_required_segments"

    def clean(self, configuration: Configuration) -> dict[str, Any]:
        problems: dict[Path, str] = {
            (key,): f"“{key}” is not known here. Give segments, a list of segment ids."
            for key in configuration.keys() - {"segments"}
        }
        listed = configuration.get("segments")
        if not isinstance(listed, list) or not listed:
            problems[("segments",)] = "Give a list of one or more segment ids."
        elif len(listed) > MOST_SEGMENTS:
            problems[("segments",)] = (
                f"{len(listed)} segments are too many. Give at most {MOST_SEGMENTS}."
            )
        else:
            for place, value in enumerate(listed):
                if not _is_uuid(value):
                    problems[("segments", place)] = (
                        f"{value!r} is not a segment id. Give the id (a UUID) of a segment."
                    )
        if problems:
            raise ConfigurationError(problems)
        return {"segments": list(dict.fromkeys(str(UUID(value)) for value in listed or ()))}

    def segments(self, configuration: Configuration) -> dict[UUID, Path]:
        return {
            UUID(value): ("segments", place)
            for place, value in enumerate(configuration["segments"])
        }

    def named(self, configuration: Configuration, names: Mapping[UUID, str]) -> list[str]:
        """The names of the segments, in their order."""
        return [names.get(UUID(value), value) for value in configuration["segments"]]


def _is_uuid(value: object) -> bool:
    try:
        UUID(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError):
        return False
    return True
