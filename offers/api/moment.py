"""A moment as it is given in a query."""

from __future__ import annotations

import datetime
import re

from segments.api.errors import bad_parameter
from segments.models import Space

# In a query an unescaped plus is a space: “…T12:00:00 01:00” was “…T12:00:00+01:00”.
_LOST_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


def read_moment(parameter: str, text: str, space: Space) -> datetime.datetime:
    """ISO 8601 with a zone; or a date, which is its midnight in the zone of the space.

    :raises Refused: it is neither, or not in the years 1900 to 9000.
    """
    try:
        return space.read_moment(_LOST_PLUS.sub("+", text))
    except ValueError as error:
        raise bad_parameter(parameter, str(error)) from error
