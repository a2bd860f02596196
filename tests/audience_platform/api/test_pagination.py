"""Pages by number, by offset and by cursor."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from segments.models import Membership, Space

Make = Callable[..., Any]
BASE = "https://testserver/api/"


def _codes(document: Any) -> list[str]:
    name = "short_code" if document["data"][0]["type"] == "segments" else "external_id"
    return [one["attributes"][name] for one in document["data"]]


def _links(document: Any) -> dict[str, dict[str, str]]:
    """The page parameters of each link but that to the page itself."""
    return {
        name: {key: value for key, value in parse_qsl(urlsplit(url).query) if key[:4] == "page"}
        for name, url in document["links"].items()
        if name != "self"
    }


@pytest.fixture
def seven_segments(make_segment: Make) -> None:
    for number in range(7):
        make_segment(f"s-{number}")


@pytest.fixture
def seven_memberships(make_membership: Make) -> None:
    for number in range(7):
        make_membership(external_id=f"m-{number}")


@pytest.mark.usefixtures("seven_segments")
class TestByNumber:
    @pytest.mark.parametrize(
        ("number", "codes", "links"),
        [
            (1, ["s-0", "s-1", "s-2"], {"first": 1, "next": 2, "last": 3}),
            (2, ["s-3", "s-4", "s-5"], {"first": 1, "prev": 1, "next": 3, "last": 3}),
            (3, ["s-6"], {"first": 1, "prev": 2, "last": 3}),
        ],
    )
    def test_a_page_and_its_links(
        self, api: Any, number: int, codes: list[str], links: dict[str, int]
    ) -> None:
        document = api.get(f"segments?page[number]={number}&page[size]=3").json()
        assert _codes(document) == codes
        assert document["meta"] == {"record_count": 7}
        assert _links(document) == {
            name: {"page[number]": str(page), "page[size]": "3"} for name, page in links.items()
        }

    def test_a_page_past_the_end_is_empty_and_leads_back(self, api: Any) -> None:
        document = api.get("segments?page[number]=99&page[size]=3").json()
        assert document["data"] == []
        assert _links(document)["prev"]["page[number]"] == "3"

    def test_links_keep_the_rest_of_the_query(self, api: Any) -> None:
        url = "segments?filter[search]=s-&sort=-short_code&fields[segments]=short_code&page[size]=3"
        document = api.get(url).json()
        again = api.get(document["links"]["next"].removeprefix(BASE)).json()
        assert _codes(again) == ["s-3", "s-2", "s-1"]

    def test_a_page_has_20_unless_said_otherwise(self, api: Any, make_segment: Make) -> None:
        for number in range(20):
            make_segment(f"t-{number}")
        assert len(api.get("segments").json()["data"]) == 20


@pytest.mark.usefixtures("seven_segments")
class TestByOffset:
    @pytest.mark.parametrize(
        ("offset", "codes", "links"),
        [
            (0, ["s-0", "s-1", "s-2"], {"first": 0, "next": 3, "last": 6}),
            (2, ["s-2", "s-3", "s-4"], {"first": 0, "prev": 0, "next": 5, "last": 6}),
            (6, ["s-6"], {"first": 0, "prev": 3, "last": 6}),
        ],
    )
    def test_a_page_and_its_links(
        self, api: Any, offset: int, codes: list[str], links: dict[str, int]
    ) -> None:
        document = api.get(f"segments?page[offset]={offset}&page[limit]=3").json()
        assert _codes(document) == codes
        assert document["meta"] == {"record_count": 7}
        assert _links(document) == {
            name: {"page[offset]": str(start), "page[limit]": "3"} for name, start in links.items()
        }


@pytest.mark.usefixtures("seven_memberships")
class TestByCursor:
    def test_forward_to_the_end_and_back_again(self, api: Any) -> None:
        def walk(document: Any, link: str) -> tuple[list[list[str]], Any]:
            pages = [_codes(document)]
            while link in document["links"]:
                document = api.get(document["links"][link].removeprefix(BASE)).json()
                pages.append(_codes(document))
            return pages, document

        there = [["m-0", "m-1", "m-2"], ["m-3", "m-4", "m-5"], ["m-6"]]
        pages, last = walk(api.get("memberships?page[size]=3").json(), "next")
        assert pages == there
        pages, first = walk(last, "prev")
        assert pages == [["m-6"], ["m-3", "m-4", "m-5"], ["m-0", "m-1", "m-2"]]
        assert "next" in first["links"]

    def test_the_count_is_taken_at_the_first_page_and_says_when(
        self, api: Any, make_membership: Make
    ) -> None:
        first = api.get("memberships?page[size]=3").json()
        assert first["meta"]["record_count"] == 7
        make_membership()
        second = api.get(first["links"]["next"].removeprefix(BASE)).json()
        assert second["meta"] == first["meta"]
        assert api.get("memberships?page[size]=3").json()["meta"]["record_count"] == 8

    def test_rows_that_come_or_go_meanwhile_shift_nothing(self, api: Any) -> None:
        first = api.get("memberships?page[size]=3").json()
        Membership.objects.filter(external_id="m-1").delete()
        second = api.get(first["links"]["next"].removeprefix(BASE)).json()
        assert _codes(second) == ["m-3", "m-4", "m-5"]

    def test_an_empty_cursor_is_the_first_page(self, api: Any) -> None:
        assert _codes(api.get("memberships?page[cursor]=&page[size]=2").json()) == ["m-0", "m-1"]

    @pytest.mark.parametrize(
        "cursor",
        ["x", "é", "!!!!", "AAAA", urlsafe_b64encode(b"after.1.2.3.4").decode()],
    )
    def test_a_cursor_that_is_none_is_refused(self, api: Any, cursor: str) -> None:
        response = api.get(f"memberships?page[cursor]={cursor}")
        assert response.status_code == 400
        assert response.json()["errors"][0]["source"] == {"parameter": "page[cursor]"}

    def test_a_cursor_of_another_list_is_refused(
        self, api: Any, make_program: Make, other_space: Space, make_segment: Make
    ) -> None:
        url = api.get("memberships?page[size]=3").json()["links"]["next"]
        cursor = dict(parse_qsl(urlsplit(url).query))["page[cursor]"]
        assert api.get(f"memberships?page[cursor]={cursor}").status_code == 200
        filtered = f"memberships?filter[email.isnull]=true&page[cursor]={cursor}"
        assert api.get(filtered).status_code == 400
        elsewhere = f"segments/{make_segment().id}/memberships?page[cursor]={cursor}"
        assert api.get(elsewhere).status_code == 400
        foreign = make_program(other_space).get(f"memberships?page[cursor]={cursor}")
        assert foreign.status_code == 400

    def test_a_sorted_list_is_paged_by_number(self, api: Any) -> None:
        document = api.get("memberships?sort=-external_id&page[size]=3").json()
        assert _codes(document) == ["m-6", "m-5", "m-4"]
        assert _links(document)["next"] == {"page[number]": "2", "page[size]": "3"}

    def test_memberships_are_paged_by_number_and_offset_too(self, api: Any) -> None:
        assert _codes(api.get("memberships?page[number]=2&page[size]=3").json())[0] == "m-3"
        assert _codes(api.get("memberships?page[offset]=5&page[limit]=3").json())[0] == "m-5"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("page[size]=0", "page[size]"),
        ("page[size]=101", "page[size]"),
        ("page[size]=-1", "page[size]"),
        ("page[size]=abc", "page[size]"),
        ("page[size]=1.5", "page[size]"),
        ("page[size]=", "page[size]"),
        ("page[size]=%C2%B2", "page[size]"),
        ("page[number]=0", "page[number]"),
        ("page[number]=99999999999999999999", "page[number]"),
        ("page[offset]=-1", "page[offset]"),
        ("page[limit]=0", "page[limit]"),
        ("page[limit]=101", "page[limit]"),
        ("page[after]=1", "page[after]"),
        ("page[cursor]=x", "page[cursor]"),
        ("page[number]=1&page[offset]=1", "page[offset]"),
        ("page[number]=1&page[cursor]=1", "page[cursor]"),
    ],
)
def test_what_is_no_page_is_pointed_at(api: Any, query: str, parameter: str) -> None:
    for path in ("segments", "audiences"):
        response = api.get(f"{path}?{query}")
        assert response.status_code == 400
        (error,) = response.json()["errors"]
        assert error["source"] == {"parameter": parameter}


def test_cursors_do_not_go_with_sorting(api: Any) -> None:
    response = api.get("memberships?sort=email&page[cursor]=")
    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"parameter": "page[cursor]"}
