"""How many members an audience would have, told while its form is edited."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiences.models import Audience
from audiences.services import refresh_space
from segments.models import Space

Make = Callable[..., Any]
DRAFT = "/admin/audiences/audience/draft/"


@pytest.fixture
def ages(make_membership: Make, at: datetime.datetime) -> None:
    for age in (20, 50, None):
        days = datetime.timedelta(days=round(365.25 * (age or 0)) + 10)
        make_membership(full_name=f"Aged {age}", birthday=age and at.date() - days)


def draft(colleague: Any, name: str, sent: dict[str, Any], **asked: Any) -> Any:
    query = "&".join(f"{key}={value}" for key, value in {"type": name, **asked}.items())
    return colleague.post(f"{DRAFT}?{query}", sent)


def test_a_form_is_counted_and_nothing_is_saved(
    colleague: Any, space: Space, ages: None, at: datetime.datetime
) -> None:
    told = draft(colleague, "age_within", {"space": space.pk, "minimum_age": 30}).json()
    assert told["problems"] == {}
    words = re.sub(r"\s+", " ", re.sub("<[^>]*>", "", told["html"]))
    assert "1 of 3 members, 33.33 %" in words
    assert "Aged 30 or over." in words
    assert "1 has no age." in words
    assert "Such as Aged 50." in words
    assert not Audience.objects.exists()
    estimate = draft(colleague, "age_within", {"space": space.pk, "minimum_age": 30}, estimate=1)
    assert "about 1" in estimate.json()["html"]


def test_of_an_audience_it_is_told_what_saving_changes(
    colleague: Any, space: Space, ages: None, make_audience: Make, at: datetime.datetime
) -> None:
    old = make_audience("age_within", minimum_age=30)
    refresh_space(space=space, now=at)
    told = draft(colleague, "age_within", {"minimum_age": 18, "maximum_age": 25}, audience=old.pk)
    assert "Saving adds <strong>1</strong> and removes <strong>1</strong>" in told.json()["html"]
    told = draft(colleague, "age_within", {"minimum_age": 40}, audience=old.pk)
    assert "Saving changes nobody" in told.json()["html"]
    old.refresh_from_db()
    assert old.configuration["minimum_age"] == 30


def test_segments_and_expressions_are_counted(
    colleague: Any, space: Space, make_segment: Make, make_membership: Make
) -> None:
    gold = make_segment("gold", name="Gold tier")
    make_membership(gold, total_orders=9)
    make_membership()
    for name, sent in (
        ("in_all_segments", {"segments": [gold.pk]}),
        ("in_any_segment", {"segments": [gold.pk]}),
        ("tier", {"attribute": "total_orders", "start": "5"}),
        ("pql", {"value": "totalOrders > 5", "format": "pql/text"}),
        ("definition_query", {"query": "trait('total_orders') > 5"}),
    ):
        told = draft(colleague, name, {"space": space.pk, **sent}).json()
        assert '<span class="count">1</span> of 2 members' in told.get("html", told), name


@pytest.mark.parametrize(
    ("name", "sent", "field", "said"),
    [
        ("age_within", {"minimum_age": "x"}, "minimum_age", "Give a whole number"),
        (
            "age_within",
            {"minimum_age": 9, "maximum_age": 5},
            "minimum_age",
            "9 is above the maximum",
        ),
        ("in_any_segment", {}, "segments", "Pick one segment or more."),
        ("tier", {"attribute": "email", "start": 1}, "attribute", "email is text"),
        ("pql", {"value": "totalOrders >", "format": "pql/text"}, "value", "Line 1, column 1"),
        ("definition_query", {"query": "trait('x') >"}, "query", "Line 1, column"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    colleague: Any, space: Space, name: str, sent: dict[str, Any], field: str, said: str
) -> None:
    told = draft(colleague, name, {"space": space.pk, **sent}).json()
    assert told.keys() == {"problems"}
    assert said in " ".join(told["problems"][field])


@pytest.mark.parametrize("name", ["rules", "static", "unheard-of", ""])
def test_what_is_not_counted_so_is_not_there(colleague: Any, space: Space, name: str) -> None:
    assert draft(colleague, name, {"space": space.pk}).status_code == 404


def test_nothing_is_told_of_other_spaces(
    colleague: Any, make_colleague: Make, space: Space, other_space: Space, make_audience: Make
) -> None:
    stranger = make_colleague(other_space)
    audience = make_audience("age_within", minimum_age=30)
    sent = {"minimum_age": 3}
    asked = draft(stranger, "age_within", sent, audience=audience.pk)
    assert asked.status_code == 404
    told = draft(stranger, "age_within", {"space": space.pk, **sent}).json()
    assert "of 0 members" in told.get("html", "of 0 members")
    assert draft(colleague, "pql", sent, audience=audience.pk).status_code == 404
    assert draft(colleague, "age_within", sent, audience="x").status_code == 404


def test_more_segments_ask_the_database_no_oftener(
    colleague: Any, space: Space, make_segment: Make, make_membership: Make
) -> None:
    def queries(count: int) -> int:
        segments = [make_segment() for _ in range(count)]
        make_membership(*segments)
        sent = {"space": space.pk, "segments": [one.pk for one in segments]}
        with CaptureQueriesContext(connection) as captured:
            assert "html" in draft(colleague, "in_all_segments", sent).json()
        return len(captured)

    assert queries(1) == queries(20)


def test_the_form_says_where_to_ask(colleague: Any, make_audience: Make) -> None:
    audience = make_audience("age_within", minimum_age=30)
    page = colleague.page(f"audiences/audience/{audience.pk}/change/")
    asked = f"{DRAFT}?type=age_within&amp;audience={audience.pk}"
    assert f'data-draft="{asked}" data-draft-fields="minimum_age maximum_age"' in page
    assert "data-draft" not in colleague.page("offers/offer/add/")
