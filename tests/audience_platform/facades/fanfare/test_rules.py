"""Fanfare's rules: each field and operator, in each spelling, and whom they mean."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone

from audience_platform.facades.fanfare.fields import COLUMNS, IN_METADATA
from audience_platform.facades.fanfare.operators import OPERATORS, operator_of
from audiences.models import Audience
from audiences.services import redefine_audience, work_out
from audiences.services.meaning import Meanings
from segments.models import Membership, Space
from tests.audience_platform.facades.fanfare.conftest import Fanfare
from tests.conftest import Make

NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture
def people(make_membership: Make) -> dict[str, Membership]:
    recent = NOW - datetime.timedelta(days=5)
    long_ago = datetime.datetime(2020, 5, 1, 12, tzinfo=datetime.UTC)
    return {
        "ana": make_membership(
            external_id="7",
            email="Ana@Example.com",
            phone="+31612345678",
            full_name="Ana Lópes",
            total_orders=10,
            total_order_value="500.00",
            last_order_at=recent,
            created_at=long_ago,
            birthday=datetime.date(1990, 2, 28),
            metadata={
                "tags": ["VIP", "Verified"],
                "loyaltyScore": 120,
                "aov": "50.00",
                "status": "ACTIVE",
                "optedIn": True,
                "joined": "2024-03-01",
            },
        ),
        "ben": make_membership(
            external_id="ben",
            email="ben@shop.edu",
            total_orders=2,
            total_order_value="99.99",
            last_order_at=long_ago,
            metadata={"tags": "VIPs", "status": "INACTIVE", "loyaltyScore": "80"},
        ),
        "cleo": make_membership(external_id="cleo"),
    }


@pytest.fixture
def meant(fanfare: Fanfare, people: dict[str, Membership], space: Space) -> Any:
    """Who a new audience of these rules means, by their names."""

    def ask(*rules: dict[str, Any]) -> str:
        made = fanfare.made("audiences", {"name": "x", "type": "DYNAMIC", "rules": list(rules)})
        rule = Audience.objects.get(id=made["id"]).rule
        found = work_out(space=space, meanings=Meanings({}, {}), rules=[rule], at=timezone.now())[0]
        return " ".join(name for name, person in people.items() if person.pk in found)

    return ask


def rule(field: str, operator: str, *values: Any, **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "values": list(values), **more}


@pytest.mark.parametrize(
    ("field", "operator", "values", "who"),
    [
        # the table of the seed's page
        ("email", "EQUALS", ["ana@example.com"], "ana"),
        ("email", "CONTAINS", ["@example.com", "@shop"], "ana ben"),
        ("phone", "EXISTS", [], "ana"),
        ("fullName", "STARTS_WITH", ["ana"], "ana"),
        ("totalOrders", "GREATER_THAN_OR_EQUAL", [2], "ana ben"),
        ("totalOrderValue", "GREATER_THAN", [99.99], "ana"),
        ("lastOrderAt", "LESS_THAN", ["2021-01-01"], "ben"),
        ("createdAt", "LESS_THAN_OR_EQUAL", ["2020-05-01"], "ana"),
        ("createdAt", "EQUALS", ["2020-05-01T12:00:00.000Z"], "ana"),
        ("createdAt", "EQUALS", ["2020-05-01"], "ana"),
        ("externalId", "EQUALS", [7], "ana"),
        ("metadata.status", "IN", ["ACTIVE", "AWAY"], "ana"),
        ("metadata.optedIn", "EQUALS", [True], "ana"),
        ("metadata.joined", "GREATER_THAN", ["2024-02-01"], "ana"),
        # further names, and facts that are in the metadata here
        ("ltv", "BETWEEN", [99.99, 500], "ana ben"),
        ("totalSpend", "LESS_THAN", ["100.00"], "ben cleo"),
        ("lastPurchaseAt", "NOT_EXISTS", [], "cleo"),
        ("emailDomain", "EQUALS", ["example.com"], "ana"),
        ("age", "GREATER_THAN", [18], "ana"),
        ("loyaltyScore", "GREATER_THAN", [79], "ana ben"),
        ("aov", "GREATER_THAN_OR_EQUAL", [50], "ana"),
        ("attributes.status", "EQUALS", ["active"], "ana"),
        # several values, none, and null
        ("email", "NOT_EQUALS", ["ana@example.com"], "ben cleo"),
        ("email", "NOT_CONTAINS", ["@example.com", ".edu"], "cleo"),
        ("status", "NOT_IN", ["ACTIVE"], "ben cleo"),
        ("status", "IN", ["ACTIVE", None], "ana cleo"),
        ("status", "EQUALS", ["ACTIVE", 7, True], "ana"),
        ("totalOrders", "IN", [2, 10], "ana ben"),
        ("totalOrders", "NOT_IN", [2, 0], "ana"),
        # lists of texts
        ("tags", "CONTAINS", ["vip"], "ana"),
        ("tags", "NOT_CONTAINS", ["VIP"], "ben cleo"),
        ("metadata.tags", "hasAll", ["VIP", "Verified"], "ana"),
        ("tags", "hasAny", ["Verified", "VIPs"], "ana ben"),
        # lengths of time
        ("lastOrderAt", "within", ["30 days"], "ana"),
        ("lastOrderAt", "within", [1, "week"], "ana"),
        ("lastOrderAt", "notWithin", [30], "ben cleo"),
        ("lastOrderAt", "after", ["2021-01-01"], "ana"),
        ("lastOrderAt", "before", ["2021-01-01T00:00:00Z"], "ben"),
        ("email", "endsWith", [".edu"], "ben"),
        ("phone", "isEmpty", [], "ben cleo"),
        ("phone", "isNotEmpty", [], "ana"),
    ],
)
def test_whom_a_rule_means(
    meant: Any, field: str, operator: str, values: list[Any], who: str
) -> None:
    assert meant(rule(field, operator, *values)) == who


def test_rules_of_a_group_must_all_hold_and_of_the_groups_one(meant: Any) -> None:
    first = rule("totalOrders", "GREATER_THAN", 5)
    second = rule("totalOrders", "LESS_THAN", 5)
    assert meant(first, second) == ""
    assert meant({**first, "groupId": "A"}, {**second, "groupId": "B"}) == "ana ben cleo"
    edu = rule("email", "ENDS_WITH", ".edu", groupId="B")
    assert meant({**first, "groupId": "A"}, {**second, "groupId": "B"}, edu) == "ana ben"


def test_no_rules_mean_nobody(meant: Any) -> None:
    assert meant() == ""


def test_one_value_may_stand_alone(meant: Any) -> None:
    assert meant({"field": "totalOrders", "operator": "EQUALS", "value": 2}) == "ben"


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_goes_by_each_spelling(operator: str) -> None:
    first, *words = operator.lower().split("_")
    camel = first + "".join(word.capitalize() for word in words)
    assert {operator_of(said) for said in (operator, operator.lower(), camel)} == {operator}


@pytest.mark.parametrize("field", [*COLUMNS, *IN_METADATA, "metadata.a.b", "attributes.c"])
def test_every_field_can_be_asked_for(fanfare: Fanfare, field: str) -> None:
    asked = [rule(field, "EXISTS"), rule(field, "NOT_EXISTS")]
    made = fanfare.made("audiences", {"name": "x", "type": "DYNAMIC", "rules": asked})
    assert [one["field"] for one in made["rules"]] == [field, field]


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (rule("shoeSize", "EXISTS"), "field"),
        (rule("metadata.", "EXISTS"), "field"),
        (rule("email", "LIKE", "x"), "operator"),
        (rule("totalOrders", "STARTS_WITH", "1"), "operator"),
        (rule("totalOrders", "GREATER_THAN"), "values"),
        (rule("totalOrders", "GREATER_THAN", 1, 2), "values"),
        (rule("totalOrders", "GREATER_THAN", None), "values"),
        (rule("totalOrders", "GREATER_THAN", "many"), "values"),
        (rule("totalOrders", "BETWEEN", 1), "values"),
        (rule("totalOrders", "BETWEEN", 2, 1), "values"),
        (rule("totalOrders", "EXISTS", 1), "values"),
        (rule("email", "EQUALS", [1]), "values"),
        (rule("email", "EQUALS"), "values"),
        (rule("email", "CONTAINS", ""), "values"),
        (rule("createdAt", "EQUALS", "yesterday"), "values"),
        (rule("lastOrderAt", "WITHIN", "a while"), "values"),
        (rule("email", "EXISTS", groupId=7), "groupId"),
        (rule("email", "EXISTS", groupId="x" * 256), "groupId"),
        (rule("email", "EXISTS", position="first"), "position"),
    ],
)
def test_a_wrong_rule_is_told_at_its_place_and_changes_nothing(
    fanfare: Fanfare, wrong: dict[str, Any], place: str
) -> None:
    made = fanfare.made("audiences", {"name": "x", "type": "DYNAMIC", "rules": []})
    answer = fanfare.post(f"audiences/{made['id']}/rules", [rule("email", "EXISTS"), wrong])
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["details"]] == [f"1.{place}"]
    assert fanfare.get(f"audiences/{made['id']}/rules").json() == []


def test_rules_made_elsewhere_are_read_from_the_rule(fanfare: Fanfare, make_audience: Make) -> None:
    """As long as any of alls, of conditions that Fanfare has too, says it."""
    orders = {"field": "total_orders", "operator": "between", "value": [1, 5]}
    recent = {"field": "last_order_at", "operator": "within_last"}
    recent["value"] = {"amount": 30, "unit": "day"}  # type: ignore[assignment]  # an object
    audience = make_audience("rules", name="Two", rule={"any": [{"all": [orders, recent]}, orders]})
    told = fanfare.get(f"audiences/{audience.id}/rules").json()
    said = [(one["field"], one["operator"], one["values"], one["groupId"]) for one in told]
    assert said == [
        ("totalOrders", "BETWEEN", [1, 5], "group-0"),
        ("lastOrderAt", "WITHIN", ["30 days"], "group-0"),
        ("totalOrders", "BETWEEN", [1, 5], "group-1"),
    ]
    gone = fanfare.delete(f"audiences/{audience.id}/rules/{told[2]['id']}")
    assert gone.status_code == 200
    assert len(fanfare.get(f"audiences/{audience.id}/rules").json()) == 2


def test_a_rule_that_fanfare_cannot_say_is_not_changed_by_halves(
    fanfare: Fanfare, make_audience: Make
) -> None:
    sample = {"sample": {"percent": 10, "seed": "x"}}
    audience = make_audience("rules", name="A sample", rule=sample)
    assert fanfare.get(f"audiences/{audience.id}").json()["rules"] == []
    answer = fanfare.post(f"audiences/{audience.id}/rules", rule("email", "EXISTS"))
    assert answer.status_code == 409
    assert "made elsewhere" in answer.json()["message"]
    replaced = fanfare.put(f"audiences/{audience.id}/rules", [rule("email", "EXISTS")])
    assert (replaced.status_code, len(replaced.json())) == (200, 1)


def test_kept_rules_give_way_to_what_the_audience_means_now(fanfare: Fanfare) -> None:
    sent = {"name": "x", "type": "DYNAMIC", "rules": [rule("totalOrders", "GREATER_THAN", 5)]}
    id = fanfare.made("audiences", sent)["id"]
    document = {"field": "email", "operator": "is_present"}
    redefine_audience(Audience.objects.get(id=id), configuration={"rule": document})
    [told] = fanfare.get(f"audiences/{id}/rules").json()
    assert (told["field"], told["operator"], told["values"]) == ("email", "EXISTS", [])


def test_ids_of_rules_are_kept_and_not_given_twice(fanfare: Fanfare) -> None:
    mine = rule("email", "EXISTS", id="mine")
    id = fanfare.made("audiences", {"name": "x", "type": "DYNAMIC", "rules": [mine]})["id"]
    assert fanfare.get(f"audiences/{id}/rules/mine").json()["operator"] == "EXISTS"
    assert fanfare.post(f"audiences/{id}/rules", mine).status_code == 400
    twice = fanfare.put(f"audiences/{id}/rules", {"rules": [mine, mine]})
    assert twice.status_code == 400
    assert len(fanfare.get(f"audiences/{id}/rules").json()) == 1


def test_a_tier_says_its_bounds_exactly(fanfare: Fanfare, meant: Any) -> None:
    """Who has 500 is in the upper of two tiers that meet there, and in it alone."""
    tiers = [
        {"name": "Low", "startValue": 0, "endValue": 500, "order": 0},
        {"name": "High", "startValue": 500, "order": 1},
    ]
    sent = {"groupName": "Spend", "attribute": "lifetimeSpend", "tiers": tiers}
    made = fanfare.made("audiences/loyalty-tiers", sent)["audiences"]
    assert made[0]["metadata"]["tierAttribute"] == "lifetimeSpend"
    low, high = (meant(*({**one, "id": None} for one in audience["rules"])) for audience in made)
    assert (low, high) == ("ben cleo", "ana")
