from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from audiences.rules.bitmaps import Numbers

HIGHEST = (1 << 31) - 1


def expect_the_same(numbers: list[int], seed: int, share: float) -> None:
    array = np.array(numbers, np.uint32)
    held = np.random.default_rng(seed).random(len(array)) < share
    assert Numbers(array).where(held) == BitMap(array[held])


@settings(deadline=None)
@given(
    start=st.integers(1, HIGHEST - 300_000),
    length=st.integers(1, 200_000),
    gaps=st.booleans(),
    seed=st.integers(0, 1000),
    share=st.sampled_from([0.0, 0.0001, 0.05, 0.0625, 0.5, 0.99, 1.0]),
)
def test_a_mask_over_nearly_consecutive_numbers_gives_the_numbers_where_it_holds(
    start: int, length: int, gaps: bool, seed: int, share: float
) -> None:
    numbers = np.arange(start, start + length)
    if gaps:  # and in no order, as a table has them that was updated
        draw = np.random.default_rng(seed)
        numbers = draw.permutation(numbers[draw.random(length) < 0.5])
    expect_the_same(numbers.tolist(), seed, share)


@given(numbers=st.lists(st.integers(1, HIGHEST), unique=True), seed=st.integers(0, 1000))
def test_a_mask_over_scattered_numbers_gives_the_numbers_where_it_holds(
    numbers: list[int], seed: int
) -> None:
    expect_the_same(numbers, seed, 0.5)


def test_containers_of_4096_and_4097_numbers_are_both_read_back() -> None:
    numbers = np.arange(1 << 18, dtype=np.uint32)
    held = np.zeros(len(numbers), np.bool_)
    held[:4096] = held[1 << 16 : (1 << 16) + 4097] = held[-(1 << 16) :] = True
    assert Numbers(numbers).where(held) == BitMap(numbers[held])
