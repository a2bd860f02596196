"""The query parameters that a route takes; any other is refused, so that no slip is overlooked."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlencode

from rest_framework.request import Request

from segments.api.errors import bad_parameter, unknown_parameter

_PARAMETER = re.compile(r"(include|sort|(?:filter|fields|page)(?=\[))(?:\[[^\[\]]+\])?")


def check_parameters(request: Request, *families: str) -> None:
    """Refuse parameters of other families (``filter`` is that of ``filter[name]``), or repeated.

    What stands in the brackets is checked by who reads it.
    """
    for parameter, values in request.query_params.lists():
        match = _PARAMETER.fullmatch(parameter)
        if match is None or match[1] not in families:
            takes = ", ".join(_spelled(family) for family in families) or "none"
            detail = f"There is no query parameter “{parameter}” here. This takes {takes}."
            raise unknown_parameter(parameter, detail)
        if len(values) > 1:
            detail = f"“{parameter}” is given {len(values)} times. Give it once."
            raise bad_parameter(parameter, detail)


def _spelled(family: str) -> str:
    return family if family in ("include", "sort") else f"{family}[…]"


def read_sort(request: Request, names: Sequence[str]) -> list[tuple[str, bool]]:
    """What to sort by, in order: each a name, and whether from high to low.

    :raises Refused: naming what can't be sorted by.
    """
    text = request.query_params.get("sort")
    if text is None:
        return []
    wanted = [(part.removeprefix("-"), part.startswith("-")) for part in text.split(",")]
    for name, _ in wanted:
        if name not in names:
            known = ", ".join(names) or "nothing"
            detail = f"This can't be sorted by “{name}”. It can be by {known}; “-” before turns it."
            raise bad_parameter("sort", detail)
    return wanted


def in_brackets(request: Request, family: str) -> dict[str, str]:
    """The parameters of a family, such as ``filter[name]``, by what stands in the brackets."""
    return {
        parameter[len(family) + 1 : -1]: str(value)
        for parameter, value in request.query_params.items()
        if parameter.startswith(f"{family}[")
    }


def filters(request: Request, *, known: Collection[str] | None = None) -> dict[str, str]:
    """The filters that were given, by what stands in the brackets.

    :raises Refused: one has no value, or one that no text in the database can have; or it is none
        of those ``known``, where these are given.
    """
    given = in_brackets(request, "filter")
    for name, value in given.items():
        if known is not None and name not in known:
            detail = f"There is no filter “{name}” here. There are {', '.join(known)}."
            raise unknown_parameter(f"filter[{name}]", detail)
        if not value:
            raise bad_parameter(f"filter[{name}]", "This filter has no value. Give it one.")
        if "\0" in value:
            raise bad_parameter(f"filter[{name}]", "A value can't have the character U+0000.")
    return given


def here(request: Request, query: Mapping[str, str] | None = None) -> str:
    """The URL of the request, with its own query or another, escaped as URLs have it."""
    escaped = urlencode(request.query_params if query is None else query)
    url = request.build_absolute_uri(request.path)
    return f"{url}?{escaped}" if escaped else url
