"""``POST /api/rules/convert``: rules and PQL, each in the words of the other."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience

Make = Callable[..., Any]
RULE = {
    "all": [
        {"field": "total_orders", "operator": "greater", "value": 5},
        {"field": "metadata.tier", "operator": "in", "value": ["gold", "platinum"]},
    ]
}
TEXT = 'totalOrders > 5 and stringCompare("equals", metadata.tier, ["gold", "platinum"], false)'
COUNTRY = (
    '{"nodeType":"fnApply","fnName":"=","params":[{"nodeType":"fieldLookup","fieldName":"country",'
    '"object":{"nodeType":"fieldLookup","fieldName":"workAddress","object":{"nodeType":'
    '"parameterReference","position":1}}},{"nodeType":"literal","literalType":"String",'
    '"value":"US"}]}'
)


@pytest.fixture
def ask(api: Any, at: Any) -> Callable[..., Any]:
    def ask(format: str, value: Any, to: str, **more: Any) -> Any:
        attributes = {"format": format, "value": value, "to": to}
        data = {"type": "rule-conversions", "attributes": attributes, **more}
        return api.post("rules/convert", {"data": data})

    return ask


@pytest.fixture
def convert(ask: Make) -> Callable[..., Any]:
    def convert(*given: Any) -> Any:
        response = ask(*given)
        assert response.status_code == 200, response.content
        return response.json()["data"]["attributes"]

    return convert


@pytest.fixture
def refused(ask: Make) -> Callable[..., list[tuple[str, str]]]:
    """The places and sentences of a refusal."""

    def refused(*given: Any) -> list[tuple[str, str]]:
        response = ask(*given)
        assert response.status_code == 422, response.content
        return [
            (error["source"]["pointer"], error["detail"]) for error in response.json()["errors"]
        ]

    return refused


def test_a_rule_is_said_in_pql_and_back(convert: Make) -> None:
    said = convert("rules", RULE, "pql/text")
    assert said["converted"] == TEXT
    assert said["summary"] == "orders are more than 5 and tier is one of gold, platinum"
    assert said["warnings"] == []
    assert (said["format"], said["value"], said["to"]) == ("rules", RULE, "pql/text")
    assert convert("pql/text", TEXT, "rules")["converted"] == RULE


def test_definition_queries_are_a_language_too(convert: Make, refused: Make) -> None:
    rule = {"all": [RULE["all"][0], {"field": "birthday", "operator": "is_present"}]}
    query = "trait('total_orders') > 5 AND trait('birthday').exists()"

    assert convert("rules", rule, "definition_query")["converted"] == query
    assert convert("definition_query", query, "rules")["converted"] == rule
    assert convert("definition_query", query, "pql/text")["converted"].startswith("totalOrders > 5")
    assert convert("definition_query", f" {query}", "definition_query")["converted"] == f" {query}"

    place, reason = refused("rules", RULE, "definition_query")[0]
    assert place == "/data/attributes/to"
    assert reason.endswith("They compare texts as written: make it case-sensitive.")
    place, reason = refused("definition_query", "trait('a'", "rules")[0]
    assert place == "/data/attributes/value"
    assert reason.startswith("Line 1, column 10")


def test_the_two_forms_of_pql_are_converted_to_the_byte(convert: Make) -> None:
    text = 'workAddress.country = "US"'
    assert convert("pql/text", f" {text} ", "pql/json")["converted"] == COUNTRY
    assert convert("pql/json", COUNTRY, "pql/text")["converted"] == text


def test_pql_json_may_be_sent_as_json(convert: Make) -> None:
    literal = {"nodeType": "literal", "literalType": "Boolean", "value": True}
    assert convert("pql/json", literal, "pql/text")["converted"] == "true"


def test_its_own_language_is_put_in_its_canonical_form(convert: Make) -> None:
    assert convert("pql/text", "((a) =\n1)", "pql/text")["converted"] == "a = 1"
    number = {"field": "total_orders", "operator": "equals", "value": "5.0"}
    assert convert("rules", number, "rules")["converted"] == {**number, "value": 5}


def test_what_it_refers_to_is_named(convert: Make, make_segment: Make, make_audience: Make) -> None:
    gold = make_segment("gold", name="Gold")
    young = make_audience("age_within", minimum_age=18)
    text = f'inSegment("gold") or inSegment("{young.id}")'
    found = convert("pql/text", text, "rules")
    assert found["converted"] == {
        "any": [{"in_segment": str(gold.id)}, {"in_audience": str(young.id)}]
    }
    said = convert("rules", {"in_segment": str(gold.id)}, "pql/text")
    assert said["converted"] == f'inSegment("{gold.id}")'
    assert said["summary"] == "in Gold"
    assert Audience.objects.count() == 1


def test_what_means_less_than_it_seems_is_warned_of(convert: Make) -> None:
    (events,) = convert("pql/text", "xEvent.count() > 2", "pql/json")["warnings"]
    assert "events" in events
    (unknown,) = convert("pql/text", 'inSegment("nobody")', "pql/json")["warnings"]
    assert "nobody" in unknown


def test_what_rules_cannot_say_is_refused_part_by_part(refused: Make) -> None:
    text = 'orders.count() > 2 and totalOrders > 1 and (email = phone or inSegment("x"))'
    assert refused("pql/text", text, "rules") == [
        ("/data/attributes/to", "Rules can't say “orders.count() > 2”."),
        ("/data/attributes/to", "Rules can't say “email = phone”."),
        ("/data/attributes/to", "Nothing in this space goes by “x”."),
    ]
    ((_, nothing),) = refused("pql/text", "not (email.isNull() and false)", "rules")
    assert nothing == "It holds for everybody, whatever their values. A rule asks for something."


def test_what_holds_for_all_or_none_is_left_out_of_a_rule(convert: Make) -> None:
    text = "(true and email.isNull() or false) and not (false)"
    assert convert("pql/text", text, "rules")["converted"] == {
        "field": "email",
        "operator": "is_missing",
    }


def test_a_rule_too_deep_for_rules_is_refused(refused: Make) -> None:
    text = "email.isNull() and (phone.isNull() or (" * 12 + "totalOrders > 1" + "))" * 12
    ((place, detail),) = refused("pql/text", text, "rules")
    assert place == "/data/attributes/to"
    assert "at most 20 deep" in detail


def test_what_pql_cannot_say_is_refused_part_by_part(refused: Make) -> None:
    rule = {"any": [{"sample": {"percent": 5}}, {"field": "age", "operator": "less", "value": 9}]}
    assert [place for place, _ in refused("rules", rule, "pql/text")] == ["/data/attributes/to"] * 2


def test_what_makes_no_sense_is_refused_at_its_place(refused: Make) -> None:
    rule = {"all": [{"field": "nothing", "operator": "less", "value": 9}]}
    ((place, _),) = refused("rules", rule, "pql/text")
    assert place == "/data/attributes/value/all/0/field"
    ((place, detail),) = refused("pql/text", "a ==\n 1", "pql/json")
    assert place == "/data/attributes/value"
    assert detail.startswith("Line 1, column 4: “=” stands where a value should.")
    ((place, detail),) = refused("pql/json", '{"nodeType":"x"}', "pql/text")
    assert (place, detail[:13]) == ("/data/attributes/value", "At /nodeType:")
    assert refused("sql", "a", "rules")[0][0] == "/data/attributes/format"
    assert refused("rules", {}, "sql")[0][0] == "/data/attributes/to"
    assert refused("pql/text", 5, "rules")[0][0] == "/data/attributes/value"


def test_a_key_that_may_only_read_may_ask(make_program: Make) -> None:
    attributes = {"format": "pql/text", "value": "true", "to": "pql/text"}
    document = {"data": {"type": "rule-conversions", "attributes": attributes}}
    assert make_program(scope="read").post("rules/convert", document).status_code == 200


def test_the_id_is_that_of_the_answer_alone(ask: Make, api: Any) -> None:
    id = str(uuid.uuid4())
    data = ask("pql/text", "true", "pql/json", id=id).json()["data"]
    assert (data["type"], data["id"]) == ("rule-conversions", id)
    assert api.get("rules").status_code == 404
