"""Which names mean a variable, the item at hand, or the profile, at a place of an expression.

In pql/json they are told apart by their nodes; in a text by where they stand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from audiences.rules.pql.signatures import is_bare_name
from audiences.rules.pql.syntax import Call

ITEM = "this"
# The methods whose first argument is asked of each item.
OF_EACH = ("filter", "map", "groupBy", "topN", "bottomN", "sum", "average", "min", "max")


@dataclass(frozen=True)
class Scope:
    variables: frozenset[str] = frozenset()
    items: int = 0  # how many arrays' items are at hand, one inside another

    def binding(self, *names: str) -> Scope:
        return replace(self, variables=self.variables | set(names))

    def of_each(self) -> Scope:
        return replace(self, items=self.items + 1)

    def means_item(self, name: str) -> bool:
        return name == ITEM and self.items > 0 and name not in self.variables

    def stands_for_itself(self, name: str) -> bool:
        """Whether the bare name, where it stands, is a field of the item or of the profile."""
        return is_bare_name(name) and name != ITEM and name not in self.variables


def is_of_each(call: Call, place: int) -> bool:
    """Whether an argument is asked of each item."""
    return call.object is not None and call.name in OF_EACH and place == 0
