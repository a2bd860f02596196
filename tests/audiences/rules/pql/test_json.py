"""pql/json, written and read."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.rules.pql.errors import PqlError, PqlTreeError
from audiences.rules.pql.json_reader import read_json
from audiences.rules.pql.json_writer import to_json
from audiences.rules.pql.printer import to_text
from audiences.rules.pql.syntax import Expression, Literal, Parameter
from audiences.rules.pql.text import parse
from tests.audiences.rules.pql.expressions import expressions

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text())
LAW = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DOCUMENTED = (
    '{"nodeType":"fnApply","fnName":"=","params":[{"nodeType":"fieldLookup","fieldName":"country",'
    '"object":{"nodeType":"fieldLookup","fieldName":"workAddress","object":{"nodeType":'
    '"parameterReference","position":1}}},{"nodeType":"literal","literalType":"String",'
    '"value":"US"}]}'
)


def test_the_documented_pair_is_met_to_the_byte() -> None:
    assert to_json(parse('workAddress.country = "US"')) == DOCUMENTED
    assert to_text(read_json(DOCUMENTED)) == 'workAddress.country = "US"'


@LAW
@given(expressions)
def test_what_is_written_is_read_in_its_normal_form(expression: Expression) -> None:
    written = to_json(expression)
    read = read_json(written)
    assert read_json(to_json(read)) == read
    assert to_json(read) == written


@pytest.mark.parametrize(
    "text", [vector["expression"] for vector in VECTORS if vector["format"] == "pql/text"
             and vector["expected"] != "error"]
)  # fmt: skip
def test_the_examples_of_the_language_come_back_as_they_were(text: str) -> None:
    assert read_json(to_json(parse(text))) == parse(text.replace("^^.", "$1."))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("$1.email = $1.metadata.a", "email = metadata.a"),
        ("$1.null", "$1.null"),
        ("orders[this.price > 3]", "orders[price > 3]"),
        ("orders[this.now > 3]", "orders[this.now > 3]"),
        ("orders[$1.price > 3]", "orders[$1.price > 3]"),
        ("orders[lines[^price > 3 and ^^email]]", "orders[lines[^price > 3 and $1.email]]"),
        ("exists a from b where a = $1.a", "exists a from b where a = $1.a"),
        ("x matches \"a\"", "x.matches(\"a\")"),
        ("a.get(\"b c\")", "a.get(\"b c\")"),
    ],
)  # fmt: skip
def test_a_name_is_written_bare_where_that_means_the_same(text: str, same: str) -> None:
    assert to_text(read_json(to_json(parse(text)))) == same


def test_clients_find_the_audiences_that_are_asked_for() -> None:
    written = to_json(parse('a = "x" and not inSegment("seg-b") and inSegment("seg-c")'))
    assert re.findall(r'inSegment[^}]+value":"(.+?)"}', written) == ["seg-b", "seg-c"]


FIRST_NAME: dict[str, Any] = {
    "nodeType": "fieldLookup",
    "fieldName": "firstName",
    "object": {"nodeType": "literal", "literalType": "XDMObject", "value": "profile"},
}
ANDRES = {
    "nodeType": "fnApply",
    "fnName": "=",
    "params": [FIRST_NAME, {"literalType": "string", "nodeType": "literal", "value": "Ada"}],
}


def ranged(field: str, inner: str) -> dict[str, Any]:
    """What “_” ranges over in the form of 2019: items of its last range that have a 1 there."""
    item = {"nodeType": "varRef", "varName": "X1"}
    one = {"nodeType": "literal", "literalType": "integer", "value": "1"}
    looked_up = {"nodeType": "fieldLookup", "fieldName": inner, "object": item}
    source = {"nodeType": "varRef", "varName": "_"}
    return {
        "nodeType": "varDecl",
        "varName": "_",
        "range": {
            "nodeType": "fnApply",
            "function": {
                "nodeType": "fnCreate",
                "params": [{"varName": "X1"}],
                "body": {"nodeType": "fnApply", "fnName": "=", "params": [looked_up, one]},
            },
            "params": [{"nodeType": "fieldLookup", "fieldName": field, "object": source}],
        },
    }


def quantified(quantifier: str) -> dict[str, Any]:
    variable = {"nodeType": "varRef", "varName": "x"}
    where = {"nodeType": "fieldLookup", "fieldName": "big", "object": variable}
    orders = {"nodeType": "fieldLookup", "fieldName": "orders", "object": {
        "nodeType": "parameterReference", "position": 1}}  # fmt: skip
    declared = {"nodeType": "varDecl", "varName": "x", "from": orders, "where": where}
    return {"nodeType": "quantification", "quantifier": quantifier, "variables": [declared]}


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (ANDRES, 'firstName = "Ada"'),
        ({"nodeType": "set", "variables": [ANDRES]}, 'firstName = "Ada"'),
        (
            {"nodeType": "set", "variables": [
                ANDRES, ranged("xEvent", "model"), ranged("productListItems", "name"), ANDRES]},
            'firstName = "Ada" and (select _ from xEvent.filter((X1) => X1.model = 1), '
            "_ from _.productListItems.filter((X1) => X1.name = 1) where firstName = \"Ada\")",
        ),
        (quantified("some"), "exists x from orders where x.big"),
        (quantified("all"), "forall x from orders where x.big"),
        ({"nodeType": "literal", "literalType": "List", "value": ["a", 1, 1.5, True]},
         '["a", 1, 1.5, true]'),
        ({"nodeType": "literal", "literalType": "Double", "value": 2}, "2.0"),
        ({"nodeType": "fieldLookup", "fieldName": "xdm:city", "object":
            {"nodeType": "parameterReference", "position": 1}}, '$1.get("xdm:city")'),
        (
            {"nodeType": "chain", "array": {"nodeType": "fieldLookup", "fieldName": "xEvent",
             "object": {"nodeType": "parameterReference", "position": 1}},
             "timestampField": {"nodeType": "lambda", "varNames": ["E"], "body":
                {"nodeType": "fieldLookup", "fieldName": "timestamp", "object":
                    {"nodeType": "varRef", "varName": "E"}}},
             "elements": [{"what": {"nodeType": "lambda", "varNames": ["E"], "body":
                {"nodeType": "fieldLookup", "fieldName": "a", "object":
                    {"nodeType": "varRef", "varName": "E"}}}}]},
            "CHAIN(xEvent, timestamp, [C0: WHAT(let E = this in E.a)])",
        ),
    ],
)  # fmt: skip
def test_the_forms_of_others_are_read(tree: dict[str, Any], text: str) -> None:
    assert to_text(read_json(json.dumps(tree))) == text


@pytest.mark.parametrize(
    ("tree", "path", "said"),
    [
        ("[", "", "not JSON"),
        ('{"a":NaN}', "", "out of bounds"),
        ("5", "", "not a node"),
        ("{}", "/nodeType", "missing"),
        ('{"nodeType":"fnAply"}', "/nodeType", "fnApply?"),
        ('{"nodeType":"fnApply","fnName":"and","params":[{}]}', "/params/0/nodeType", "missing"),
        ('{"nodeType":"fnApply","fnName":"and","params":[]}', "/params", "one or more"),
        ('{"nodeType":"fnApply","fnName":"=","params":[]}', "/params", "takes 2 params, not 0"),
        ('{"nodeType":"fnApply","fnName":"coutn","params":[]}', "/fnName", "Did you mean count?"),
        ('{"nodeType":"select","variables":[]}', "/variables", "Give 1 to 20 variables"),
        ('{"nodeType":"set","variables":[' + "{}," * 20 + "{}]}", "/variables", "Give 1 to 20"),
        ('{"nodeType":"varRef","varName":"x"}', "/varName", "no variable “x”"),
        ('{"nodeType":"literal","literalType":"Integer","value":"x"}', "/value", "not a number"),
        ('{"nodeType":"literal","literalType":"Integer","value":1.5}', "/value", "not a whole"),
        ('{"nodeType":"literal","literalType":"String","value":5}', "/value", "5 is not a text"),
        ('{"nodeType":"literal","literalType":"String","value":"a\\u0000"}', "/value", "kept"),
        ('{"nodeType":"parameterReference","position":2}', "/position", "Give 1"),
        ('{"nodeType":"lambda","varNames":["a b"],"body":{}}', "/varNames", "names"),
        ('{"nodeType":"fnApply","fnName":"matches","params":[{"nodeType":"parameterReference",'
         '"position":1},{"nodeType":"literal","literalType":"String","value":"["}]}',
         "/params/1", "not a regular expression"),
    ],
)  # fmt: skip
def test_what_is_no_tree_is_refused_at_its_node(tree: str, path: str, said: str) -> None:
    with pytest.raises(PqlTreeError) as caught:
        read_json(tree)
    assert (caught.value.path, said in str(caught.value)) == (path, True), str(caught.value)


NODES = ["fnApply", "literal", "fieldLookup", "varRef", "lambda", "set", "select", "let",
         "quantification", "chain", "varDecl", "parameterReference", "list",
         "fnCreate"]  # fmt: skip
KEYS = ["fnName", "params", "fieldName", "object", "value", "literalType", "varName", "varNames",
        "body", "variables", "position", "array", "timestampField", "elements", "what", "function",
        "range", "from", "where", "items"]  # fmt: skip
words = st.sampled_from(["and", "=", "occurs", "count", "profile", "this", "_", "day", "List"])
nodes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | words,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries(
            {"nodeType": st.sampled_from(NODES)}, optional=dict.fromkeys(KEYS, inner)
        )
    ),
    max_leaves=15,
)


@LAW
@given(nodes)
def test_whatever_json_there_is_only_ever_a_clear_error(tree: Any) -> None:
    said, expression = ".", None
    try:
        expression = read_json(json.dumps(tree))
    except PqlError as error:
        said = str(error)
    assert said[-1] in ".?"
    assert expression is None or read_json(to_json(expression)) == expression


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"nodeType":"fnApply","fnName":"not","params":[' * 400,
        '{"nodeType":"fieldLookup","fieldName":"a","object":' * 450
        + '{"nodeType":"parameterReference","position":1}' + "}" * 450,
        '"' * 1_100_000,
        '"' + '\\"' * 400_000,
        '"' * 900_001,
        '{"nodeType":"literal","literalType":"Integer","value":' + "9" * 5_000 + "}",
    ],
)  # fmt: skip
def test_no_depth_or_length_exhausts_anything(text: str) -> None:
    with pytest.raises(PqlError):
        read_json(text)


def test_what_a_text_can_nest_json_can() -> None:
    deep = "not (" * 98 + "a = b" + ")" * 98
    assert to_text(read_json(to_json(parse(deep)))).count("not") == 98
    assert isinstance(parse("$1"), Parameter)
    assert Literal(True) != Literal(1)
