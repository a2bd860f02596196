"""Sets of membership numbers, out of the arrays of which they come."""

from __future__ import annotations

import array
from typing import Any

import numpy as np
from django.db.models import Aggregate, BinaryField, Func, QuerySet, Value
from numpy.typing import NDArray
from pyroaring import BitMap


def as_set(numbers: NDArray[np.uint32]) -> BitMap:
    """By copying bytes: an array of numpy's would be taken number by number."""
    copied = array.array("I")
    copied.frombytes(numbers.tobytes())
    return BitMap(copied)


def received(run: bytes | None) -> NDArray[np.uint32]:
    """Numbers that PostgreSQL has strung together, as ``string_agg(int4send(number), '')``."""
    return np.frombuffer(run or b"", ">u4").astype(np.uint32)


def numbers_of(rows: QuerySet[Any], column: str = "number") -> BitMap:
    """The numbers of memberships, or those in another column, in one query and one value."""
    sent = Func(column, function="int4send", output_field=BinaryField())
    joined = Aggregate(sent, Value(b""), function="string_agg", output_field=BinaryField())
    run = rows.order_by().prefetch_related(None).aggregate(run=joined)["run"]
    return as_set(received(run))
