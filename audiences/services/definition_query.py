"""What audiences mean, as definition queries."""

from __future__ import annotations

from audiences.models import Audience


def definition_of(audience: Audience) -> str | None:
    """The query that a client gave, or one that means what the audience means; None where there
    is none."""
    if audience.audience_type == "definition_query":
        query: str = audience.configuration["query"]
        return query
    return None
