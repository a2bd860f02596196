"""Random members and random rules, as documents."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

SEGMENTS = [f"00000000-0000-0000-0000-00000000000{digit}" for digit in range(1, 6)]
ZONES = ["UTC", "Europe/Amsterdam", "America/St_Johns", "Pacific/Auckland", "Africa/Cairo"]

# Few values and odd ones, so that conditions often meet them.
texts = st.sampled_from(
    ["", "a", "A", "ab", "Zoë", "ZOË", "straße", "STRASSE", "İstanbul", "ǆ", "ſ", "S", "Σίσυφος",
     "a.b", "%", "👍", " 5 ", "5", "5.0", "true", "2024-02-29", "2024-02-29T23:30:00+02:00"]
)  # fmt: skip
odd_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5)
numbers = st.sampled_from([0, 1, 5, 18, 35, 100, -3, 10**12, 2**53 + 1]) | st.integers(-50, 50)
decimals = st.sampled_from([0.5, 5.0, 2.25, -1.75, 1e10, 12.3])
days = st.dates(datetime.date(1904, 1, 1), datetime.date(2026, 6, 1)) | st.sampled_from(
    [datetime.date(2024, 2, 29), datetime.date(2000, 2, 29), datetime.date(2026, 3, 1),
     datetime.date(2026, 2, 28), datetime.date(2025, 12, 31), datetime.date(2026, 1, 1)]
)  # fmt: skip


def _moments(first: str, last: str) -> st.SearchStrategy[datetime.datetime]:
    low, high = datetime.datetime.fromisoformat(first), datetime.datetime.fromisoformat(last)
    return st.datetimes(low, high, timezones=st.just(datetime.UTC))


recent = _moments("2025-01-01", "2027-01-01")
moments = recent | _moments("1905-01-01", "2090-01-01")
scalars = st.none() | st.booleans() | numbers | decimals | texts
metadata = st.fixed_dictionaries(
    {},
    optional={
        "a": scalars | st.lists(scalars, max_size=3),
        "tags": st.lists(texts | numbers, max_size=4),
        "address": st.fixed_dictionaries({}, optional={"city": scalars, "0": scalars}) | scalars,
        "pets": st.lists(
            st.fixed_dictionaries({}, optional={"kind": scalars, "age": scalars}) | scalars,
            max_size=3,
        ),
    },
)
members = st.fixed_dictionaries(
    {
        "email": st.none() | st.sampled_from(["a@x.nl", "B@X.NL", "@", "a@", "x", "a@b@ç.org"]),
        "phone": st.none() | texts,
        "full_name": st.none() | texts | odd_texts,
        "birthday": st.none() | days,
        "total_orders": st.integers(0, 50) | st.just(2**31 - 1),
        "total_order_value": st.decimals(-100, 100, places=2)
        | st.sampled_from([Decimal(10**15), Decimal(-(10**15))]),
        "last_order_at": st.none() | moments,
        "created_at": moments,
        "updated_at": moments,
        "metadata": metadata,
        "segments": st.sets(st.sampled_from(SEGMENTS)),
    }
)
clocks = st.tuples(recent, st.sampled_from(ZONES))

paths = st.sampled_from(
    ["a", "tags", "address", "address.city", "address.0", "pets", "pets.kind", "pets.0.kind",
     "pets.-1.age", "tags.0", "nothing", "nothing.at.all"]
).map(lambda path: f"metadata.{path}")  # fmt: skip
text_fields = st.sampled_from(["external_id", "email", "email_domain", "phone", "full_name"])
number_fields = st.sampled_from(
    ["age", "birthday_month", "days_until_birthday", "total_orders", "total_order_value"]
)
moment_fields = st.sampled_from(["last_order_at", "created_at", "updated_at"])
some_texts = (texts | odd_texts).filter(bool)
some_numbers = numbers | decimals
points = days.map(str) | recent.map(lambda moment: moment.isoformat())
durations = st.builds(
    lambda amount, unit: {"amount": min(amount, 50) if unit == "year" else amount, "unit": unit},
    st.integers(0, 400),
    st.sampled_from(["day", "week", "month", "year"]),
)
hours = st.fixed_dictionaries({"amount": st.integers(0, 100), "unit": st.just("hour")})
patterns = st.sampled_from(["^a", "b$", "[0-9]+", "a|b", "^$", r"\.", "^.{2}$"])


def _pairs(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=2, max_size=2, unique=True).map(sorted)


def _condition(
    fields: st.SearchStrategy[str], operators: list[str], values: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"field": fields, "operator": st.sampled_from(operators), "value": values}
    )


PRESENCE = ["is_present", "is_missing"]
ORDERS = ["less", "less_or_equal", "greater", "greater_or_equal"]
POINTS = ["before", "after", "on_or_before", "on_or_after"]
RELATIVE = ["within_last", "more_than_ago", "within_next"]
PERIODS = ["in_this", "in_last", "in_next"]
BETWEEN = ["between", "between_half_open"]
dated = moment_fields | paths
any_date = dated | st.just("birthday")
cased = st.fixed_dictionaries({}, optional={"case_sensitive": st.booleans()})


def _cased(condition: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda one, case: {**one, **case}, condition, cased)


conditions = st.one_of(
    _cased(
        _condition(
            text_fields | paths,
            ["equals", "not_equals", "contains", "not_contains", "starts_with", "ends_with"],
            some_texts,
        )
    ),
    _cased(_condition(text_fields | paths, ["in", "not_in"], st.lists(some_texts, min_size=1))),
    _condition(text_fields | paths, ["matches"], patterns),
    _condition(number_fields | paths, ["equals", "not_equals", *ORDERS], some_numbers),
    _condition(number_fields | paths, ["in", "not_in"], st.lists(some_numbers, min_size=1)),
    _condition(number_fields | paths, BETWEEN, _pairs(some_numbers)),
    _condition(paths, ["equals", "not_equals"], st.booleans()),
    _cased(
        _condition(
            paths,
            ["has_any", "has_all", "has_none"],
            st.lists(some_texts | some_numbers | st.booleans(), min_size=1, max_size=3),
        )
    ),
    _condition(any_date, ["on", *POINTS], days.map(str)),
    _condition(dated, POINTS, points),
    _condition(any_date, BETWEEN, _pairs(days.map(str))),
    _condition(dated, BETWEEN, _pairs(recent.map(lambda moment: moment.isoformat()))),
    _condition(any_date, [*RELATIVE, "anniversary_within"], durations),
    _condition(dated, RELATIVE, hours),
    _condition(any_date, PERIODS, st.sampled_from(["day", "week", "month", "year"])),
    st.fixed_dictionaries(
        {
            "field": text_fields | number_fields | any_date,
            "operator": st.sampled_from(PRESENCE),
        }
    ),
    st.sampled_from(SEGMENTS).map(lambda id: {"in_segment": id}),
)

rules = st.recursive(
    conditions,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=12,
)
