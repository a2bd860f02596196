from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiences.rules import document
from tests.audiences.rules.strategies import rules

ORDERS = {"field": "total_orders", "operator": "equals", "value": 1}


def problems(tree: Any) -> dict[document.Path, str]:
    with pytest.raises(document.DocumentError) as caught:
        document.read(tree)
    return caught.value.problems


@given(rules)
def test_what_is_read_and_written_is_read_as_the_same_rule(tree: dict[str, Any]) -> None:
    rule = document.read(tree)
    assert document.read(document.write(rule)) == rule


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["all", "any", "not", "field", "operator", "value", "sample", "in_segment", "x"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(json)
def test_whatever_is_no_rule_is_refused_with_a_sentence_for_each_place(tree: Any) -> None:
    said: dict[document.Path, str] = {}
    try:
        document.read(tree)
    except document.DocumentError as error:
        said = error.problems
    else:
        return
    assert said
    assert all(sentence.endswith(".") for sentence in said.values())


@pytest.mark.parametrize(
    ("tree", "path", "said"),
    [
        (None, (), "is not a rule"),
        ({"all": []}, ("all",), "Give one or more"),
        ({"all": [ORDERS], "any": [ORDERS]}, (), "“all”, “any”"),
        ({"al": [ORDERS]}, (), "“al” is not known"),
        ({"any": [ORDERS, {"field": "ag"}]}, ("any", 1, "field"), "Did you mean age?"),
        ({**ORDERS, "operator": "contains"}, ("operator",), "is not an operator of total_orders"),
        ({**ORDERS, "value": "ten"}, ("value",), "'ten' is not a number"),
        ({**ORDERS, "unit": "kg"}, ("unit",), "A condition has field, operator, value"),
        ({"not": {"in_segment": "gold"}}, ("not", "in_segment"), "is not the id (a UUID)"),
        ({"sample": {"percent": 101}}, ("sample", "percent"), "Give 0 to 100"),
        (
            {"field": "last_order_at", "operator": "within_last", "value": {"amount": 3}},
            ("value",),
            'Give {"amount": 30, "unit": "day"}',
        ),
        ({"field": "email", "operator": "matches", "value": "(a"}, ("value",), "RE2"),
        ({"field": "birthday", "operator": "on", "value": "30/01/2020"}, ("value",), "2026-01-31"),
    ],
)
def test_an_error_names_the_place_and_says_what_would_be_right(
    tree: Any, path: document.Path, said: str
) -> None:
    found = problems(tree)
    assert list(found) == [path]
    assert said in found[path]


def test_every_place_at_fault_is_named_at_once() -> None:
    assert set(problems({"all": [{"field": "x"}, ORDERS, {"any": [3]}]})) == {
        ("all", 0, "field"),
        ("all", 2, "any", 0),
    }


def test_rules_are_bounded_in_depth_and_size() -> None:
    deep: dict[str, Any] = ORDERS
    for _ in range(document.DEEPEST - 1):
        deep = {"all": [deep]}
    document.read(deep)
    (message,) = problems({"all": [deep]}).values()
    assert "at most 20 deep" in message
    document.read({"any": [ORDERS] * 1_000})
    (message,) = problems({"any": [ORDERS] * 1_001}).values()
    assert "at most 1000 conditions" in message
