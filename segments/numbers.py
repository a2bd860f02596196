"""Sets of membership numbers, out of the arrays of which they come."""

from __future__ import annotations

import array

import numpy as np
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
