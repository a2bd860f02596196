"""A moment as it is given in a query."""

from __future__ import annotations

import datetime
import re
from zoneinfo import ZoneInfo

from segments.api.errors import bad_parameter, shown

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# In a query an unescaped plus is a space: “…T12:00:00 01:00” was “…T12:00:00+01:00”.
_LOST_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


def read_moment(parameter: str, text: str, zone: ZoneInfo) -> datetime.datetime:
    """ISO 8601 with a zone; or a date, which is its midnight in the zone of the space.

    :raises Refused: it is neither, or not in the years 1900 to 9000.
    """
    try:
        moment = datetime.datetime.fromisoformat(_LOST_PLUS.sub("+", text))
    except ValueError:
        raise _unreadable(parameter, text) from None
    if moment.tzinfo is None and _DATE.fullmatch(text):
        moment = moment.replace(tzinfo=zone)
    if moment.tzinfo is None or not 1900 <= moment.year <= 9000:
        raise _unreadable(parameter, text)
    return moment


def _unreadable(parameter: str, text: str) -> Exception:
    return bad_parameter(
        parameter,
        f"{shown(text)} is not a moment of the years 1900 to 9000. Give a date such as 2026-05-01, "
        "or a time with its zone such as 2026-05-01T09:00:00Z.",
    )
