"""A list that is kept elsewhere, and fetched from there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from audiences.sources.base import Kind
from audiences.types.base import Configuration, ConfigurationError, ListElsewhere, Path
from audiences.types.member_list import MemberListType
from segments.models import REMOVABLE_SHARE

SOONEST, LATEST = 300, 30 * 86_400  # seconds between two syncs
_UNKNOWN = ("create", "skip")
_OPTIONS: dict[str, Any] = {
    "kind": "list",
    "interval": None,
    "unknown": "create",
    "removable_share": REMOVABLE_SHARE,
}


class Synced(MemberListType):
    """``source`` (its id), ``list`` (the vendor's id of it), and options:

    ``kind``: list or segment, as the vendor has it; ``interval``: seconds between two syncs, null:
    only when asked for; ``unknown``: create or skip, what becomes of people whom the space doesn't
    know; ``removable_share``: of 1, how much of the list a sync may take off without asking.
    """

    name = "synced"
    label = "Synced list"
    help_text = "Members of a list that is kept elsewhere, such as in Klaviyo."
    follows = "the list of its source"

    def clean(self, configuration: Configuration) -> dict[str, Any]:
        known = {"segment", "source", "list", *_OPTIONS}
        problems: dict[Path, str] = {
            (key,): f"“{key}” is not known here. Give a source, a list and {', '.join(_OPTIONS)}."
            for key in configuration.keys() - known
        }
        given = {**_OPTIONS, **configuration}
        for name, problem in _problems(given):
            problems[(name,)] = problem
        if problems:
            raise ConfigurationError(problems)
        return {**given, "source": str(UUID(given["source"])), "list": given["list"].strip()}

    def elsewhere(self, configuration: Configuration) -> ListElsewhere:
        return ListElsewhere(
            UUID(configuration["source"]), Kind(configuration["kind"]), configuration["list"]
        )


def _problems(given: Configuration) -> list[tuple[str, str]]:
    """By name: what is wrong with the value."""
    list_, interval, share = given.get("list"), given["interval"], given["removable_share"]
    possible = {
        "source": (_is_uuid(given.get("source")), "Give the id (a UUID) of a source."),
        "list": (
            isinstance(list_, str) and 0 < len(list_.strip()) <= 255 and list_.isprintable(),
            "Give the id that the vendor has for the list: sources/ID/lists has them.",
        ),
        "kind": (given["kind"] in list(Kind), f"Give one of {', '.join(Kind)}."),
        "interval": (
            interval is None or (_is_number(interval, int) and SOONEST <= interval <= LATEST),
            f"Give seconds from {SOONEST} to {LATEST}, or null to sync only when asked.",
        ),
        "unknown": (given["unknown"] in _UNKNOWN, f"Give one of {', '.join(_UNKNOWN)}."),
        "removable_share": (
            _is_number(share, int, float) and 0 <= share <= 1,
            "Give a number from 0 to 1, such as 0.2 for a fifth of the list.",
        ),
    }
    if not isinstance(given.get("segment", ""), str):
        return [("segment", "The list is made with the audience. Leave it out.")]
    return [
        (name, right if name not in given else f"{given[name]!r} is not possible. {right}")
        for name, (is_right, right) in possible.items()
        if not is_right
    ]


def _is_uuid(value: object) -> bool:
    try:
        UUID(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError):
        return False
    return True


def _is_number(value: object, *types: type) -> bool:
    return isinstance(value, types) and not isinstance(value, bool)
