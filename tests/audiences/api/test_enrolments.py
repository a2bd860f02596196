"""Members of static lists through the API: by linkage, and as other systems name people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audience_platform.models import Scope
from audiences.models import Audience
from audiences.services.own_list import list_of
from segments.models import Membership, SegmentMembership, Space
from segments.services import save_row

Make = Callable[..., Any]


@pytest.fixture
def vips(make_audience: Make) -> Audience:
    made: Audience = make_audience("static", name="VIPs")
    return made


@pytest.fixture
def on_it(vips: Audience) -> Callable[[], set[str]]:
    """The external ids of those on the list."""

    def on_it() -> set[str]:
        places = SegmentMembership.objects.filter(segment=list_of(vips))
        return set(places.values_list("membership__external_id", flat=True))

    return on_it


def _linkage(*memberships: Membership) -> dict[str, Any]:
    return {"data": [{"type": "memberships", "id": str(one.id)} for one in memberships]}


def _names(**attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "enrolments", "attributes": attributes}}


def test_members_are_added_replaced_and_removed_by_linkage(
    api: Any, vips: Audience, people: list[Membership], on_it: Make, refresh: Make
) -> None:
    url = f"audiences/{vips.id}/relationships/members"
    by_external_id = {"type": "memberships", "meta": {"external_id": "p-02"}}
    three = {"data": [*_linkage(*people[:2])["data"], by_external_id]}
    assert api.post(url, three).json()["meta"] == {"added": 3, "removed": 0}
    assert api.post(url, three).json()["meta"] == {"added": 0, "removed": 0}
    assert api.patch(url, _linkage(*people[2:4])).json()["meta"] == {"added": 1, "removed": 2}
    answer = api.delete(url, _linkage(people[3], people[9]))
    assert answer.json()["meta"] == {"added": 0, "removed": 1}
    assert on_it() == {"p-02"}
    refresh()
    (member,) = api.get(f"audiences/{vips.id}/members").json()["data"]
    assert member["attributes"]["external_id"] == "p-02"
    assert api.get(f"audiences/{vips.id}/count").json()["data"]["attributes"]["count"] == 1


def test_people_are_named_as_other_systems_know_them(
    api: Any, space: Space, vips: Audience, make_membership: Make, on_it: Make
) -> None:
    Space.objects.update(country="NL")
    make_membership(external_id="a")
    make_membership(external_id="b", email="Bea@Example.org")
    make_membership(external_id="c", phone="+31612345678")
    names = _names(external_ids=["a"], emails=["bea@example.org"], phones=["06 1234 5678"])
    url = f"audiences/{vips.id}/members"
    added = api.post(f"{url}/add", names)
    assert added.status_code == 200, added.content
    told = added.json()["data"]
    assert told["type"] == "enrolments"
    assert told["attributes"] == {
        "added": 3, "already_in": 0, "removed": 0, "not_in": 0, "unknown": [], "ambiguous": [],
    }  # fmt: skip
    assert on_it() == {"a", "b", "c"}
    again = api.post(f"{url}/add", names).json()["data"]["attributes"]
    assert (again["added"], again["already_in"]) == (0, 3)
    gone = _names(external_ids=["a"], phones=["+31 6 12345678"])
    removed = api.post(f"{url}/remove", gone).json()["data"]["attributes"]
    assert (removed["removed"], removed["not_in"]) == (2, 0)
    removed = api.post(f"{url}/remove", names).json()["data"]["attributes"]
    assert (removed["removed"], removed["not_in"]) == (1, 2)
    assert on_it() == set()


def test_names_of_nobody_or_several_are_told_and_passed_over(
    api: Any, vips: Audience, other_space: Space, make_membership: Make, on_it: Make
) -> None:
    make_membership(external_id="a", email="both@example.org", phone="1")
    make_membership(external_id="b", email="both@example.org", phone="2")
    make_membership(space=other_space, external_id="c", email="c@example.org")
    told = api.post(
        f"audiences/{vips.id}/members/add",
        _names(
            external_ids=["a", "c", "a"], emails=["both@example.org", "c@example.org"], phones=["1"]
        ),
    ).json()["data"]["attributes"]
    assert (told["added"], told["already_in"]) == (1, 0)
    assert told["unknown"] == [{"external_id": "c"}, {"email": "c@example.org"}]
    assert told["ambiguous"] == [{"email": "both@example.org"}]
    assert on_it() == {"a"}


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({}, ""),
        ({"external_ids": []}, ""),
        ({"external_ids": "a"}, "/external_ids"),
        ({"external_ids": [""]}, "/external_ids/0"),
        ({"external_ids": ["a", None]}, "/external_ids/1"),
        ({"emails": [["a"]]}, "/emails/0"),
        ({"phones": {"a": 1}}, "/phones"),
        ({"names": ["a"]}, "/names"),
        ({"external_ids": ["a"] * 10_001}, "/external_ids"),
        ({"external_ids": ["a"] * 6_000, "emails": ["b"] * 6_000}, ""),
    ],
)
@pytest.mark.parametrize("change", ["add", "remove"])
def test_what_is_wrong_in_names_is_pointed_at(
    api: Any, vips: Audience, change: str, attributes: dict[str, Any], pointer: str
) -> None:
    response = api.post(f"audiences/{vips.id}/members/{change}", _names(**attributes))
    assert response.status_code == 422, response.content
    pointers = {error["source"]["pointer"] for error in response.json()["errors"]}
    assert pointers == {f"/data/attributes{pointer}"}


@pytest.mark.parametrize(
    ("audience_type", "configuration", "follows"),
    [
        ("age_within", {"minimum_age": 18}, "its rule"),
        ("external", {}, "the files that are uploaded"),
    ],
)
def test_who_is_in_another_audience_is_not_written(
    api: Any,
    make_audience: Make,
    people: list[Membership],
    audience_type: str,
    configuration: dict[str, Any],
    follows: str,
) -> None:
    audience = make_audience(audience_type, name="Other", **configuration)
    url = f"audiences/{audience.id}"
    refused = [
        ask(f"{url}/relationships/members", _linkage(people[0]))
        for ask in (api.post, api.patch, api.delete)
    ]
    refused += [
        api.post(f"{url}/members/{change}", _names(external_ids=["p-00"]))
        for change in ("add", "remove")
    ]
    for response in refused:
        assert response.status_code == 403, response.content
        (error,) = response.json()["errors"]
        assert error["code"] == "read_only_relationship"
        assert f"follows from {follows}" in error["detail"]
        assert "“included” or “excluded”" in error["detail"]
    assert not SegmentMembership.objects.exists()


def test_a_membership_of_another_space_is_not_found(
    api: Any, vips: Audience, people: list[Membership], other_space: Space, on_it: Make
) -> None:
    stranger = save_row(Membership(space=other_space), external_id="x")
    url = f"audiences/{vips.id}/relationships/members"
    response = api.post(url, _linkage(people[0], stranger))
    assert response.status_code == 404
    assert response.json()["errors"][0]["source"] == {"pointer": "/data/1/id"}
    assert on_it() == set()


def test_a_list_of_another_space_is_not_found(
    make_program: Make, vips: Audience, other_space: Space, people: list[Membership], on_it: Make
) -> None:
    elsewhere = make_program(other_space)
    url = f"audiences/{vips.id}"
    for response in (
        elsewhere.post(f"{url}/relationships/members", _linkage(people[0])),
        elsewhere.post(f"{url}/members/add", _names(external_ids=["p-00"])),
        elsewhere.post(f"{url}/extend"),
    ):
        assert response.status_code == 404
    assert on_it() == set()


def test_a_key_that_only_reads_changes_no_list(
    make_program: Make, vips: Audience, people: list[Membership], on_it: Make
) -> None:
    reader = make_program(scope=Scope.READ)
    url = f"audiences/{vips.id}"
    for response in (
        reader.post(f"{url}/relationships/members", _linkage(people[0])),
        reader.post(f"{url}/members/add", _names(external_ids=["p-00"])),
        reader.post(f"{url}/extend"),
    ):
        assert response.status_code == 403
    assert on_it() == set()


def test_ten_thousand_names_cost_a_few_queries(
    api: Any, vips: Audience, people: list[Membership], django_assert_max_num_queries: Make
) -> None:
    names = [f"p-{number:02}" for number in range(10_000)]
    with django_assert_max_num_queries(20):
        told = api.post(f"audiences/{vips.id}/members/add", _names(external_ids=names)).json()
    assert told["data"]["attributes"]["added"] == 30
    assert len(told["data"]["attributes"]["unknown"]) == 9_970
