"""Lists of millions: a constant number of queries, and an index for each that isn't bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from segments.admin import memberships
from segments.models import Membership, Space

Make = Callable[..., Any]


def queries(colleague: Any, path: str, **asked: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        colleague.page(path, **asked)
    return len(captured)


@pytest.fixture
def fill(
    make_membership: Make, make_segment: Make, make_audience: Make, make_offer: Make, space: Space
) -> Callable[[int], None]:
    def fill(count: int) -> None:
        for _ in range(count):
            segment = make_segment()
            make_membership(segment)
            ages = make_audience("age_within", minimum_age=18, maximum_age=None)
            places = make_audience("in_any_segment", segments=[str(segment.id)])
            make_offer(ages, places)

    return fill


@pytest.mark.parametrize(
    "path",
    [
        "",
        "segments/membership/",
        "segments/membership/?q=member",
        "segments/segment/",
        "audiences/audience/",
        "offers/offer/",
    ],
)
def test_a_list_asks_as_many_queries_for_1_row_as_for_50(
    path: str, colleague: Any, fill: Callable[[int], None]
) -> None:
    fill(1)
    colleague.page(path)  # what is kept per process is there
    one = queries(colleague, path)
    fill(49)
    assert queries(colleague, path) == one


def test_a_picker_and_a_segments_members_ask_a_constant_number_too(
    colleague: Any, fill: Callable[[int], None], space: Space, make_segment: Make
) -> None:
    everybody = make_segment("everybody")

    def asked() -> list[int]:
        segment = f"segments/segment/{everybody.pk}/change/"
        picker = "audiences/audience/choices/"
        return [queries(colleague, segment), queries(colleague, picker, space=space.pk)]

    fill(1)
    asked()  # the space is entered, and kept in the session
    one = asked()
    fill(49)
    assert asked() == one


def test_pages_come_whole_and_in_order(
    colleague: Any, make_membership: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memberships, "MOST_FOUND", 120)
    made = [make_membership(external_id=f"card-{number:03}").pk for number in range(130)]

    def pages(**asked: Any) -> list[int]:
        found: list[int] = []
        for number in (1, 2, 3):
            response = colleague.get("/admin/segments/membership/", {"p": number, **asked})
            found += [row.pk for row in response.context["cl"].result_list]
        return found

    assert pages() == made
    assert pages(o="-2") == made[::-1]  # by external id, backwards
    assert pages(q="card-") == made[:120]  # a search shows the first of what it found


def test_a_page_that_is_not_there_leads_back_to_the_list(
    colleague: Any, make_membership: Make
) -> None:
    make_membership()
    for number in ("7", "x", "-1"):
        response = colleague.get("/admin/segments/membership/", {"p": number}, follow=True)
        assert response.status_code == 200


def test_counting_and_paging_are_answered_by_an_index_alone(space: Space) -> None:
    rows = Membership.objects.filter(space=space).order_by("number")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # the table is empty here
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        for query in (rows.order_by().values("space"), rows.values_list("pk")[900_000:900_050]):
            assert "Index Only Scan" in query.explain()
