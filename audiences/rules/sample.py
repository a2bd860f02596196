"""A share of all memberships, chosen by a hash of their numbers: the same ones at every rebuild."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiences.rules.columns import Mask
from audiences.rules.tree import Sample

_BITS = 1 << 64


def single(sample: Sample, number: int) -> bool:
    """Whether the membership of that number is in the sample."""
    return bool(column(sample, np.array([number], np.uint64))[0])


def column(sample: Sample, numbers: NDArray[Any]) -> Mask:
    """For each number whether it is in the sample."""
    threshold = int(Fraction(sample.percent) * _BITS / 100)
    if threshold >= _BITS:
        return np.ones(len(numbers), np.bool_)
    return np.asarray(_mixed(numbers, sample.seed) < np.uint64(threshold))


def _mixed(numbers: NDArray[Any], seed: str) -> NDArray[np.uint64]:
    """Numbers scattered over 64 bits, otherwise for each seed (the finalizer of SplitMix64)."""
    start = int.from_bytes(sha256(seed.encode()).digest()[:8], "little")
    with np.errstate(over="ignore"):
        mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(start)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))
