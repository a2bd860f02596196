"""The sample data, with all its dates moved by the same number of days."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path
from typing import NamedTuple

from segments.models import earliest_birthday

LAST_DAY = datetime.date(2017, 12, 31)  # the last day of the data as it was published

_DIRECTORY = Path(__file__).parent / "complete_journey"
_DATES = {"birthday", "starts_at", "ends_at"}
_MOMENTS = {"last_order_at", "created_at"}

Row = dict[str, str]


class Days(NamedTuple):
    """The first and the last day of a period; both are part of it."""

    first: datetime.date
    last: datetime.date


class Sample:
    """The sample data as if its last day were ``last_day``."""

    def __init__(self, last_day: datetime.date) -> None:
        self._moved_by = last_day - LAST_DAY

    def rows(self, name: str) -> list[Row]:
        """The rows of one of the files, such as “offers”: texts by column, empty where unknown."""
        with (_DIRECTORY / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return [self._moved(row) for row in csv.DictReader(file)]

    def file(self, name: str) -> io.BytesIO:
        """One of the files, as an import reads it."""
        rows = self.rows(name)
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, fieldnames=rows[0])
        writer.writeheader()
        writer.writerows(rows)
        return io.BytesIO(text.getvalue().encode())

    def _moved(self, row: Row) -> Row:
        for column in row.keys() & _DATES:
            if row[column]:
                row[column] = str(datetime.date.fromisoformat(row[column]) + self._moved_by)
        for column in row.keys() & _MOMENTS:
            if row[column]:
                moment = datetime.datetime.fromisoformat(row[column]) + self._moved_by
                row[column] = moment.isoformat()
        return row


def possible_last_days(today: datetime.date) -> Days:
    """The days that can be the data's last, so that every birthday is one that a member may have:
    neither in the future nor more than 123 years ago."""
    birthdays = [
        datetime.date.fromisoformat(row["birthday"])
        for row in Sample(LAST_DAY).rows("memberships")
        if row["birthday"]
    ]
    return Days(
        LAST_DAY + (earliest_birthday(today) - min(birthdays)),
        LAST_DAY + (today - max(birthdays)),
    )
