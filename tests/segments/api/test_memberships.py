"""``/api/memberships``."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from segments.models import Membership, Space

Make = Callable[..., Any]


def _new(**attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "memberships", "attributes": attributes}}


def _change(id: object, **attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "memberships", "id": str(id), "attributes": attributes}}


def _only_error(response: Any) -> dict[str, Any]:
    (error,) = response.json()["errors"]
    assert error["status"] == str(response.status_code)
    found: dict[str, Any] = error
    return found


def test_one_is_made_and_told_where_it_is(api: Any, space: Space) -> None:
    response = api.post("memberships", _new(external_id="m-1", email="ana@example.org"))
    assert response.status_code == 201
    data = response.json()["data"]
    membership = Membership.objects.get(space=space, id=data["id"])
    assert (membership.external_id, membership.email) == ("m-1", "ana@example.org")
    assert response.headers["Location"] == data["links"]["self"]
    assert data["links"]["self"] == f"https://testserver/api/memberships/{data['id']}"


def test_what_is_answered_to_a_post_is_what_a_get_answers_later(api: Any) -> None:
    made = api.post("memberships", _new(external_id="m-1", total_order_value="5")).json()["data"]
    assert api.get(f"memberships/{made['id']}").json()["data"] == made


def test_a_membership_has_these_attributes_and_no_others(api: Any, make_membership: Make) -> None:
    moment = datetime.datetime(2026, 2, 3, 4, 5, 6, 700, tzinfo=datetime.UTC)
    membership = make_membership(
        external_id="m-1",
        birthday=datetime.date(1990, 1, 31),
        total_orders=3,
        total_order_value="12.5",
        last_order_at=moment,
        metadata={"tier": {"name": "gold"}},
    )
    attributes = api.get(f"memberships/{membership.id}").json()["data"]["attributes"]
    assert attributes.pop("created_at").endswith("Z")
    assert attributes.pop("updated_at").endswith("Z")
    assert attributes == {
        "external_id": "m-1",
        "email": None,
        "phone": None,
        "full_name": None,
        "birthday": "1990-01-31",
        "total_orders": 3,
        "total_order_value": "12.50",
        "last_order_at": "2026-02-03T04:05:06.000700Z",
        "metadata": {"tier": {"name": "gold"}},
    }


def test_birthdate_is_another_word_for_birthday(api: Any) -> None:
    made = api.post("memberships", _new(external_id="m-1", birthdate="1990-01-31")).json()["data"]
    assert made["attributes"]["birthday"] == "1990-01-31"
    assert "birthdate" not in made["attributes"]


def test_a_bad_birthdate_is_pointed_at_under_the_word_that_was_used(api: Any) -> None:
    error = _only_error(api.post("memberships", _new(external_id="m-1", birthdate="2999-01-01")))
    assert error["source"] == {"pointer": "/data/attributes/birthdate"}
    assert "2999-01-01" in error["detail"]


def test_birthday_and_birthdate_that_differ_are_refused(api: Any) -> None:
    sent = _new(external_id="m-1", birthday="1990-01-31", birthdate="1991-01-31")
    response = api.post("memberships", sent)
    assert response.status_code == 422
    assert _only_error(response)["code"] == "contradiction"


def test_an_id_that_the_client_chose_is_kept(api: Any) -> None:
    id = str(uuid.uuid4())
    sent = {"data": {**_new(external_id="m-1")["data"], "id": id}}
    assert api.post("memberships", sent).json()["data"]["id"] == id


def test_a_chosen_id_may_be_in_use_in_another_space(
    api: Any, make_program: Make, other_space: Space
) -> None:
    sent = {"data": {**_new(external_id="m-1")["data"], "id": str(uuid.uuid4())}}
    assert api.post("memberships", sent).status_code == 201
    assert make_program(other_space).post("memberships", sent).status_code == 201


def test_a_chosen_id_in_use_in_this_space_is_a_conflict(api: Any, make_membership: Make) -> None:
    id = str(make_membership().id)
    response = api.post("memberships", {"data": {**_new(external_id="x")["data"], "id": id}})
    assert response.status_code == 409
    error = _only_error(response)
    assert (error["code"], error["source"]) == ("taken", {"pointer": "/data/id"})


def test_a_chosen_id_that_is_no_uuid_is_refused(api: Any) -> None:
    response = api.post("memberships", {"data": {**_new(external_id="x")["data"], "id": "x-1"}})
    assert response.status_code == 403
    assert _only_error(response)["source"] == {"pointer": "/data/id"}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("external_id", None, "null"),
        ("external_id", "", "blank"),
        ("external_id", "x" * 256, "max_length"),
        ("external_id", ["x"], "invalid"),
        ("email", "x" * 300, "max_length"),
        ("birthday", "31/01/1990", "invalid"),
        ("birthday", "1890-01-01", "invalid"),
        ("total_orders", -1, "min_value"),
        ("total_orders", "many", "invalid"),
        ("total_orders", 2**31, "max_value"),
        ("total_order_value", "1.234", "max_decimal_places"),
        ("total_order_value", "NaN", "invalid"),
        ("last_order_at", "yesterday", "invalid"),
        ("last_order_at", "0001-01-01T00:00:00+14:00", "overflow"),
        ("last_order_at", "9999-12-31T00:00:00Z", "out_of_range"),
        ("last_order_at", "0001-01-01", "out_of_range"),  # in the zone of the space: before year 1
        ("metadata", [], "not_an_object"),
    ],
)
def test_a_value_that_is_not_possible_is_pointed_at(
    api: Any, name: str, value: Any, code: str
) -> None:
    response = api.post("memberships", _new(**{"external_id": "m-1", name: value}))
    assert response.status_code == 422
    error = _only_error(response)
    assert error["source"] == {"pointer": f"/data/attributes/{name}"}
    assert name in error["detail"] or str(value) in error["detail"]
    assert error["code"] == code
    assert error["detail"].endswith(".")


def test_every_bad_value_is_named_at_once(api: Any) -> None:
    response = api.post("memberships", _new(total_orders="x", birthday="y"))
    pointers = {error["source"]["pointer"] for error in response.json()["errors"]}
    assert pointers == {
        f"/data/attributes/{name}" for name in ("external_id", "total_orders", "birthday")
    }


def test_an_external_id_in_use_is_pointed_at(api: Any, make_membership: Make) -> None:
    make_membership(external_id="m-1")
    response = api.post("memberships", _new(external_id="m-1"))
    assert response.status_code == 422
    error = _only_error(response)
    assert error["code"] == "taken"
    assert error["source"] == {"pointer": "/data/attributes/external_id"}
    assert error["detail"] == (
        "“m-1” is not possible as external_id: A membership with this external id already exists."
    ).replace("“m-1”", '"m-1"')


def test_an_attribute_that_there_is_not_is_refused(api: Any) -> None:
    response = api.post("memberships", _new(external_id="m-1", e_mail="ana@example.org"))
    assert response.status_code == 422
    error = _only_error(response)
    assert error["source"] == {"pointer": "/data/attributes/e_mail"}
    assert "email" in error["detail"]


def test_attributes_that_the_server_keeps_may_be_sent_back(api: Any, make_membership: Make) -> None:
    membership = make_membership()
    got = api.get(f"memberships/{membership.id}").json()["data"]
    got["attributes"]["full_name"] = "Ana"
    changed = api.patch(f"memberships/{membership.id}", {"data": got}).json()["data"]
    assert changed["attributes"]["full_name"] == "Ana"
    assert changed["attributes"]["created_at"] == got["attributes"]["created_at"]


def test_a_change_leaves_what_is_not_sent(api: Any, make_membership: Make) -> None:
    membership = make_membership(full_name="Ana", email="ana@example.org")
    response = api.patch(f"memberships/{membership.id}", _change(membership.id, email=None))
    assert response.status_code == 200
    membership.refresh_from_db()
    assert (membership.full_name, membership.email) == ("Ana", None)


def test_a_moment_without_zone_is_by_the_clock_of_the_space(api: Any) -> None:
    made = api.post("memberships", _new(external_id="m-1", last_order_at="2026-07-01")).json()
    assert made["data"]["attributes"]["last_order_at"] == "2026-06-30T22:00:00Z"  # Amsterdam


def test_one_is_deleted_with_its_places_in_segments(
    api: Any, make_membership: Make, make_segment: Make
) -> None:
    membership = make_membership(make_segment("gold"))
    response = api.delete(f"memberships/{membership.id}")
    assert response.status_code == 200
    assert response.json()["meta"] == {}
    assert not Membership.objects.exists()
    assert api.get(f"memberships/{membership.id}").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter[external_id]=b", ["b"]),
        ("filter[external_id.in]=a,c", ["a", "c"]),
        ("filter[email]=b@example.org", ["b"]),
        ("filter[email.isnull]=true", ["a", "c"]),
        ("filter[birthday.gte]=1990-01-01", ["b", "c"]),
        ("filter[birthday.lt]=1990-01-01", ["a"]),
        ("filter[total_orders.gt]=1&filter[total_orders.lt]=3", ["c"]),
        ("filter[total_order_value.gte]=10.5", ["b"]),
        ("filter[last_order_at.gte]=2026-01-01T00:00:00Z", ["c"]),
        ("filter[search]=ANA", ["a"]),
        ("filter[search]=example", ["b"]),
        ("filter[search]=nobody", []),
        ("filter[search]=a&filter[segment.short_code]=gold", ["b"]),
        ("filter[search]=a&sort=-total_order_value", ["b", "a"]),
        ("filter[search]=a&page[offset]=1", ["b"]),
        ("filter[segment.short_code]=gold", ["b", "c"]),
        ("sort=-external_id", ["c", "b", "a"]),
        ("sort=birthday,-external_id", ["a", "c", "b"]),
        ("sort=-total_orders", ["c", "a", "b"]),
    ],
)
def test_a_list_is_filtered_and_sorted(
    api: Any, make_membership: Make, make_segment: Make, query: str, found: list[str]
) -> None:
    gold, born = make_segment("gold"), datetime.date(1990, 1, 1)
    moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    make_membership(external_id="a", full_name="Ana", birthday=datetime.date(1980, 1, 1))
    make_membership(
        gold, external_id="b", email="b@example.org", birthday=born, total_order_value="10.5"
    )
    make_membership(gold, external_id="c", birthday=born, total_orders=2, last_order_at=moment)
    response = api.get(f"memberships?{query}")
    assert response.status_code == 200, response.content
    assert [one["attributes"]["external_id"] for one in response.json()["data"]] == found


def test_members_of_the_same_segment_are_found_by_its_id(
    api: Any, make_membership: Make, make_segment: Make
) -> None:
    gold, silver = make_segment("gold"), make_segment("silver")
    member = make_membership(gold)
    make_membership(silver)
    data = api.get(f"memberships?filter[segment]={gold.id}").json()["data"]
    assert [one["id"] for one in data] == [str(member.id)]


def test_members_of_a_segment_are_searched(
    api: Any, make_membership: Make, make_segment: Make
) -> None:
    gold = make_segment("gold")
    make_membership(gold, full_name="Ana")
    make_membership(gold, full_name="Bob")
    make_membership(full_name="Anabel")
    path = f"memberships?filter[segment]={gold.id}&filter[search]=an"
    data = api.get(path).json()["data"]
    assert [one["attributes"]["full_name"] for one in data] == ["Ana"]


def test_segments_are_told_with_a_membership_when_included(
    api: Any, make_membership: Make, make_segment: Make
) -> None:
    gold = make_segment("gold")
    membership = make_membership(gold)
    document = api.get(f"memberships/{membership.id}?include=segments").json()
    linked = document["data"]["relationships"]["segments"]["data"]
    assert linked == [{"type": "segments", "id": str(gold.id)}]
    assert [one["attributes"]["short_code"] for one in document["included"]] == ["gold"]


def test_sparse_fields_leave_the_rest_out(api: Any, make_membership: Make) -> None:
    make_membership(external_id="a")
    (one,) = api.get("memberships?fields[memberships]=external_id,metadata").json()["data"]
    assert one["attributes"] == {"external_id": "a", "metadata": {}}
    assert "relationships" not in one


def test_the_segments_of_a_membership_are_changed_through_the_relationship(
    api: Any, make_membership: Make, make_segment: Make
) -> None:
    gold, silver = make_segment("gold"), make_segment("silver")
    membership = make_membership(gold)
    url = f"memberships/{membership.id}/relationships/segments"

    def linked() -> list[str]:
        return [one["id"] for one in api.get(url).json()["data"]]

    to = {"data": [{"type": "segments", "id": str(silver.id)}]}
    assert api.post(url, to).json()["meta"] == {"added": 1}
    assert set(linked()) == {str(gold.id), str(silver.id)}
    assert api.patch(url, to).json()["meta"] == {"removed": 1, "added": 0}
    assert linked() == [str(silver.id)]
    assert api.delete(url, to).json()["meta"] == {"removed": 1}
    assert linked() == []
    related = api.get(f"memberships/{membership.id}/segments?filter[short_code]=gold")
    assert related.json()["data"] == []
