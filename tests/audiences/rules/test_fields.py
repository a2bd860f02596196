import datetime

import numpy as np
import pytest

from audiences.rules.facts import Chunk, Facts
from audiences.rules.fields import FIELDS

CASES = [
    # born, today, age
    ("2000-06-15", "2018-06-14", 17),
    ("2000-06-15", "2018-06-15", 18),
    ("2004-02-29", "2022-02-28", 17),  # a leap day's child turns older on 1 March …
    ("2004-02-29", "2022-03-01", 18),
    ("2004-02-29", "2024-02-28", 19),
    ("2004-02-29", "2024-02-29", 20),  # … and on the day itself in a leap year
    ("1969-12-31", "1970-01-01", 0),
    ("1903-11-22", "2026-11-22", 123),
]


@pytest.mark.parametrize(("born", "today", "age"), CASES)
def test_age_counts_full_years_on_the_calendar(born: str, today: str, age: int) -> None:
    day = datetime.date.fromisoformat(today)
    facts = Facts(birthday=datetime.date.fromisoformat(born), segments=(), today=day)
    chunk = Chunk(np.array([1], np.uint32), np.array([born], "datetime64[D]"), {}, day)
    assert FIELDS["age"].value(facts) == age
    ages, present = FIELDS["age"].column(chunk)
    assert ages.tolist() == [age]
    assert present.all()


def test_nobody_without_a_birthday_has_an_age() -> None:
    day = datetime.date(2026, 1, 1)
    chunk = Chunk(np.array([1], np.uint32), np.array(["NaT"], "datetime64[D]"), {}, day)
    assert FIELDS["age"].value(Facts(birthday=None, segments=(), today=day)) is None
    assert not FIELDS["age"].column(chunk)[1].any()
