"""Audiences held against each other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audience_platform.models import StaffLabels
from audiences.models import Audience
from audiences.services import redefine_audience, refresh_space
from segments.models import Space

Make = Callable[..., Any]
PAGE = "audiences/audience/compare/"


def orders(operator: str, value: int) -> dict[str, Any]:
    return {"field": "total_orders", "operator": operator, "value": value}


@pytest.fixture
def some(make_audience: Make, make_membership: Make, space: Space) -> list[Audience]:
    """Of twelve people with 0 to 11 orders: six, eight, and the three with 9 or more."""
    for count in range(12):
        make_membership(total_orders=count)
    made = [
        make_audience("rules", name="Keen", rule=orders("greater_or_equal", 6)),
        make_audience("rules", name="Lazy", rule=orders("less", 8)),
        make_audience("rules", name="Keenest", rule=orders("greater_or_equal", 9)),
    ]
    refresh_space(space=space, now=timezone.now())
    return made


def compared(colleague: Any, audiences: list[Audience]) -> Any:
    numbers = [audience.pk for audience in audiences]
    response = colleague.get(f"/admin/{PAGE}", {"audiences": numbers})
    assert response.status_code == 200
    return response


def test_two_audiences_are_told_in_numbers(colleague: Any, some: list[Audience]) -> None:
    response = compared(colleague, some[:2])
    told = response.context
    assert (told["in_any"], told["in_all"], told["of_any"]) == (12, 2, "16.7 %")
    assert [(one.letter, one.size, one.share, one.alone) for one in told["compared"]] == [
        ("A", 6, "50 %", 4),
        ("B", 8, "66.7 %", 6),
    ]
    (pair,) = told["pairs"]
    assert (pair.both, pair.of_first, pair.of_second) == (2, "33.3 %", "25 %")
    assert (pair.only_first, pair.only_second) == (4, 6)
    assert [(part.count, part.sentence, part.width) for part in told["combinations"]] == [
        (6, "in Lazy, not in Keen", 100),
        (4, "in Keen, not in Lazy", 66.7),
        (2, "in Keen and Lazy", 33.3),
    ]


def test_the_picture_says_the_same_in_words(colleague: Any, some: list[Audience]) -> None:
    page = compared(colleague, some).content.decode()
    assert page.count("<circle") == 3
    assert "A: Keen, 6." in page
    assert "6 in Lazy, not in Keen or Keenest." in page
    four = compared(colleague, [*some, *copies(some, 1)])
    assert four.context["picture"] is None
    assert "<circle" not in four.content.decode()
    assert len(four.context["pairs"]) == 6


def copies(some: list[Audience], count: int) -> list[Audience]:
    return [
        Audience.objects.create(
            space_id=some[0].space_id,
            name=f"New {number}",
            audience_type="age_within",
            configuration={"minimum_age": number, "maximum_age": None},
        )
        for number in range(count)
    ]


def test_those_in_just_some_are_made_an_audience(colleague: Any, some: list[Audience]) -> None:
    part = compared(colleague, some).context["combinations"][-1]
    assert part.sentence == "in Keen, not in Lazy or Keenest"
    asked = parse_qs(urlsplit(part.make).query)
    rule = {
        "all": [
            {"in_audience": str(some[0].id)},
            {"not": {"in_audience": str(some[1].id)}},
            {"not": {"in_audience": str(some[2].id)}},
        ]
    }
    assert json.loads(asked["rule"][0]) == rule
    form = colleague.get(part.make).context["adminform"].form
    assert json.loads(form["rule"].value()) == rule
    assert form["name"].value() == "In Keen, not in Lazy or Keenest"
    colleague.save(part.make.removeprefix("/admin/"), rule=json.dumps(rule), name="Just keen")
    assert Audience.objects.get(name="Just keen").configuration["rule"] == rule


def test_an_unreadable_rule_in_an_address_is_passed_over(colleague: Any, space: Space) -> None:
    page = colleague.get("/admin/audiences/audience/add/?type=rules&rule={")
    assert page.context["adminform"].form["rule"].value() in (None, "null")


@pytest.mark.parametrize("count", [1, 6])
def test_fewer_than_two_and_more_than_five_are_not_compared(
    count: int, colleague: Any, some: list[Audience]
) -> None:
    numbers = [audience.pk for audience in [*some, *copies(some, 3)][:count]]
    response = colleague.get(f"/admin/{PAGE}", {"audiences": numbers, "compare": ""})
    assert response.context["form"].errors == {"audiences": ["Pick 2 to 5 audiences to compare."]}
    assert "combinations" not in response.context


def test_the_page_begins_with_a_choice(colleague: Any, some: list[Audience]) -> None:
    page = colleague.page(PAGE)
    assert "Type a part of a name" in page
    assert "Pick 2 to 5" not in page
    page = colleague.page(PAGE, audiences=some[0].pk)
    assert f'<option value="{some[0].pk}" selected' in page
    assert "Pick 2 to 5" not in page
    assert "errorlist" not in colleague.page(PAGE, audiences="9" * 30)


def test_what_has_not_been_worked_out_holds_nobody_yet(
    colleague: Any, some: list[Audience]
) -> None:
    new = copies(some, 2)
    page = compared(colleague, new).content.decode()
    assert "Nobody is in any of them." in page
    assert "None of them has been worked out yet." in page


def test_those_ticked_in_the_list_are_compared_in_its_order(
    colleague: Any, some: list[Audience]
) -> None:
    ticked = [audience.pk for audience in some]
    data = {"action": "compare_chosen", "_selected_action": ticked}
    answer = colleague.save("audiences/audience/", **data)
    assert [one.title for one in answer.context["compared"]] == ["Keenest", "Lazy", "Keen"]


def test_audiences_of_other_spaces_and_with_denied_labels_are_not_there(
    colleague: Any,
    make_colleague: Make,
    some: list[Audience],
    other_space: Space,
    django_user_model: Any,
) -> None:
    missing = {"audiences": ["One of them is not there, or not any more. Pick others."]}
    stranger = make_colleague(other_space)
    assert compared(stranger, some).context["form"].errors == missing
    redefine_audience(some[0], labels=["secret"])
    user = django_user_model.objects.exclude(spaces=other_space).get()
    StaffLabels.objects.create(user=user, denied_labels=["secret"])
    assert compared(colleague, some).context["form"].errors == missing
    assert "Keenest" in compared(colleague, some[1:]).content.decode()


def test_an_address_leads_into_the_space_of_its_audiences(
    make_colleague: Make, some: list[Audience], space: Space, other_space: Space
) -> None:
    both = make_colleague(other_space, space)
    both.post(f"/admin/segments/space/{other_space.pk}/enter/")
    assert compared(both, some).context["in_any"] == 12


def test_five_take_as_many_queries_as_two(colleague: Any, some: list[Audience]) -> None:
    five = [*some, *copies(some, 2)]
    refresh_space(space=some[0].space, now=timezone.now())

    def queries(audiences: list[Audience]) -> int:
        with CaptureQueriesContext(connection) as captured:
            compared(colleague, audiences)
        return len(captured)

    compared(colleague, five)
    assert queries(five) == queries(five[:2])
