"""``/api/audience-groups``: plain groups, tiers, and quintiles."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audience_platform.models import Scope
from audiences.models import Audience, AudienceGroup
from audiences.services.groups import make_group
from audiences.services.tiers import make_tiers
from segments.models import Membership, Space

Make = Callable[..., Any]
TIERS: list[dict[str, Any]] = [
    {"name": "Bronze", "start": 0, "end": 10},
    {"name": "Silver", "start": 10, "end": 20},
    {"name": "Gold", "start": 20, "end": None},
]


def document(id: Any = None, *, audiences: Any = None, **attributes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"type": "audience-groups", "attributes": attributes}
    if id is not None:
        data["id"] = str(id)
    if audiences is not None:
        data["relationships"] = {"audiences": {"data": linkage(audiences)}}
    return {"data": data}


def linkage(audiences: Any) -> list[dict[str, str]]:
    return [{"type": "audiences", "id": str(audience.id)} for audience in audiences]


def names(answer: Any) -> list[str]:
    return [one["attributes"]["name"] for one in answer.json()["data"]]


def problem(answer: Any, status: int) -> tuple[str | None, str]:
    assert answer.status_code == status, answer.content
    (error,) = answer.json()["errors"]
    return error.get("source", {}).get("pointer"), error["detail"]


@pytest.fixture
def three(make_audience: Make) -> list[Audience]:
    return [make_audience("age_within", minimum_age=age, name=f"{age}+") for age in (18, 40, 65)]


@pytest.fixture
def ages(space: Space, three: list[Audience]) -> AudienceGroup:
    return make_group(space=space, name="Ages", audiences=[three[2], three[0]])


@pytest.fixture
def loyalty(space: Space) -> AudienceGroup:
    return make_tiers(space=space, name="Loyalty", attribute="total_orders", tiers=TIERS)


# Plain groups


def test_a_group_is_made_with_its_audiences_in_order(api: Any, three: list[Audience]) -> None:
    wanted = [three[1], three[2], three[0]]
    made = api.post("audience-groups", document(name="Ages", audiences=wanted))
    assert made.status_code == 201
    data = made.json()["data"]
    assert data["attributes"]["kind"] == "plain"
    assert (data["attributes"]["attribute"], data["attributes"]["tiers"]) == ("", None)
    assert data["relationships"]["audiences"]["data"] == linkage(wanted)
    assert names(api.get(f"audience-groups/{data['id']}/audiences")) == ["40+", "65+", "18+"]
    included = api.get(f"audience-groups/{data['id']}?include=audiences").json()["included"]
    assert len(included) == 3


def test_its_audiences_are_put_in_taken_out_and_ordered(
    api: Any, ages: AudienceGroup, three: list[Audience]
) -> None:
    path = f"audience-groups/{ages.id}/relationships/audiences"
    added = api.post(path, {"data": linkage(three)})
    assert added.json()["meta"] == {"added": 1, "removed": 0}
    assert names(api.get(f"audience-groups/{ages.id}/audiences")) == ["65+", "18+", "40+"]
    removed = api.delete(path, {"data": linkage(three[:1])})
    assert removed.json()["meta"] == {"added": 0, "removed": 1}
    api.patch(path, {"data": linkage([three[1], three[2]])})
    assert api.get(path).json()["data"] == linkage([three[1], three[2]])
    api.patch(f"audience-groups/{ages.id}", document(ages.id, audiences=[], name="None"))
    assert api.get(path).json()["data"] == []


def test_an_audience_is_in_one_group_at_most(
    api: Any, ages: AudienceGroup, three: list[Audience], loyalty: AudienceGroup
) -> None:
    answer = api.post("audience-groups", document(name="More", audiences=three[:2]))
    pointer, detail = problem(answer, 409)
    assert pointer == "/data/relationships/audiences"
    assert "“18+” is in the group “Ages” already. Take it out there first." in detail
    path = f"audience-groups/{ages.id}/relationships/audiences"
    answer = api.post(path, {"data": linkage(loyalty.audiences.all()[:1])})
    assert "is in the group “Loyalty” already" in problem(answer, 409)[1]
    assert answer.json()["errors"][0]["code"] == "conflict"
    assert AudienceGroup.objects.count() == 2


def test_a_group_goes_and_its_audiences_stay_unless_they_shall_go_too(
    api: Any, ages: AudienceGroup, three: list[Audience], make_offer: Make, make_audience: Make
) -> None:
    offer = make_offer(three[2], name="Coffee")
    make_audience("rules", rule={"in_audience": str(three[0].id)}, name="Adults")
    answer = api.delete(f"audience-groups/{ages.id}?include=audiences")
    assert answer.status_code == 409
    (error,) = answer.json()["errors"]
    assert error["detail"] == (
        "“65+” is in use by “Coffee”; “18+” is in use by “Adults”. Take them off first."
    )
    assert [user["name"] for user in error["meta"]["used_by"]] == ["Coffee", "Adults"]
    assert error["meta"]["used_by"][0] == {"type": "offers", "id": str(offer.id), "name": "Coffee"}
    assert ages.audiences.count() == 2
    refused = api.delete(f"audience-groups/{ages.id}?include=members")
    assert refused.status_code == 400
    assert api.delete(f"audience-groups/{ages.id}").status_code == 200
    assert (AudienceGroup.objects.count(), Audience.objects.count()) == (0, 4)


def test_audiences_that_ask_for_each_other_go_together(
    api: Any, space: Space, three: list[Audience], make_audience: Make
) -> None:
    both = [three[0], make_audience("rules", rule={"in_audience": str(three[0].id)})]
    group = make_group(space=space, name="Both", audiences=both)
    assert api.delete(f"audience-groups/{group.id}?include=audiences").status_code == 200
    assert Audience.objects.count() == 2


def test_an_audience_in_a_group_is_not_deleted(api: Any, ages: AudienceGroup) -> None:
    answer = api.delete(f"audiences/{ages.audiences.all()[0].id}")
    assert answer.status_code == 409
    (user,) = answer.json()["errors"][0]["meta"]["used_by"]
    assert user == {"type": "audience-groups", "id": str(ages.id), "name": "Ages"}


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({}, "/data/attributes/name"),
        ({"name": ""}, "/data/attributes/name"),
        ({"name": "x" * 256}, "/data/attributes/name"),
        ({"name": "A", "kind": "ladder"}, "/data/attributes/kind"),
        ({"name": "A", "kind": "rfm"}, "/data/attributes/kind"),
        ({"name": "A", "tiers": TIERS}, "/data/attributes/tiers"),
        ({"name": "A", "attribute": "age"}, "/data/attributes/attribute"),
        ({"name": "A", "kind": "tiers"}, "/data/attributes/attribute"),
        ({"name": "A", "kind": "tiers", "attribute": "email"}, "/data/attributes/attribute"),
        ({"name": "A", "kind": "tiers", "attribute": "age"}, "/data/attributes/tiers"),
        ({"name": "A", "kind": "tiers", "attribute": "age", "tiers": {}}, "/data/attributes/tiers"),
        (
            {"name": "A", "kind": "tiers", "attribute": "birthday", "tiers": TIERS[:1]},
            "/data/attributes/tiers/0/start",
        ),
        ({"name": "A", "size": 3}, "/data/attributes/size"),
    ],
)
def test_what_is_no_group_is_pointed_at(api: Any, attributes: Any, pointer: str) -> None:
    answer = api.post("audience-groups", document(**attributes))
    assert answer.status_code == 422
    assert pointer in [error["source"]["pointer"] for error in answer.json()["errors"]]
    assert (AudienceGroup.objects.count(), Audience.objects.count()) == (0, 0)


def test_an_audience_tells_its_group(api: Any, ages: AudienceGroup, three: list[Audience]) -> None:
    told = api.get(f"audiences/{three[0].id}?include=group").json()
    assert told["data"]["relationships"]["group"]["data"]["id"] == str(ages.id)
    assert told["included"][0]["attributes"]["name"] == "Ages"
    assert api.get(f"audiences/{three[0].id}/group").json()["data"]["id"] == str(ages.id)
    assert api.get(f"audiences/{three[1].id}/group").json()["data"] is None
    assert names(api.get(f"audiences?filter[group]={ages.id}&sort=name")) == ["18+", "65+"]
    path = f"audiences/{three[1].id}/relationships/group"
    assert api.patch(path, {"data": None}).status_code == 403


# Tiers


def test_tiers_are_made_read_and_sent_back(
    api: Any, people: Any, refresh: Callable[[], None]
) -> None:
    made = api.post(
        "audience-groups",
        document(name="Loyalty", kind="tiers", attribute="total_orders", tiers=TIERS),
    )
    assert made.status_code == 201, made.content
    refresh()
    data = api.get(f"audience-groups/{made.json()['data']['id']}").json()["data"]
    told = data["attributes"]["tiers"]
    assert [(one["name"], one["start"], one["end"], one["size"]) for one in told] == [
        ("Bronze", 0, 10, 10),
        ("Silver", 10, 20, 10),
        ("Gold", 20, None, 10),
    ]
    audiences = [one["id"] for one in data["relationships"]["audiences"]["data"]]
    assert audiences == [one["id"] for one in told]
    silver = api.get(f"audiences/{audiences[1]}").json()["data"]["attributes"]
    assert silver["summary"] == "with orders from 10 to under 20"
    assert silver["audience_type"] == "tier"
    stored = list(Audience.objects.values_list("updated_at"))
    sent = {name: data[name] for name in ("type", "id", "attributes")}
    sent["relationships"] = {"audiences": data["relationships"]["audiences"]}
    assert api.patch(f"audience-groups/{data['id']}", {"data": sent}).status_code == 200
    assert list(Audience.objects.values_list("updated_at")) == stored


def test_tiers_with_a_gap_are_refused_by_name(api: Any, loyalty: AudienceGroup) -> None:
    wanted = [TIERS[0], {**TIERS[1], "start": 12}, TIERS[2]]
    answer = api.patch(f"audience-groups/{loyalty.id}", document(loyalty.id, tiers=wanted))
    pointer, detail = problem(answer, 422)
    assert pointer == "/data/attributes/tiers/1/start"
    assert detail.startswith("“Bronze” ends at 10 and “Silver” begins at 12")


def test_a_tier_in_use_is_not_left_out(api: Any, loyalty: AudienceGroup, make_offer: Make) -> None:
    make_offer(loyalty.audiences.get(name="Gold"), name="Coffee")
    wanted = [TIERS[0], {**TIERS[1], "end": None}]
    answer = api.patch(f"audience-groups/{loyalty.id}", document(loyalty.id, tiers=wanted))
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["meta"]["used_by"][0]["name"] == "Coffee"
    assert loyalty.audiences.count() == 3
    assert api.delete(f"audience-groups/{loyalty.id}").status_code == 409


def test_a_groups_kind_and_the_audiences_of_tiers_stay(
    api: Any, loyalty: AudienceGroup, ages: AudienceGroup, three: list[Audience]
) -> None:
    answer = api.patch(f"audience-groups/{ages.id}", document(ages.id, kind="tiers"))
    assert problem(answer, 422)[0] == "/data/attributes/kind"
    answer = api.patch(f"audience-groups/{ages.id}", document(ages.id, tiers=TIERS))
    assert problem(answer, 422)[0] == "/data/attributes/tiers"
    answer = api.patch(f"audience-groups/{loyalty.id}", document(loyalty.id, audiences=[]))
    assert problem(answer, 403)[0] == "/data/relationships/audiences"
    path = f"audience-groups/{loyalty.id}/relationships/audiences"
    for method in ("POST", "PATCH", "DELETE"):
        assert api.ask(method, path, {"data": linkage(three[1:2])}).status_code == 403
    both = document(name="B", kind="tiers", attribute="age", tiers=TIERS, audiences=three[1:2])
    assert api.post("audience-groups", both).status_code == 403
    assert AudienceGroup.objects.count() == 2


def test_a_tier_is_not_changed_alone(api: Any, loyalty: AudienceGroup, people: Any) -> None:
    gold = loyalty.audiences.get(name="Gold")
    changes: list[tuple[dict[str, Any], str]] = [
        ({"configuration": {"attribute": "age", "start": 3}}, "/data/attributes/configuration"),
        ({"name": "Golden"}, "/data/attributes/name"),
        ({"lifecycle": "archived"}, "/data/attributes/lifecycle"),
    ]
    for attributes, place in changes:
        data = {"type": "audiences", "id": str(gold.id), "attributes": attributes}
        pointer, detail = problem(api.patch(f"audiences/{gold.id}", {"data": data}), 422)
        assert pointer == place
        assert "“Gold” is a tier of “Loyalty”" in detail
    member = [{"type": "memberships", "id": str(people[0].id)}]
    answer = api.post(f"audiences/{gold.id}/relationships/included", {"data": member})
    assert "follows from the bounds alone" in problem(answer, 422)[1]


def preview(group: Any = None, **attributes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"type": "audience-group-previews", "attributes": attributes}
    if group is not None:
        named = {"type": "audience-groups", "id": str(group.id)}
        data["relationships"] = {"group": {"data": named}}
    return {"data": data}


def test_a_preview_tells_who_would_move(
    api: Any, make_program: Make, loyalty: AudienceGroup, people: Any, make_offer: Make
) -> None:
    make_offer(loyalty.audiences.get(name="Gold"), name="Coffee")
    wanted = [{"name": "Bronze", "start": 5, "end": 15}, {"name": "Top", "start": 15}]
    reader = make_program(scope=Scope.READ)
    answer = reader.post("audience-groups/preview", preview(loyalty, tiers=wanted))
    assert answer.status_code == 200, answer.content
    told = answer.json()["data"]["attributes"]
    assert told["moves"] == [
        {"from": "Bronze", "to": "Bronze", "members": 5, "stays": True},
        {"from": "Bronze", "to": None, "members": 5, "stays": False},
        {"from": "Silver", "to": "Bronze", "members": 5, "stays": False},
        {"from": "Silver", "to": "Top", "members": 5, "stays": False},
        {"from": "Gold", "to": "Top", "members": 10, "stays": False},
    ]
    assert [(one["name"], one["before"], one["members"]) for one in told["tiers"]] == [
        ("Bronze", 10, 10),
        ("Top", None, 15),
    ]
    assert (told["moved"], told["outside"], told["everyone"]) == (25, 5, 30)
    silver, gold = told["gone"]
    assert (silver["name"], silver["used_by"], gold["members"]) == ("Silver", [], 10)
    assert gold["used_by"][0]["name"] == "Coffee"
    assert loyalty.audiences.count() == 3


def test_a_preview_needs_no_group(api: Any, people: Any) -> None:
    answer = api.post("audience-groups/preview", preview(attribute="total_orders", tiers=TIERS))
    told = answer.json()["data"]["attributes"]
    assert [one["to"] for one in told["moves"]] == ["Bronze", "Silver", "Gold"]
    assert {one["from"] for one in told["moves"]} == {None}


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({}, "/data/attributes/attribute"),
        ({"attribute": "age"}, "/data/attributes/tiers"),
        ({"attribute": "age", "tiers": [{"name": "A"}]}, "/data/attributes/tiers/0/start"),
        ({"attribute": 5}, "/data/attributes/attribute"),
    ],
)
def test_a_preview_points_at_what_it_cannot_use(api: Any, attributes: Any, pointer: str) -> None:
    assert problem(api.post("audience-groups/preview", preview(**attributes)), 422)[0] == pointer


def test_a_preview_of_a_plain_group_is_refused(api: Any, ages: AudienceGroup) -> None:
    answer = api.post("audience-groups/preview", preview(ages))
    assert problem(answer, 422)[0] == "/data/relationships/group"


# Members


def test_members_come_with_the_audiences_that_they_are_in(
    api: Any,
    space: Space,
    people: list[Membership],
    make_audience: Make,
    refresh: Callable[[], None],
) -> None:
    def audience(name: str, operator: str, value: int) -> Audience:
        rule = {"field": "total_orders", "operator": operator, "value": value}
        made: Audience = make_audience("rules", rule=rule, name=name)
        return made

    many, few = audience("Many", "greater_or_equal", 20), audience("Few", "less_or_equal", 22)
    group = make_group(space=space, name="Orders", audiences=[few, many])
    refresh()

    def read(query: str) -> Any:
        answer = api.get(f"audience-groups/{group.id}/members?{query}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    page = read("page[size]=4&filter[total_orders.gte]=19")
    assert page["meta"]["record_count"] == 11
    told = [[one["name"] for one in member["meta"]["audiences"]] for member in page["data"]]
    assert told == [["Few"], ["Few", "Many"], ["Few", "Many"], ["Few", "Many"]]
    following = api.get(page["links"]["next"].removeprefix("https://testserver/api/")).json()
    assert following["data"][0]["meta"] == {"audiences": [{"id": str(many.id), "name": "Many"}]}
    assert read(f"filter[audience]={many.id}")["meta"]["record_count"] == 10
    assert read(f"filter[audience]={many.id}&filter[search]=p-21")["meta"]["record_count"] == 1
    assert read("filter[search]=Person 5")["data"][0]["attributes"]["external_id"] == "p-05"
    assert read("sort=-number")["data"][0]["attributes"]["external_id"] == "p-29"
    linked = api.get(f"audience-groups/{group.id}/relationships/members?page[size]=2").json()
    assert [one["id"] for one in linked["data"]] == [str(one.id) for one in people[:2]]


def test_a_filter_names_an_audience_of_the_group(
    api: Any, ages: AudienceGroup, three: list[Audience]
) -> None:
    path = f"audience-groups/{ages.id}/members?filter[audience]="
    assert api.get(f"{path}{three[1].id}").status_code == 404
    assert api.get(f"{path}x").status_code == 400
    assert api.get(f"{path}{three[0].id}").json()["data"] == []


# Quintiles


@pytest.fixture
def bought(people: list[Membership], at: datetime.datetime) -> list[Membership]:
    for count, membership in enumerate(people):
        membership.last_order_at = at - datetime.timedelta(days=count)
        membership.total_order_value = 10 * count
        membership.save()
    return people


def test_quintiles_are_previewed_made_and_made_anew(api: Any, bought: list[Membership]) -> None:
    answer = api.post("audience-groups/rfm/preview")
    assert answer.status_code == 200, answer.content
    recency, frequency, _ = answer.json()["data"]["attributes"]["measures"]
    assert [tier["members"] for tier in recency["tiers"]] == [6] * 5
    assert (frequency["name"], frequency["moved"], frequency["warning"]) == ("Frequency", 30, None)
    assert AudienceGroup.objects.count() == 0
    made = api.post("audience-groups/rfm").json()["data"]
    groups = [one["id"] for one in made["relationships"]["groups"]["data"]]
    assert names(api.get("audience-groups")) == ["Recency", "Frequency", "Monetary"]
    again = api.post("audience-groups/rfm/preview").json()["data"]
    assert [measure["moved"] for measure in again["attributes"]["measures"]] == [0, 0, 0]
    assert [one["id"] for one in again["relationships"]["groups"]["data"]] == groups
    assert api.post("audience-groups/rfm").json() == {
        **api.post("audience-groups/rfm").json(),
        "data": made,
    }
    assert AudienceGroup.objects.count() == 3


def test_quintiles_are_not_changed_by_hand(api: Any, bought: Any) -> None:
    api.post("audience-groups/rfm")
    data = api.get("audience-groups").json()["data"][1]
    path = f"audience-groups/{data['id']}"
    sent = {name: data[name] for name in ("type", "id", "attributes")}
    sent["attributes"]["name"] = "How often"
    assert api.patch(path, {"data": sent}).json()["data"]["attributes"]["name"] == "How often"
    sent["attributes"]["tiers"][0]["start"] = -1
    assert problem(api.patch(path, {"data": sent}), 422)[0] == "/data/attributes/tiers"


def test_without_orders_there_are_no_quintiles(api: Any, people: Any) -> None:
    for path in ("audience-groups/rfm", "audience-groups/rfm/preview"):
        assert "No member has a last order" in problem(api.post(path), 409)[1]


def test_reading_keys_make_nothing(make_program: Make, bought: Any) -> None:
    reader = make_program(scope=Scope.READ)
    assert reader.post("audience-groups/rfm").status_code == 403
    assert reader.post("audience-groups/rfm/preview").status_code == 200


# Histograms


def test_a_histogram_counts_members_by_value(api: Any, people: Any) -> None:
    answer = api.get("rule-fields/total_orders/histogram?filter[buckets]=3")
    assert answer.status_code == 200
    told = answer.json()["data"]
    assert told["id"] == "total_orders"
    assert told["attributes"]["buckets"] == [
        {"start": 0, "end": 10, "members": 10},
        {"start": 10, "end": 20, "members": 10},
        {"start": 20, "end": None, "members": 10},
    ]
    assert told["attributes"]["quintiles"] == [6, 12, 18, 24]
    nobody = api.get("rule-fields/metadata.points/histogram").json()["data"]["attributes"]
    assert (nobody["buckets"], nobody["members"], nobody["everyone"]) == ([], 0, 30)


@pytest.mark.parametrize("field", ["email", "nothing", "metadata."])
def test_what_has_no_order_has_no_histogram(api: Any, field: str) -> None:
    assert api.get(f"rule-fields/{field}/histogram").status_code == 404


@pytest.mark.parametrize("buckets", ["0", "101", "x", "-1", "1e1"])
def test_a_histogram_has_one_to_a_hundred_buckets(api: Any, buckets: str) -> None:
    answer = api.get(f"rule-fields/age/histogram?filter[buckets]={buckets}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["source"] == {"parameter": "filter[buckets]"}


# Spaces, and costs


def test_groups_of_another_space_are_not_there(
    api: Any,
    make_program: Make,
    other_space: Space,
    ages: AudienceGroup,
    loyalty: AudienceGroup,
    three: list[Audience],
) -> None:
    stranger = make_program(other_space)
    assert stranger.get("audience-groups").json()["data"] == []
    for path in ("", "/members", "/audiences", "/relationships/audiences"):
        assert stranger.get(f"audience-groups/{loyalty.id}{path}").status_code == 404
    assert (
        stranger.patch(f"audience-groups/{ages.id}", document(ages.id, name="Mine")).status_code
        == 404
    )
    assert stranger.delete(f"audience-groups/{ages.id}").status_code == 404
    answer = stranger.post("audience-groups", document(name="Ours", audiences=three[1:2]))
    assert answer.status_code == 404
    answer = stranger.post("audience-groups/preview", preview(loyalty))
    assert answer.status_code == 404
    id = loyalty.audiences.all()[0].id
    tiers = [{"id": str(id), "name": "A", "start": 0}]
    answer = stranger.post(
        "audience-groups", document(name="T", kind="tiers", attribute="age", tiers=tiers)
    )
    assert problem(answer, 422)[0] == "/data/attributes/tiers/0/id"


def test_fifty_audiences_cost_as_many_queries_as_one(
    api: Any, space: Space, make_audience: Make, people: Any, refresh: Callable[[], None]
) -> None:
    def queries(group: AudienceGroup) -> list[int]:
        counts = []
        for path in ("", "/members?page[size]=9", "/audiences?page[size]=50&include=offers"):
            api.get(f"audience-groups/{group.id}{path}")  # sets are kept once they are read
            with CaptureQueriesContext(connection) as captured:
                assert api.get(f"audience-groups/{group.id}{path}").status_code == 200
            counts.append(len(captured))
        return counts

    def plain(count: int) -> AudienceGroup:
        made = [make_audience("age_within", minimum_age=age) for age in range(count)]
        return make_group(space=space, name="Plain", audiences=made)

    def tiered(count: int) -> AudienceGroup:
        tiers = [{"name": f"{age}", "start": age, "end": age + 1} for age in range(count)]
        return make_tiers(space=space, name="Tiered", attribute="age", tiers=tiers)

    groups = [plain(1), plain(50), tiered(1), tiered(50)]
    refresh()
    one, fifty, one_tier, fifty_tiers = map(queries, groups)
    assert one == fifty
    assert one_tier == fifty_tiers
