from decimal import Decimal

import numpy as np

from audiences.rules import sample
from audiences.rules.tree import Sample

NUMBERS = np.arange(1, 100_001, dtype=np.uint32)


def test_a_sample_holds_its_share_and_the_same_members_each_time() -> None:
    tenth = sample.column(Sample(Decimal(10), "spring"), NUMBERS)
    assert 9_500 < tenth.sum() < 10_500
    assert (tenth == sample.column(Sample(Decimal(10), "spring"), NUMBERS)).all()
    assert sample.single(Sample(Decimal(10), "spring"), 7) == tenth[6]


def test_a_larger_share_of_the_same_seed_holds_the_smaller() -> None:
    tenth, fifth = (sample.column(Sample(Decimal(p), "spring"), NUMBERS) for p in (10, 20))
    assert (fifth | ~tenth).all()


def test_other_seeds_choose_other_members() -> None:
    spring, autumn = (sample.column(Sample(Decimal(50), s), NUMBERS) for s in ("spring", "autumn"))
    assert 24_000 < (spring & autumn).sum() < 26_000


def test_none_and_all_are_exact() -> None:
    assert not sample.column(Sample(Decimal(0), "x"), NUMBERS).any()
    assert sample.column(Sample(Decimal(100), "x"), NUMBERS).all()
