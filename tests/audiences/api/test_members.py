"""``/api/audiences/ID/members``, as pages and as a file."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiences.models import Audience
from segments.imports.memberships import import_memberships
from segments.models import Membership, Space
from segments.services import delete_row

Make = Callable[..., Any]


@pytest.fixture
def members(api: Any, keen: Audience, people: Any, refresh: Make) -> Callable[..., Any]:
    """The external ids of a page, and its document."""
    refresh()

    def read(query: str = "", link: str = "") -> tuple[list[str], Any]:
        url = link.removeprefix("https://testserver/api/") or f"audiences/{keen.id}/members?{query}"
        response = api.get(url)
        assert response.status_code == 200, response.content
        document = response.json()
        return [one["attributes"]["external_id"] for one in document["data"]], document

    return read


def test_pages_go_forward_and_back_by_cursor(members: Make) -> None:
    first, document = members("page[size]=8")
    assert first == [f"p-{count}" for count in range(10, 18)]
    assert document["meta"]["record_count"] == 20
    second, document = members(link=document["links"]["next"])
    third, last = members(link=document["links"]["next"])
    assert (second[0], third) == ("p-18", ["p-26", "p-27", "p-28", "p-29"])
    assert "next" not in last["links"]
    assert members(link=last["links"]["prev"])[0] == second
    assert members(link=document["links"]["prev"])[0] == first


def test_pages_go_by_number_and_from_the_end(members: Make) -> None:
    assert members("page[number]=3&page[size]=8")[0] == ["p-26", "p-27", "p-28", "p-29"]
    assert members("sort=-number&page[size]=2")[0] == ["p-29", "p-28"]
    assert members("sort=-number&page[number]=10&page[size]=2")[0] == ["p-11", "p-10"]
    assert members("page[offset]=19&page[limit]=5")[0] == ["p-29"]
    assert members("page[number]=9")[0] == []


def test_members_are_searched_and_filtered(members: Make) -> None:
    found, document = members("filter[search]=person 2")
    assert found == [f"p-{count}" for count in range(20, 30)]
    assert document["meta"]["record_count"] == 10
    assert members("filter[search]=nobody")[0] == []
    assert members("filter[total_orders.lt]=12")[0] == ["p-10", "p-11"]
    _, document = members("filter[search]=p-2&page[size]=4")
    assert members(link=document["links"]["next"])[0] == ["p-24", "p-25", "p-26", "p-27"]


def test_members_come_with_what_is_asked_for(api: Any, keen: Audience, members: Make) -> None:
    _, document = members("include=segments&fields[memberships]=external_id,segments")
    assert document["data"][0]["relationships"]["segments"]["data"] == []
    linkage = api.get(f"audiences/{keen.id}/relationships/members?page[size]=2").json()
    assert [one["type"] for one in linkage["data"]] == ["memberships", "memberships"]


@pytest.mark.parametrize("query", ["sort=email", "filter[from]=1", "page[cursor]=x"])
def test_what_is_not_taken_is_refused(api: Any, keen: Audience, query: str) -> None:
    response = api.get(f"audiences/{keen.id}/members?{query}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"parameter": query.partition("=")[0]}


def test_members_are_not_written(api: Any, keen: Audience, people: list[Membership]) -> None:
    linkage = {"data": [{"type": "memberships", "id": str(people[0].id)}]}
    response = api.post(f"audiences/{keen.id}/relationships/members", linkage)
    assert response.status_code == 403


def test_one_that_is_just_deleted_is_passed_over(members: Make, people: list[Membership]) -> None:
    delete_row(people[15])
    assert "p-15" not in members()[0]


def test_before_the_first_version_there_is_nobody(api: Any, keen: Audience, people: Any) -> None:
    document = api.get(f"audiences/{keen.id}/members").json()
    assert (document["data"], document["meta"]["record_count"]) == ([], 0)


def test_an_audience_of_another_space_is_not_there(
    make_program: Make, keen: Audience, other_space: Space
) -> None:
    stranger = make_program(other_space)
    paths = "members", "members.csv", "count", "status", "changes", "changes/entered"
    for path in paths:
        assert stranger.get(f"audiences/{keen.id}/{path}").status_code == 404
    assert stranger.post(f"audiences/{keen.id}/refresh").status_code == 404


def test_a_page_costs_the_same_at_any_depth_and_size(
    api: Any, keen: Audience, members: Make
) -> None:
    def queries(query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            api.get(f"audiences/{keen.id}/members?{query}")
        return len(captured)

    counts = {queries(f"page[number]={page}&page[size]={size}") for page, size in [(1, 1), (2, 9)]}
    assert len(counts) == 1


def _file(api: Any, audience: Audience) -> list[dict[str, str]]:
    response = api.get(f"audiences/{audience.id}/members.csv", Accept="text/csv")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(text.splitlines()))


def test_a_file_has_the_columns_of_an_import(
    api: Any, keen: Audience, make_membership: Make, refresh: Make
) -> None:
    make_membership(
        external_id="ana",
        email="ana@example.com",
        full_name='Ana "A", née Ní',
        birthday="1990-12-31",
        total_orders=12,
        total_order_value="1234.50",
        last_order_at="2026-05-01T09:00:00.25+02:00",
        metadata={"city": "Delft", "points": 12.5, "vip": True, "address": {"zip": "2611"}},
    )
    make_membership(total_orders=1)
    refresh()
    (row,) = _file(api, keen)
    assert row.pop("created_at").endswith("Z")
    assert row == {
        "external_id": "ana",
        "email": "ana@example.com",
        "phone": "",
        "full_name": 'Ana "A", née Ní',
        "birthday": "1990-12-31",
        "total_orders": "12",
        "total_order_value": "1234.50",
        "last_order_at": "2026-05-01T07:00:00.250000Z",
        "metadata.address.zip": "2611",
        "metadata.city": "Delft",
        "metadata.points": "12.5",
        "metadata.vip": "true",
    }


def test_a_file_leaves_out_the_metadata_that_a_cell_cannot_bring_back(
    api: Any, keen: Audience, make_membership: Make, refresh: Make
) -> None:
    odd = {
        "tags": ["a", "b"],
        "deep": {"b": {"c": {"d": {"e": {"f": 1}}}}},
        "mixed": {"a": 1},
        "with.point": 1,
        " blank": 1,
        "long": 12345678901234567,
        "padded": "x ",
        "null": None,
        "fine": 1,
    }
    make_membership(total_orders=12, metadata=odd)
    make_membership(total_orders=12, metadata={"tags": "a", "mixed": 2, "fine": "two"})
    refresh()
    rows = _file(api, keen)
    assert [name for name in rows[0] if name.startswith("metadata.")] == ["metadata.fine"]
    assert [row["metadata.fine"] for row in rows] == ["1", "two"]


def test_a_file_of_nobody_is_a_header(api: Any, keen: Audience) -> None:
    response = api.get(f"audiences/{keen.id}/members.csv")
    assert b"".join(response.streaming_content).count(b"\n") == 1


def test_a_refusal_of_a_file_is_a_document(api: Any, keen: Audience) -> None:
    response = api.get(f"audiences/{keen.id}/members.csv?page[size]=1", Accept="text/csv")
    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"parameter": "page[size]"}


def test_a_file_imports_again_and_changes_nothing(
    api: Any,
    keen: Audience,
    people: Any,
    refresh: Make,
    space: Space,
    at: datetime.datetime,
) -> None:
    refresh()
    response = api.get(f"audiences/{keen.id}/members.csv", Accept="text/csv")
    file = io.BytesIO(b"".join(response.streaming_content))
    imported = import_memberships(space=space, file=file, now=at)
    assert imported.rows > 0
    assert (imported.added, imported.updated, imported.bad) == (0, 0, 0)
