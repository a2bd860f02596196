"""The audience types there are, by name. A new one is its own file and one line here."""

from audiences.types.age_within import AgeWithin
from audiences.types.base import AudienceType
from audiences.types.definition_query import DefinitionQuery
from audiences.types.external import External
from audiences.types.in_all_segments import InAllSegments
from audiences.types.in_any_segment import InAnySegment
from audiences.types.pql import Pql
from audiences.types.rules import Rules
from audiences.types.static import Static
from audiences.types.synced import Synced
from audiences.types.tier import Tier

TYPES: dict[str, AudienceType] = {
    kind.name: kind()
    for kind in (
        AgeWithin,
        InAllSegments,
        InAnySegment,
        Rules,
        Static,
        Tier,
        External,
        Synced,
        Pql,
        DefinitionQuery,
    )
}


class UnknownAudienceType(LookupError):
    def __init__(self, name: object) -> None:
        super().__init__(f"{name!r} is not an audience type. Give one of {', '.join(TYPES)}.")


def get(name: str) -> AudienceType:
    """The type of that name.

    :raises UnknownAudienceType: when there is none; the error lists those there are.
    """
    try:
        return TYPES[name]
    except (KeyError, TypeError):
        raise UnknownAudienceType(name) from None
