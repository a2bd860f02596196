"""Random expressions over what members have, as texts: most of them hold for some."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.audiences.rules.strategies import SEGMENTS

Strategy = st.SearchStrategy[str]

NAMES = [*SEGMENTS[:3], "nobody-goes-by-this"]
texts = st.sampled_from(
    ["a", "A", "ab", "Zoë", "straße", "ss", "İ", "5", "5.0", "true", "a.b", "%", "", "kind",
     "2024-02-29", "2024-02-29T23:30:00+02:00", "x.nl"]
).map(lambda text: f'"{text}"')  # fmt: skip
numbers = st.sampled_from(["0", "1", "5", "-3", "2.25", "5.0", "1E10", "12.345", "35"])
literals = texts | numbers | st.sampled_from(["true", "false"])
fields = st.sampled_from(
    ["email", "phone", "fullName", "totalOrders", "totalOrderValue", "birthday", "lastOrderAt",
     "createdAt", "externalId", "birthday.getMonth()", "person.birthMonth", "person.name.firstName",
     "person.birthYear", "workEmail.address"]
)  # fmt: skip
metadata = st.sampled_from(
    ["metadata.a", "a", "metadata.tags", "tags", "metadata.address.city", "metadata.pets",
     "pets.kind", "metadata.get(\"a\")", "address", "metadata.nothing", "$1.metadata.a"]
)  # fmt: skip
paths = fields | metadata
numeric = st.sampled_from(["totalOrders", "totalOrderValue", "a", "person.birthYear"])
arrays = st.sampled_from(["tags", "pets", "a", "nothing", "[1, 5, 35]", '["a", "kind"]'])
moments = st.sampled_from(["lastOrderAt", "createdAt", "birthday", "a", "updatedAt"])
units = st.sampled_from(["minutes", "hours", "days", "weeks", "months", "years"])
anchors = st.sampled_from(
    ["now", "today", "yesterday", "this month", "last week", "next year", "this hour",
     "date(2026, 2, 28)", "date(1999, 12, 31)", "createdAt", "date(currentYear(), 1, 1)"]
)  # fmt: skip
_comparisons = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


def _join(pattern: str, *parts: Strategy) -> Strategy:
    return st.tuples(*parts).map(lambda chosen: pattern.format(*chosen))


sums = st.recursive(
    numeric | numbers,
    lambda inner: _join("({} {} {})", inner, st.sampled_from("+-*/%"), inner),
    max_leaves=3,
)
windows = st.one_of(
    _join("{}", anchors),
    _join("{} {}", st.sampled_from(["before", "after"]), anchors),
    _join("between {} and {}", anchors, anchors),
    _join(
        "{} {} {} {} {}",
        _comparisons,
        st.integers(0, 40).map(str),
        units,
        st.sampled_from(["before", "after", "from"]),
        anchors,
    ),
)
in_segment = st.sampled_from(NAMES).map(lambda name: f'inSegment("{name}")')
membership = st.sampled_from(NAMES).map(lambda name: f'segmentMembership.get("ups").get("{name}")')
about_items = st.one_of(
    _join("kind {} {}", _comparisons, literals),
    _join("this {} {}", _comparisons, literals),
    st.just("age > 1"),
    st.just("kind.isNotNull()"),
    st.just("^fullName = kind"),
    in_segment,
)
comparisons = st.one_of(
    _join("{} {} {}", paths, _comparisons, literals),
    _join("{} {} {}", literals, _comparisons, paths),
    _join("{} {} {}", paths, _comparisons, paths),
    _join("{} {} {}", sums, _comparisons, sums),
    _join(
        "{} {} [{}, {}]", paths, st.sampled_from(["in", "notIn"]), literals, literals | paths
    ),
    _join("{} {} {}", literals, st.sampled_from(["in", "notIn"]), paths),
    _join(
        "{}.{}({})",
        paths,
        st.sampled_from(
            ["startsWith", "doesNotStartWith", "endsWith", "doesNotEndWith", "contains",
             "doesNotContain", "equals", "notEqualTo", "includes"]
        ),
        literals,
    ),
    _join(
        "{}.{}({}, {})",
        paths,
        st.sampled_from(["contains", "doesNotEndWith", "equals", "notEqualTo"]),
        literals,
        st.sampled_from(["true", "false"]),
    ),
    _join(
        'stringCompare("{}", {}, [{}, {}], false)',
        st.sampled_from(["equals", "notEqualTo", "contains"]),
        paths, literals, literals,
    ),
    _join(
        '{} like "{}"', paths, st.sampled_from(["%", "a%", "%b", "%.%", "_", "a_", "straße", "A%b"])
    ),
    _join('{}.matches("{}")', paths, st.sampled_from(["^a", "(?i)ZOË", "[0-9]+", "l$"])),
    _join("{}.{}()", paths, st.sampled_from(["isNull", "isNotNull"])),
    _join("{}", paths),
    _join("{} occurs {}", moments, windows),
    _join("{} occurs {}", moments, windows),
    _join("{}.lastQualificationTime occurs {}", membership, windows),
    _join('{}.status in ["realized", "existing"]', membership),
    in_segment,
    _join("if({}, 1, 2) = totalOrders % 3", in_segment),
    _join("birthday.getMonth() {} currentMonth()", _comparisons),
    _join("{}.count() {} {}", arrays, _comparisons, numbers),
    _join("{}[{}].count() > 0", arrays, about_items),
    _join("{}.filter({}).head() = {}", arrays, about_items, literals),
    _join("{}.{}() {} {}", arrays, st.sampled_from(["sum", "min", "average"]), _comparisons,
          numbers),
    _join("(exists X from {} where X.kind = {})", arrays, literals),
    _join("(forall X from {} where X {} {})", arrays, _comparisons, literals),
    _join("(sum X.age over X from pets where X.age > {}) > 1", numbers),
    _join("{}.intersects([{}, {}])", arrays, literals, literals),
    _join("{}.subsetOf([{}, {}])", arrays, literals, literals),
    _join("(let S = {} in (S > 1 and S < 20))", sums),
    _join("(let N = {} in {} occurs <= 3 days before N)",
          st.sampled_from(["now", "today", "this month"]), moments),
    st.sampled_from(["xEvent", "true", "xEvent[a = 1].count() = 0", "address.keys().count() > 0"]),
)  # fmt: skip
expressions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        _join("({} and {})", inner, inner),
        _join("({} or {})", inner, inner),
        _join("not ({})", inner),
    ),
    max_leaves=4,
)
