"""The fields that a condition may ask for: each answers for one membership and for a chunk.

A value is in the form in which its kind is compared: whole numbers for whatever has an order
(money in hundredths, dates in days and moments in microseconds since 1970), text, or JSON.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from audiences.rules.clock import day_number, days_until_anniversary, microseconds
from audiences.rules.columns import Chunk, Column, Documents, Ordered, Text
from audiences.rules.facts import Facts, look_up


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    MOMENT = "moment"
    ANY = "any"  # metadata: each value is of its own kind


@dataclass(frozen=True)
class Field:
    """A fact, or something worked out of a fact.

    ``reads`` is the column it needs. ``scale`` is how many decimals a whole number of it holds.
    """

    name: str
    kind: Kind
    label: str
    reads: str
    value: Callable[[Facts], Any]  # of one membership; None: missing
    derive: Callable[[Chunk], Column] | None = None
    scale: int = 0
    by_day: bool = False  # whether the value itself changes at midnight

    def column(self, chunk: Chunk) -> Column:
        """The values of a chunk."""
        if self.derive is None:
            return chunk.columns[self.reads]
        if self.name not in chunk.derived:
            chunk.derived[self.name] = self.derive(chunk)
        return chunk.derived[self.name]


METADATA = "metadata."
LONGEST_PATH = 10


def metadata_field(name: str) -> Field:
    """The field of a path into the metadata, such as ``metadata.address.city``."""
    path = tuple(name.removeprefix(METADATA).split("."))
    label = path[-1].replace("_", " ")
    return Field(name, Kind.ANY, label, name, lambda facts: look_up(facts.values["metadata"], path))


def is_field(name: object) -> bool:
    if not isinstance(name, str):
        return False
    if name.startswith(METADATA):
        steps = name.removeprefix(METADATA).split(".")
        return all(steps) and len(steps) <= LONGEST_PATH and "\x00" not in name
    return name in FIELDS


def get(name: str) -> Field:
    """The field of that name; check with ``is_field`` first."""
    return FIELDS.get(name) or metadata_field(name)


def _text(name: str, label: str) -> Field:
    return Field(name, Kind.TEXT, label, name, lambda facts: facts.values[name])


def _moment(name: str, label: str) -> Field:
    def value(facts: Facts) -> int | None:
        moment = facts.values[name]
        return None if moment is None else microseconds(moment)

    return Field(name, Kind.MOMENT, label, name, value)


def _birthday(facts: Facts) -> int | None:
    born = facts.values["birthday"]
    return None if born is None else day_number(born)


def _age(facts: Facts) -> int | None:
    """Full years. Who was born on 29 February turns a year older on 1 March of a common year:
    months and days are compared as they are written."""
    born, today = facts.values["birthday"], facts.clock.today
    if born is None:
        return None
    return int(today.year - born.year - ((today.month, today.day) < (born.month, born.day)))


def _calendar(
    chunk: Chunk,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Year, month and day of each birthday, and whether there is one.

    Looked up in a calendar of all the days from the first, where these are fewer than birthdays.
    """
    column = chunk.columns["birthday"]
    assert isinstance(column, Ordered)
    born = np.where(column.present, column.values, 0)
    first = born.min(initial=0)
    last = born.max(initial=0)
    looked_up = last - first < len(born)
    days = (np.arange(first, last + 1) if looked_up else born).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    month = (months - years).astype(np.int64) + 1
    day = (days - months).astype(np.int64) + 1
    year = years.astype(np.int64) + 1970
    if looked_up:
        born -= first
        year, month, day = year[born], month[born], day[born]
    return year, month, day, column.present


def _ages(chunk: Chunk) -> Ordered:
    year, month, day, present = _calendar(chunk)
    today = chunk.clock.today
    not_yet = month * 32 + day > today.month * 32 + today.day
    return Ordered(today.year - year - not_yet, present)


def _birthday_month(facts: Facts) -> int | None:
    born: datetime.date | None = facts.values["birthday"]
    return None if born is None else born.month


def _birthday_months(chunk: Chunk) -> Ordered:
    _, month, _, present = _calendar(chunk)
    return Ordered(month, present)


def _days_until_birthday(facts: Facts) -> int | None:
    born: datetime.date | None = facts.values["birthday"]
    return None if born is None else days_until_anniversary(born, facts.clock.today)


def _days_until_birthdays(chunk: Chunk) -> Ordered:
    """Looked up by month and day: there are 366 answers."""
    _, month, day, present = _calendar(chunk)
    leap = datetime.date(2000, 1, 1)
    answers = np.zeros(13 * 32, np.int64)
    for days in range(366):
        date = leap + datetime.timedelta(days=days)
        answers[date.month * 32 + date.day] = days_until_anniversary(date, chunk.clock.today)
    return Ordered(answers[month * 32 + day], present)


def _email_domain(facts: Facts) -> str | None:
    return _domain(facts.values["email"])


def _domain(email: str | None) -> str | None:
    _, at, domain = (email or "").rpartition("@")
    return domain.lower() if at and domain else None


def _email_domains(chunk: Chunk) -> Documents:
    """Few distinct ones, so each is worked out as for a single membership."""
    column = chunk.columns["email"]
    assert isinstance(column, Text)
    tails = pc.replace_substring_regex(column.values, r"(?s)^.*@", "@")
    encoded = tails.dictionary_encode(null_encoding="encode")
    distinct = [_domain(tail) for tail in encoded.dictionary.to_pylist()]
    return Documents(encoded.indices.to_numpy(zero_copy_only=False), distinct)


FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        _text("id", "id"),
        _text("external_id", "external id"),
        _text("email", "e-mail"),
        Field("email_domain", Kind.TEXT, "e-mail domain", "email", _email_domain, _email_domains),
        _text("phone", "phone"),
        _text("full_name", "full name"),
        Field("birthday", Kind.DATE, "birthday", "birthday", _birthday),
        Field("age", Kind.NUMBER, "age", "birthday", _age, _ages, by_day=True),
        Field(
            "birthday_month",
            Kind.NUMBER,
            "month of birth",
            "birthday",
            _birthday_month,
            _birthday_months,
        ),
        Field(
            "days_until_birthday",
            Kind.NUMBER,
            "days until the birthday",
            "birthday",
            _days_until_birthday,
            _days_until_birthdays,
            by_day=True,
        ),
        Field(
            "total_orders",
            Kind.NUMBER,
            "orders",
            "total_orders",
            lambda facts: facts.values["total_orders"],
        ),
        Field(
            "total_order_value",
            Kind.MONEY,
            "order value",
            "total_order_value",
            lambda facts: int(facts.values["total_order_value"].scaleb(2)),
            scale=2,
        ),
        _moment("last_order_at", "last order"),
        _moment("created_at", "joined"),
        _moment("updated_at", "last change"),
    )
}
