"""The list of audiences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audience_platform.models import StaffLabels
from audiences.models import Audience, Lifecycle
from audiences.services import redefine_audience, refresh_space
from segments.models import Space

Make = Callable[..., Any]
LIST = "/admin/audiences/audience/"


@pytest.fixture
def some(make_audience: Make, make_membership: Make, space: Space) -> list[Audience]:
    """Of three people one, two and three; of which two are labelled; and a draft."""
    for count in range(3):
        make_membership(total_orders=count)
    made = [
        make_audience(
            "rules",
            name=name,
            rule={"field": "total_orders", "operator": "greater_or_equal", "value": least},
        )
        for name, least in (("One", 2), ("Two", 1), ("Three", 0))
    ]
    redefine_audience(made[0], labels=["a", "b"])
    redefine_audience(made[1], labels=["b"])
    draft = make_audience("age_within", name="Draft", minimum_age=18)
    Audience.objects.filter(pk=draft.pk).update(lifecycle=Lifecycle.DRAFT)
    refresh_space(space=space, now=timezone.now())
    return made


def names(colleague: Any, **asked: Any) -> list[str]:
    return [row.name for row in colleague.get(LIST, asked).context["cl"].result_list]


def test_it_tells_of_each_its_size_share_and_state(colleague: Any, some: list[Audience]) -> None:
    rows = colleague.get(LIST).context["cl"].result_list
    told = {row.name: (row.size, row.share, row.told.label) for row in rows}
    assert told["One"] == (1, "33.3 %", "Up to date")
    assert told["Three"] == (3, "100 %", "Up to date")
    assert told["Draft"] == (None, "0 %", "Draft")
    page = colleague.page("audiences/audience/")
    assert timezone.localtime(timezone.now(), some[0].space.zone).strftime("%H:") in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"type": "age_within"}, ["Draft"]),
        ({"state": "draft"}, ["Draft"]),
        ({"state": "published"}, ["Three", "Two", "One"]),
        ({"state": "off"}, ["Three"]),
        ({"state": "failed"}, ["Two"]),
        ({"label": "a"}, ["One"]),
        ({"label": "b"}, ["Two", "One"]),
        ({"state": "nothing"}, ["Draft", "Three", "Two", "One"]),
    ],
)
def test_it_is_narrowed(
    asked: dict[str, str], found: list[str], colleague: Any, some: list[Audience]
) -> None:
    redefine_audience(some[2], enabled=False)
    Audience.objects.filter(pk=some[1].pk).update(configuration={"rule": 3})
    refresh_space(space=some[0].space, now=timezone.now())
    assert names(colleague, **asked) == found


def test_it_goes_by_size(colleague: Any, some: list[Audience]) -> None:
    assert names(colleague, o="3", state="published") == ["One", "Two", "Three"]
    assert names(colleague, o="-3", state="published") == ["Three", "Two", "One"]


def test_labels_to_choose_from_are_those_of_the_space_that_one_may_see(
    colleague: Any,
    some: list[Audience],
    other_space: Space,
    make_colleague: Make,
    django_user_model: Any,
) -> None:
    def labels(somebody: Any) -> list[str]:
        filters = somebody.get(LIST).context["cl"].filter_specs
        return [value for one in filters if one.title == "label" for value, _ in one.lookup_choices]

    assert labels(colleague) == ["a", "b"]
    assert labels(make_colleague(other_space)) == []
    user = django_user_model.objects.exclude(spaces=other_space).get()
    StaffLabels.objects.create(user=user, denied_labels=["a"])
    assert labels(colleague) == ["b"]


def test_it_takes_as_many_queries_for_fifty(colleague: Any, make_audience: Make) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            colleague.page("audiences/audience/")
        return len(captured)

    make_audience("age_within", minimum_age=18)
    colleague.page("audiences/audience/")
    with_one = queries()
    for age in range(40):
        make_audience("age_within", minimum_age=age)
    assert queries() == with_one
