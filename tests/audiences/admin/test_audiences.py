"""The pages of audiences: a form for each type."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from audiences.admin import FORMS
from audiences.models import Audience
from audiences.types import registry
from segments.models import Space

Make = Callable[..., Any]


def faults(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)


def test_every_type_has_a_form() -> None:
    assert FORMS.keys() == registry.TYPES.keys()


def test_adding_begins_with_the_types(colleague: Any) -> None:
    page = colleague.page("audiences/audience/add/")
    for kind in registry.TYPES.values():
        assert f"?type={kind.name}" in page
        assert kind.label in page
        assert kind.help_text in page
    assert "Choose how to say it" in colleague.page("audiences/audience/add/?type=unheard-of")


def test_an_audience_of_ages_is_added_and_changed(colleague: Any, space: Space) -> None:
    colleague.save("audiences/audience/add/?type=age_within", space=space.pk, minimum_age=18)
    audience = Audience.objects.get(space=space)
    assert audience.configuration == {"minimum_age": 18, "maximum_age": None}
    path = f"audiences/audience/{audience.pk}/change/"
    assert "Members: aged 18 or over." in colleague.page(path)
    colleague.save(path, minimum_age=18, maximum_age=35, name="Young")
    audience.refresh_from_db()
    assert audience.configuration == {"minimum_age": 18, "maximum_age": 35}
    assert audience.name == "Young"


def test_one_in_use_is_not_archived_and_the_form_leads_to_what_uses_it(
    colleague: Any, make_audience: Make, make_offer: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18, name="Adults")
    offer = make_offer(audience, name="Coffee & tea")
    path = f"audiences/audience/{audience.pk}/change/"
    answer = colleague.save(path, name="Adults", minimum_age=18, lifecycle="archived")
    (fault,) = faults(answer)["lifecycle"]
    assert f'/admin/offers/offer/{offer.pk}/change/">Coffee &amp; tea</a>' in fault
    audience.refresh_from_db()
    assert audience.lifecycle == "published"

    offer.delete()
    colleague.save(path, name="Adults", minimum_age=18, lifecycle="archived")
    audience.refresh_from_db()
    assert audience.lifecycle == "archived"
    answer = colleague.save(path, name="Adults", minimum_age=18, lifecycle="published")
    assert "not one of the available choices" in faults(answer)["lifecycle"][0]


def test_an_audience_of_segments_is_added_and_changed(
    colleague: Any, space: Space, make_segment: Make
) -> None:
    gold, silver = make_segment("gold"), make_segment("silver")
    add = "audiences/audience/add/?type=in_all_segments"
    colleague.save(add, space=space.pk, segments=[gold.pk, silver.pk])
    audience = Audience.objects.get(space=space)
    assert audience.configuration == {"segments": [str(gold.id), str(silver.id)]}
    path = f"audiences/audience/{audience.pk}/change/"
    page = colleague.page(path)
    assert "Members: in gold and silver." in page
    assert page.count("selected") >= 2
    colleague.save(path, segments=[silver.pk])
    assert list(audience.segments.all()) == [silver]


def test_an_audience_is_said_in_pql_beside_its_sentence(
    colleague: Any, make_audience: Make, make_segment: Make
) -> None:
    gold = make_segment("gold")
    in_gold = make_audience("in_any_segment", segments=[str(gold.id)])
    page = colleague.page(f"audiences/audience/{in_gold.pk}/change/")
    assert f"<code>inSegment(&quot;{gold.id}&quot;)</code>" in page
    young = make_audience("age_within", minimum_age=18)
    page = colleague.page(f"audiences/audience/{young.pk}/change/")
    assert "PQL can&#x27;t say this." in page or "PQL can't say this." in page
    assert "age counts by the clock of the space." in page
    Audience.objects.filter(pk=young.pk).update(configuration={})
    assert "Who is meant can" in colleague.page(f"audiences/audience/{young.pk}/change/")


def test_an_audience_in_pql_is_added_and_changed(colleague: Any, space: Space) -> None:
    add = "audiences/audience/add/?type=pql"
    answer = colleague.save(add, space=space.pk, value="totalOrders >", format="pql/text")
    assert "Line 1, column 14" in faults(answer)["value"][0]
    colleague.save(add, space=space.pk, value='inSegment("gold")', format="pql/text")
    audience = Audience.objects.get(space=space)
    assert audience.configuration["expression"]["value"] == 'inSegment("gold")'
    path = f"audiences/audience/{audience.pk}/change/"
    page = colleague.page(path)
    assert "Members: in gold." in page
    assert "Nothing in this space goes by “gold” yet" in page
    colleague.save(path, value="totalOrders > 5", format="pql/text")
    audience.refresh_from_db()
    assert audience.configuration["expression"]["value"] == "totalOrders > 5"


def test_a_configuration_is_never_shown_as_something_to_edit(
    colleague: Any, make_audience: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=35)
    page = colleague.page(f"audiences/audience/{audience.pk}/change/")
    assert 'name="configuration"' not in page
    assert "{&quot;" not in page


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, {"minimum_age": ["Give the lowest age, the highest, or both."]}),
        (
            {"minimum_age": 40, "maximum_age": 35},
            {
                "minimum_age": [
                    "The minimum age 40 is above the maximum age 35. "
                    "Give a minimum that is at most the maximum."
                ]
            },
        ),
        (
            {"minimum_age": "young", "maximum_age": 124},
            {
                "minimum_age": ["Give a whole number from 0 to 123, or nothing."],
                "maximum_age": ["Give a whole number from 0 to 123, or nothing."],
            },
        ),
    ],
)
def test_ages_that_cannot_be_are_told_at_their_field(
    given: dict[str, Any], told: dict[str, list[str]], colleague: Any, space: Space
) -> None:
    answer = colleague.save("audiences/audience/add/?type=age_within", space=space.pk, **given)
    assert faults(answer) == told
    assert not Audience.objects.exists()


def test_an_audience_of_no_segments_is_told_at_its_field(colleague: Any, space: Space) -> None:
    answer = colleague.save("audiences/audience/add/?type=in_any_segment", space=space.pk)
    assert faults(answer) == {"segments": ["Pick one segment or more."]}


def test_an_audience_without_a_name_is_called_by_who_is_in_it(
    colleague: Any, space: Space, make_audience: Make
) -> None:
    make_audience("age_within", minimum_age=18, maximum_age=35)
    make_audience("age_within", minimum_age=65, maximum_age=None, name="Our elders")
    page = colleague.page("audiences/audience/")
    assert "Aged 18 to 35" in page
    assert "Our elders" in page
    choices = colleague.get("/admin/audiences/audience/choices/", {"space": space.pk}).json()
    titles = [choice["text"] for choice in choices["results"]]
    assert titles == ["Our elders", "Aged 18 to 35"]


@pytest.mark.parametrize(
    ("words", "found"),
    [("elder", ["Our elders"]), ("age with", ["Our elders"]), ("GOLD", ["Buyers"]), ("x", [])],
)
def test_an_audience_is_found_by_name_type_or_segment(
    words: str, found: list[str], colleague: Any, make_audience: Make, make_segment: Make
) -> None:
    make_audience("age_within", minimum_age=65, maximum_age=None, name="Our elders")
    segments = [str(make_segment(code).id) for code in ("gold-tier", "gold-card")]
    make_audience("in_any_segment", segments=segments, name="Buyers")
    rows = colleague.get("/admin/audiences/audience/", {"q": words}).context["cl"].result_list
    assert [row.name for row in rows] == found


def test_an_audience_shows_and_is_held_by_the_offers_that_use_it(
    colleague: Any, make_audience: Make, make_offer: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=35)
    path = f"audiences/audience/{audience.pk}"
    assert "None yet. On an offer's page" in colleague.page(f"{path}/change/")
    offer = make_offer(audience, name="Spring")
    assert "Spring</a>" in colleague.page(f"{path}/change/")
    page = colleague.page(f"{path}/delete/")
    assert "“Aged 18 to 35” can't be deleted" in page
    assert f'Offer <a href="/admin/offers/offer/{offer.pk}/change/">Spring</a>' in page
    colleague.save(f"{path}/delete/", post="yes")
    assert Audience.objects.exists()


def test_every_type_that_has_a_form_is_offered_once(colleague: Any) -> None:
    page = colleague.page("audiences/audience/add/")
    offered = re.findall(r'href="\?type=(\w+)"', page)
    assert sorted(offered) == sorted(FORMS)
    assert "Others" not in page  # each is under what it has in common with some
