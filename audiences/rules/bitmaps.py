"""A mask over membership numbers made into a bitmap, by copying bits.

A number at a time costs twenty times as much, and sets are made of every condition and chunk.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from segments.numbers import as_set

_CONTAINER = 1 << 16  # numbers in one container of a Roaring bitmap
_AS_LIST = 4096  # a container of no more numbers lists them
_COOKIE = 12_346  # of the portable format: no containers of runs
_SPARSE = 64  # one number in so many: not worth the empty bits


class Numbers:
    """Distinct membership numbers, of which masks choose some."""

    def __init__(self, numbers: NDArray[np.uint32]) -> None:
        self._numbers = numbers
        if not len(numbers):
            self._dense = False
            return
        first, last = int(numbers.min()), int(numbers.max())
        self._key = first // _CONTAINER
        self._containers = last // _CONTAINER - self._key + 1
        self._dense = self._containers * _CONTAINER < _SPARSE * len(numbers)
        self._places: slice | NDArray[np.intp]
        if self._dense:
            start = self._key * _CONTAINER
            in_a_row = last - first + 1 == len(numbers) and bool((np.diff(numbers) == 1).all())
            self._places = (
                slice(first - start, last - start + 1)
                if in_a_row
                else numbers.astype(np.intp) - start
            )

    def where(self, held: NDArray[np.bool_]) -> BitMap:
        """Those in whose place the mask is true."""
        if not self._dense:
            return as_set(self._numbers[held])
        bits = np.zeros(self._containers * _CONTAINER, np.bool_)
        bits[self._places] = held
        packed = np.packbits(bits, bitorder="little").reshape(self._containers, -1)
        counts = np.bitwise_count(packed.view(np.uint64)).sum(axis=1)
        used = np.flatnonzero(counts)
        bodies = [
            packed[place].tobytes()
            if counts[place] > _AS_LIST
            else np.flatnonzero(bits[place * _CONTAINER : (place + 1) * _CONTAINER])
            .astype("<u2")
            .tobytes()
            for place in used
        ]
        return BitMap.deserialize(_header(self._key + used, counts[used], bodies))


def _header(keys: NDArray[np.intp], counts: NDArray[np.uint64], bodies: list[bytes]) -> bytes:
    """The portable format (github.com/RoaringBitmap/RoaringFormatSpec) of these containers."""
    described = np.stack([keys, counts.astype(np.intp) - 1], axis=1).astype("<u2")
    start = 8 + 8 * len(bodies)
    offsets = np.cumsum([start, *map(len, bodies)])[:-1].astype("<u4")
    head = np.array([_COOKIE, len(bodies)], "<u4")
    return b"".join([head.tobytes(), described.tobytes(), offsets.tobytes(), *bodies])
