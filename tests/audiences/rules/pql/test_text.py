"""pql/text, read: what it says, and what is said of what makes no sense."""

import json
import os
import random
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.rules.pql.errors import PqlError, PqlTextError
from audiences.rules.pql.printer import to_text
from audiences.rules.pql.syntax import (
    Aggregate,
    And,
    Between,
    Binary,
    Binding,
    Call,
    Expression,
    Field,
    Lambda,
    Let,
    Literal,
    Name,
    Not,
    Occurs,
    Or,
    Quantified,
    TimeWord,
    depth,
    size,
)
from audiences.rules.pql.text import DEEPEST, LARGEST, LONGEST, parse

VECTORS = [
    vector
    for vector in json.loads(Path(__file__).with_name("vectors.json").read_text())
    if vector["format"] == "pql/text"
]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "400"))
FUZZ = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
A, B, C, X = Name("a"), Name("b"), Name("c"), Name("X")


@pytest.mark.parametrize(
    "text", [one["expression"] for one in VECTORS if one["expected"] != "error"]
)
def test_every_example_of_the_language_is_read_and_printed(text: str) -> None:
    assert parse(to_text(parse(text))) == parse(text)


@pytest.mark.parametrize(
    "text", [one["expression"] for one in VECTORS if one["expected"] == "error"]
)
def test_what_the_examples_call_an_error_is_one_with_its_place(text: str) -> None:
    with pytest.raises(PqlTextError, match=r"^Line 1, column "):
        parse(text)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a and b or c", Or((And((A, B)), C))),
        ("not a and b", And((Not(A), B))),
        ("not a = b", Not(Binary("=", A, B))),
        ("!(a)", Not(A)),
        ("a - b - c", Binary("-", Binary("-", A, B), C)),
        ("-5", Literal(-5)),
        (".5E1", Literal(Decimal(5))),
        ('"\\"\\\\"', Literal('"\\')),
        ("let X = a in X in b", Let("X", A, Binary("in", X, B))),
        ("a occurs between b and c or a",
         Or((Occurs(A, Between(B, C)), A))),
        ("a occurs between today and today and b",
         And((Occurs(A, Between(TimeWord("today"), TimeWord("today"))), B))),
        ("exists X from a, Y from b where c",
         Quantified("exists", (Binding("X", A), Binding("Y", B, C)))),
        ("if(select X from a, b, c)",
         Call("if", (Quantified("select", (Binding("X", A),)), B, C))),
        ("sum X from a", Aggregate("sum", None, (Binding("X", A),))),
        ("sum a over X from b", Aggregate("sum", A, (Binding("X", B),))),
        ("sum = min", Binary("=", Name("sum"), Name("min"))),
        ("select.sum", Field(Name("select"), "sum")),
        ("a.and.in.from", Field(Field(Field(A, "and"), "in"), "from")),
        ("(X) => X", Lambda(("X",), X)),
        ("date.count() = android", Binary("=", Call("count", (), Name("date")), Name("android"))),
    ],
)  # fmt: skip
def test_a_text_says(text: str, expression: Expression) -> None:
    assert parse(text) == expression


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("", 1, 1, "The text ends where a value should stand."),
        ("a >\n", 1, 4, "The text ends where a value should stand."),
        ("a\n  b", 2, 3, "“b” stands where an operator or the end should."),
        ("(a = 1", 1, 7, "The text ends where “)” should stand."),
        ('a = "x', 1, 5, "The text that begins here has no closing quotation mark."),
        ("a == 1", 1, 4, "“=” stands where a value should. Write one = to compare."),
        ("a <> 1", 1, 4, "“>” stands where a value should. Write != for “is not”."),
        ("a = 1 AND b", 1, 7,
         "“AND” stands where an operator or the end should. Write and, in small letters."),
        ("a && b", 1, 3, "“&” stands where an operator or the end should. Write and."),
        ("a = 'b'", 1, 5, "“'” stands where a value should. "
         'Texts stand between straight double quotation marks: "…".'),
        ("a = null", 1, 5,
         "There is no null in PQL. Write field.isNull() or field.isNotNull()."),
        ("NOT (a)", 1, 1, "There is no function “NOT”. Did you mean not?"),
        ("a = b = c", 1, 7, "“=” stands where “and”, “or” or the end should. "
         "Comparisons are joined by and, not chained."),
        ("a occurs <= x days before now", 1, 13, "“x” stands where a number should."),
        ("a.b. = 1", 1, 6, "“=” stands where a name should."),
        (f'a like "{"b" * 1_001}"', 1, 3, "The pattern is too long. Give at most 1000 letters."),
        ("a.coutn()", 1, 3, "There is no function “coutn”. Did you mean count?"),
        ("a.startswith()", 1, 3, "There is no function “startswith”. Did you mean startsWith?"),
        ("a.count(b)", 1, 3, "count takes no arguments, not 1."),
        ("if(a)", 1, 1, "if takes 3 arguments, not 1."),
        ("a.startsWith()", 1, 3, "startsWith takes 1 or 2 arguments, not 0."),
        ("count(a)", 1, 1, "count does not stand here. Write field.count(…)."),
        ('a.date(1, 2, 3)', 1, 3, "date does not stand here. Write date(…)."),
        ("a occurs", 1, 9,
         "The text ends where a time such as today or <= 3 days before now should stand."),
        ("a occurs between b", 1, 19, "The text ends where “and” should stand."),
        ("a occurs <= 3 days", 1, 19,
         "The text ends where before, after or from should stand."),
        ("a occurs <= 3 dayz before now", 1, 15,
         "“dayz” is not a unit of time. Did you mean day?"),
        ("a occurs this dayz", 1, 15, "“dayz” stands where an operator or the end should. "
         "“dayz” is not a unit of time. Did you mean day?"),
        ("a occurs 3 days before now", 1, 12, "“days” stands where an operator or the end should. "
         "Write an operator before the number, such as <= 3 days before now."),
        ("a occurs <= 1.5 days before now", 1, 13,
         "Give a whole number of at most 1000000000."),
        ("a.größe", 1, 5, "“öße” stands where an operator or the end should. Names have the "
         'letters a to z; other keys of an object are asked by .get("…").'),
        ('a.matches("\\w")', 1, 12,
         "In a text, write \\\\w for \\w: the backslash is doubled."),
        ("select " + ", ".join(["X from a"] * 21), 1, 1,
         "select takes at most 20 variables, not 21."),
        ("$2.a", 1, 1, "There is no $2: an audience asks for one profile, $1."),
        ('a = "\0"', 1, 6, "The character U+0000 can't be kept. Take it out."),
        ('\n"\ud800"', 2, 2, "The character U+D800 can't be kept. Take it out."),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_in_a_sentence(
    text: str, line: int, column: int, said: str
) -> None:
    with pytest.raises(PqlTextError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column, caught.value.problem) == (line, column, said)
    assert str(caught.value) == f"Line {line}, column {column}: {said}"


@pytest.mark.parametrize("text", ['a.matches("[")', 'a matches "("', 'a.regexGroup("(?=x)", 1)'])
def test_a_pattern_is_checked_before_it_is_asked(text: str) -> None:
    with pytest.raises(PqlTextError, match="is not a regular expression of RE2"):
        parse(text)


def test_expressions_nest_so_deep_and_no_deeper() -> None:
    def nested(levels: int) -> str:
        return "not " * (levels - 1) + "a"

    assert depth(parse(nested(DEEPEST))) == DEEPEST
    with pytest.raises(PqlError, match="more than 100 deep"):
        parse(nested(DEEPEST + 1))


LONG = {
    "too long": "a" * (LONGEST + 1),
    "open": "(" * LONGEST,
    "brackets": "[" * LONGEST,
    "not": "not " * 24_000 + "a",
    "!": "!" * 99_000 + "a",
    "minus": "-" * 99_000 + "a",
    "path": "a" + ".a" * 49_000,
    "methods": "a" + ".head()" * 14_000,
    "sum": "a" + "+a" * 49_000,
    "lambdas": "a=>" * 30_000 + "a",
    "lets": "let a = 1 in " * 7_500 + "a",
    "exists": "exists a from a where " * 4_500 + "a",
    "commas": "(a," * 33_000,
    "names": "(" + "a," * 49_000,
    "quotes": '"' * 99_999,
    "escaped": '"' + '\\"' * 49_000,
    "digits": "1" * LONGEST,
    "fraction": "1." + "1" * 99_000,
    "exponent": "1e" + "9" * 99_000,
    "carets": "^" * LONGEST,
    "words": "select " * 14_000,
    "filters": "a[" * 49_000,
}  # each as long as may be


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_no_length_or_depth_exhausts_anything(text: str) -> None:
    begun = time.thread_time()
    with pytest.raises(PqlError):
        parse(text)
    assert time.thread_time() - begun < 20  # seconds on a slow machine; seldom over one


def test_parentheses_that_say_nothing_nest_as_deep_as_they_like() -> None:
    assert parse("(" * 49_000 + "a" + ")" * 49_000) == A


def test_an_expression_has_so_many_parts_and_no_more() -> None:
    def listed(count: int) -> str:
        return f"a in [{', '.join(['1'] * count)}]"

    assert size(parse(listed(LARGEST - 3))) == LARGEST
    with pytest.raises(PqlError, match="more than 20,000 parts"):
        parse(listed(LARGEST - 2))


def test_a_long_list_is_read() -> None:
    listed = ", ".join(f'"{place}"' for place in range(9_000))
    assert to_text(parse(f"a in [{listed}]")) == f"a in [{listed}]"


TOKENS = ["a", "X", "and", "or", "not", "!", "in", "notIn", "like", "matches", "occurs", "between",
          "on", "before", "from", "now", "today", "this", "month", "days", "let", "select",
          "exists", "sum", "over", "where", "CHAIN", "WHAT", "WHEN", "(", ")", "[", "]", "{", "}",
          ",", ".",
          ":", "=", "!=", "<", "<=", "=>", "+", "-", "*", "/", "5", "2.5", '"a"', '"', "$1", "^",
          "count", "date", "true", "\\", "ö", "\n", "\u2028", "👍", "'", "@", "\0"]  # fmt: skip


def refused_or_read(text: str) -> None:
    """Read, and then the same when printed; or refused with a sentence."""
    try:
        expression = parse(text)
    except PqlError as error:
        said = str(error)
        assert said[-1] in ".?", said
        assert len(said) < 3_000
    else:
        assert parse(to_text(expression)) == expression


@FUZZ
@given(st.lists(st.sampled_from(TOKENS), max_size=14), st.sampled_from(["", " "]))
def test_any_row_of_words_is_read_or_refused(words: list[str], between: str) -> None:
    refused_or_read(between.join(words))


@FUZZ
@given(st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")))
def test_any_letters_are_read_or_refused(text: str) -> None:
    refused_or_read(text)


@FUZZ
@given(st.sampled_from([one["expression"] for one in VECTORS]), st.integers(0, 2**32), st.data())
def test_a_spoilt_example_is_read_or_refused(text: str, seed: int, data: st.DataObject) -> None:
    letters, chance = list(text), random.Random(seed)
    for _ in range(data.draw(st.integers(1, 3))):
        place = chance.randrange(len(letters) + 1)
        match chance.choice(["drop", "put", "swap", "repeat"]):
            case "drop":
                del letters[place : place + chance.randint(1, 4)]
            case "put":
                letters[place:place] = chance.choice(TOKENS)
            case "swap":
                letters[place:] = letters[place:][::-1]
            case "repeat":
                letters[place:place] = letters[max(0, place - 6) : place]
    refused_or_read("".join(letters))
