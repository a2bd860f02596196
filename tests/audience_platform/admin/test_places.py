"""On a membership's page: the segments it is in, since when, and by whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from segments.models import Import, ImportMode, ImportTarget, Membership, SegmentMembership

Make = Callable[..., Any]


@pytest.fixture
def show(colleague: Any) -> Callable[..., str]:
    def show(membership: Membership) -> str:
        page = colleague.page(f"segments/membership/{membership.pk}/change/")
        panel = page[page.rindex(">Segments</h2>") : page.index('id="audiences"')]
        return " ".join(re.sub("<[^>]+>", " ", panel).split())

    return show


def test_who_is_in_none_is_told_what_to_do(show: Callable[..., str], make_membership: Make) -> None:
    assert "In no segment yet. Pick some above" in show(make_membership())


def test_whoever_put_a_member_in_is_named(
    colleague: Any, show: Callable[..., str], make_membership: Make, make_segment: Make, api: Any
) -> None:
    membership, gold = make_membership(), make_segment("gold", name="Gold tier")
    page = f"segments/membership/{membership.pk}/change/"
    given = {"external_id": membership.external_id, "total_orders": 0, "total_order_value": 0}
    colleague.save(page, **given, segments=[gold.pk])
    text = show(membership)
    assert re.search(r"Gold tier \d+ \w+ \d{4}, \d\d:\d\d colleague-\d+ Admin", text), text
    silver = make_segment("silver", name="Silver tier")
    linkage = {"data": [{"type": "memberships", "id": str(membership.id)}]}
    api.post(f"segments/{silver.id}/relationships/memberships", linkage)
    assert re.search(r"Silver tier .* tests API", show(membership))


def test_an_import_that_put_a_member_in_is_named(
    show: Callable[..., str], make_membership: Make, make_segment: Make
) -> None:
    gold = make_segment("gold", name="Gold tier")
    membership = make_membership(gold)
    moment = timezone.now()
    SegmentMembership.objects.update(created_at=moment)
    values = {"target": ImportTarget.SEGMENT, "segment": gold, "mode": ImportMode.ADD}
    Import.objects.create(
        space=gold.space, file_name="gold.csv", made_by="vera", started_at=moment, **values
    )
    assert "gold.csv vera" in show(membership)
    SegmentMembership.objects.update(created_at=timezone.now())
    assert "not known" in show(membership)


def test_it_costs_as_many_queries_however_many_segments(
    colleague: Any, make_membership: Make, make_segment: Make
) -> None:
    few, many = make_membership(make_segment()), make_membership(*(make_segment() for _ in "1" * 9))

    def queries(membership: Membership) -> int:
        with CaptureQueriesContext(connection) as captured:
            colleague.page(f"segments/membership/{membership.pk}/change/")
        return len(captured)

    queries(few)  # now one is in the space
    assert queries(few) == queries(many)
