"""The ways in which an audience can say who, in the order in which they are offered."""

from __future__ import annotations

from audiences.admin.forms import FORMS
from audiences.types import registry
from audiences.types.base import AudienceType

_WAYS = {
    "By what is known of a member": [
        "rules",
        "age_within",
        "in_all_segments",
        "in_any_segment",
        "tier",
    ],
    "Lists of members": ["static", "external", "synced"],
    "In a language of queries": ["pql", "definition_query"],
}


def ways() -> list[tuple[str, list[AudienceType]]]:
    """The types that have a form, under what they have in common; those not named above last."""
    kinds = {name: kind for name, kind in registry.TYPES.items() if name in FORMS}
    found = [
        (title, [kinds.pop(name) for name in names if name in kinds])
        for title, names in _WAYS.items()
    ]
    return [*found, *([("Others", list(kinds.values()))] if kinds else [])]
