"""The test behind every comparison of numbers, dates and moments: is it in one of these ranges?"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiences.rules.columns import Column, Mask, Ordered
from audiences.rules.operators.base import Test

LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1
Range = tuple[int, int]  # both ends included


class Ranges(Test):
    """Whole numbers in one of several ranges, which are sorted and apart from each other."""

    def __init__(self, ranges: Sequence[Range]) -> None:
        inside = ((max(low, LOWEST), min(high, HIGHEST)) for low, high in ranges)
        self.ranges = sorted((low, high) for low, high in inside if low <= high)

    @cached_property
    def _lows(self) -> NDArray[np.int64]:
        return np.array([low for low, _ in self.ranges], np.int64)

    @cached_property
    def _highs(self) -> NDArray[np.int64]:
        return np.array([high for _, high in self.ranges], np.int64)

    def single(self, seen: Any) -> bool:
        place = bisect_right(self.ranges, (seen, HIGHEST)) - 1
        return place >= 0 and bool(seen <= self.ranges[place][1])

    def column(self, column: Column) -> Mask:
        assert isinstance(column, Ordered)
        values = column.values
        if not self.ranges:
            return np.zeros(len(values), np.bool_)
        if len(self.ranges) == 1:
            (low, high) = self.ranges[0]
            held = column.present
            held = held & (values >= low) if low > LOWEST else held
            return held & (values <= high) if high < HIGHEST else held
        place = np.searchsorted(self._lows, values, side="right") - 1
        return np.asarray(column.present & (place >= 0) & (values <= self._highs[place]))
