"""The fields that a condition may ask for: each answers for one membership and for a chunk."""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiences.rules.facts import Chunk, Facts


class Field(ABC):
    """A fact, or something worked out of facts, that conditions compare with a value."""

    name: str

    @abstractmethod
    def value(self, facts: Facts) -> Any:
        """The value of one membership, or None where there is none."""

    @abstractmethod
    def column(self, chunk: Chunk) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """The values of a chunk, and for each whether there is one."""


class Age(Field):
    """Full years since the birthday.

    Who was born on 29 February turns a year older on 1 March of a common year: months and days
    are compared as they are written.
    """

    name = "age"

    def value(self, facts: Facts) -> int | None:
        born, today = facts.birthday, facts.today
        if born is None:
            return None
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

    def column(self, chunk: Chunk) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        if self.name not in chunk.columns:
            chunk.columns[self.name] = _ages(chunk.birthday, chunk.today)
        ages, present = chunk.columns[self.name]
        return ages, present


def _ages(
    birthday: NDArray[np.datetime64], today: datetime.date
) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    present = ~np.isnat(birthday)
    born = np.where(present, birthday, np.datetime64("1970-01-01"))
    months = born.astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    month = (months - years).astype(np.int64) + 1
    day = (born - months).astype(np.int64) + 1
    not_yet = month * 32 + day > today.month * 32 + today.day
    return (today.year - 1970 - years.astype(np.int64) - not_yet).astype(np.int16), present


FIELDS: dict[str, Field] = {field.name: field for field in (Age(),)}
