"""What audiences mean, as definition queries."""

from __future__ import annotations

from functools import lru_cache

from audiences.models import Audience
from audiences.rules.definition_query.from_rules import query_of
from audiences.rules.tree import Rule
from audiences.rules.unsayable import Unsayable
from audiences.services.describe import UNREADABLE


def definition_of(audience: Audience) -> str | None:
    """The query that a client gave, or one that means exactly what the audience's type and
    configuration mean; None where there is none."""
    try:
        if audience.audience_type == "definition_query":
            return str(audience.configuration["query"])
        return None if audience.type.is_list else _query_of(audience.rule)
    except UNREADABLE:
        return None


@lru_cache(1024)
def _query_of(rule: Rule) -> str | None:
    try:
        return query_of(rule)
    except Unsayable:
        return None
