import pytest
from hypothesis import HealthCheck, given, settings

from audiences.rules.pql.printer import to_text
from audiences.rules.pql.syntax import Expression
from audiences.rules.pql.text import parse
from tests.audiences.rules.pql.expressions import expressions


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expressions)
def test_what_is_printed_is_read_as_the_same_expression(expression: Expression) -> None:
    assert parse(to_text(expression)) == expression


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ('  a   =\n "x" ', 'a = "x"'),
        ("((a)) and (b or c) and (d)", "a and (b or c) and d"),
        ("(a and b) or (c and d)", "a and b or c and d"),
        ('!(a = "x")', 'not (a = "x")'),
        ("not a.isNull()", "not a.isNull()"),
        ("(a + b) * c - (d - e) - (f * g)", "(a + b) * c - (d - e) - f * g"),
        ("a=7.0", "a = 7.0"),
        (".5E3", "500.0"),
        ("-(5) + -x", "-5 + -x"),
        ("exists X from a : X.b", "exists X from a where X.b"),
        ("p => p.a", "(p) => p.a"),
        ("a occurs on today", "a occurs today"),
        ("a occurs <= 1 day before now", "a occurs <= 1 day before now"),
        ("a occurs > 2 century before now", "a occurs > 2 centuries before now"),
        ('"say \\"hi\\" \\\\ "', '"say \\"hi\\" \\\\ "'),
        ("(not a) = b", "(not a) = b"),
        ("chain(xEvent, timestamp, [A: WHAT(x) WHEN(< 3 days before now)])",
         "CHAIN(xEvent, timestamp, [A: WHAT(x) WHEN(< 3 days before now)])"),
    ],
)  # fmt: skip
def test_a_text_is_printed_with_no_more_than_it_needs(text: str, printed: str) -> None:
    assert to_text(parse(text)) == printed
