"""What an event of the audit trail changed, to be read."""

from __future__ import annotations

import json
from typing import Any

from django.utils.text import capfirst


class Change:
    """One field's change, to be read."""

    def __init__(self, name: str, change: dict[str, Any]) -> None:
        self.name = capfirst(name.replace("_", " "))
        self.hidden = not change
        self.counts = [
            f"{change[word]:,} {word}" for word in ("added", "removed") if word in change
        ]
        self.before = shown(change.get("before"))
        self.after = shown(change.get("after"))
        if "error" in change:  # of a run that failed
            self.after += f": {change['error']}"


def shown(value: Any) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case list() if all(isinstance(one, str) for one in value):
            return ", ".join(value)
        case _:
            return json.dumps(value, indent=2, ensure_ascii=False)
