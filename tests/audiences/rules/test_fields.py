import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from audiences.rules import fields
from audiences.rules.clock import Clock
from audiences.rules.columns import Chunk, Ordered
from audiences.rules.facts import Facts

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


def clock(today: str) -> Clock:
    noon = datetime.datetime.fromisoformat(f"{today}T12:00:00+00:00")
    return Clock(noon, ZoneInfo("UTC"))


def column(field: str, born: str, today: str) -> Ordered:
    days = np.array([born], "datetime64[D]").astype(np.int64)
    birthdays = Ordered(days, ~np.isnat(np.array([born], "datetime64[D]")))
    chunk = Chunk(np.array([1], np.uint32), clock(today), {"birthday": birthdays})
    found = fields.get(field).column(chunk)
    assert isinstance(found, Ordered)
    return found


@pytest.mark.parametrize(("born", "today", "age"), CASES)
def test_age_counts_full_years_on_the_calendar(born: str, today: str, age: int) -> None:
    birthday = datetime.date.fromisoformat(born)
    facts = Facts(values={"birthday": birthday}, segments=(), clock=clock(today))
    assert fields.get("age").value(facts) == age
    ages = column("age", born, today)
    assert ages.values.tolist() == [age]
    assert ages.present.all()


@pytest.mark.parametrize("field", ["age", "birthday_month", "days_until_birthday"])
def test_nobody_without_a_birthday_has_what_is_worked_out_of_it(field: str) -> None:
    facts = Facts(values={"birthday": None}, segments=(), clock=clock("2026-01-01"))
    assert fields.get(field).value(facts) is None
    assert not column(field, "NaT", "2026-01-01").present.any()


@pytest.mark.parametrize(
    ("born", "today", "days"),
    [
        ("2000-12-31", "2026-12-31", 0),
        ("2000-01-01", "2026-12-31", 1),
        ("2004-02-29", "2026-02-28", 1),  # comes round on 1 March in a common year
        ("2004-02-29", "2028-02-28", 1),
        ("2000-03-01", "2026-03-02", 364),
    ],
)
def test_days_until_a_birthday_run_across_the_end_of_the_year(
    born: str, today: str, days: int
) -> None:
    birthday = datetime.date.fromisoformat(born)
    facts = Facts(values={"birthday": birthday}, segments=(), clock=clock(today))
    assert fields.get("days_until_birthday").value(facts) == days
    assert column("days_until_birthday", born, today).values.tolist() == [days]
