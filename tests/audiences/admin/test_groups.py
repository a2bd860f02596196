"""The pages of groups of audiences, of tiers, and of quintiles."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audiences.models import Audience, AudienceGroup
from audiences.services import refresh_space
from audiences.services.groups import audiences_of_group, make_group
from audiences.services.tiers import make_tiers
from segments.models import Space

Make = Callable[..., Any]
GROUPS = "audiences/audiencegroup/"
ADD_TIERS = f"{GROUPS}add/?kind=tiers"


@pytest.fixture
def three(make_audience: Make) -> list[Audience]:
    return [make_audience("age_within", minimum_age=age, name=f"{age}+") for age in (18, 40, 65)]


@pytest.fixture
def loyalty(space: Space) -> AudienceGroup:
    tiers = [
        {"name": "Bronze", "start": 0, "end": 10},
        {"name": "Silver", "start": 10, "end": 20},
        {"name": "Gold", "start": 20, "end": None},
    ]
    return make_tiers(space=space, name="Loyalty", attribute="total_orders", tiers=tiers)


@pytest.fixture
def people(make_membership: Make) -> list[Any]:
    return [make_membership(external_id=f"p-{count:02}", total_orders=count) for count in range(30)]


def fields(*rows: tuple[Any, str, Any], **others: Any) -> dict[str, Any]:
    """What the page of tiers sends: of each row an audience or None, a name, and a start."""
    return {
        "name": "Loyalty",
        "attribute": "total_orders",
        "last_end": "",
        "action": "look",
        "seen": "",
        "tier_id": [str(audience.id) if audience else "" for audience, _, _ in rows],
        "tier_name": [name for _, name, _ in rows],
        "tier_start": [str(start) for _, _, start in rows],
        **others,
    }


def seen(answer: Any) -> str:
    found = re.search(r'name="seen" value="(\w*)"', answer.content.decode())
    assert found
    return found[1]


def test_adding_begins_with_what_kind_of_group(colleague: Any) -> None:
    page = colleague.page(f"{GROUPS}add/")
    assert [f"?kind={kind}" in page for kind in ("plain", "tiers", "rfm")] == [True] * 3
    assert "Which audiences belong together?" in colleague.page(f"{GROUPS}add/?kind=unheard-of")


def test_a_plain_group_is_added_ordered_and_deleted(
    colleague: Any, space: Space, three: list[Audience]
) -> None:
    order = [three[2].pk, three[0].pk]
    colleague.save(f"{GROUPS}add/?kind=plain", space=space.pk, name="Ages", in_order=order)
    group = AudienceGroup.objects.get()
    assert audiences_of_group(group) == [three[2], three[0]]
    page = f"{GROUPS}{group.pk}/change/"
    options = re.findall(r"<option value=\"(\d+)\" selected", colleague.page(page))
    assert options == list(map(str, order))
    colleague.save(page, name="By age", in_order=[three[0].pk, three[1].pk, three[2].pk])
    assert audiences_of_group(group) == three
    assert "By age" in colleague.page(GROUPS, q="by a")
    colleague.save(f"{GROUPS}{group.pk}/delete/", post="yes")
    assert (AudienceGroup.objects.count(), Audience.objects.count()) == (0, 3)


def test_an_audience_of_another_group_is_not_picked(
    colleague: Any, space: Space, three: list[Audience]
) -> None:
    make_group(space=space, name="Ages", audiences=three[:1])
    answer = colleague.save(
        f"{GROUPS}add/?kind=plain", space=space.pk, name="More", in_order=[three[0].pk]
    )
    told = answer.context["adminform"].form.errors
    assert told == {"in_order": ["“18+” is in the group “Ages” already. Take it out there first."]}


def test_a_plain_group_tells_how_its_audiences_overlap(
    colleague: Any, space: Space, three: list[Audience], make_membership: Make, at: Any
) -> None:
    for age in (20, 50, 70):
        make_membership(birthday=at.date() - datetime.timedelta(days=round(365.25 * age) + 10))
    refresh_space(space=space, now=at)
    group = make_group(space=space, name="Ages", audiences=three)
    page = colleague.page(f"{GROUPS}{group.pk}/change/")
    assert "How they overlap" in page
    assert re.search(r"40\+</a></th>\s*<td>2</td>\s*<td class=\"shade-4\">2 <span>100 %", page)
    assert re.search(r"18\+</a></th>\s*<td>3</td>.*?<td class=\"shade-3\">2 <span>67 %", page, re.S)
    sent = re.search('data-in-order="([^"]*)"', page)
    assert sent
    assert json.loads(unescape(sent[1])) == {str(three[n].pk): 3 - n for n in range(3)}


def test_one_audience_has_nothing_to_overlap_with(
    colleague: Any, space: Space, three: list[Audience], loyalty: AudienceGroup
) -> None:
    group = make_group(space=space, name="Ages", audiences=three[:1])
    for one in (group, loyalty):
        assert "How they overlap" not in colleague.page(f"{GROUPS}{one.pk}/change/")


def test_the_list_tells_each_groups_audiences_with_their_members(
    colleague: Any, space: Space, three: list[Audience], loyalty: AudienceGroup, people: Any
) -> None:
    make_group(space=space, name="None")
    refresh_space(space=space, now=timezone.now())
    make_group(space=space, name="Ages", audiences=three)
    page = colleague.page(GROUPS)
    named = [f"{name} <span class='quiet'>10</span>" for name in ("Bronze", "Silver", "Gold")]
    assert ", ".join(named) in page
    assert "18+ <span class='quiet'>0</span>" in page
    assert ">30<" in re.sub(r"\s", "", page)
    assert "none yet" in page


def test_more_groups_ask_the_database_no_oftener(
    colleague: Any, space: Space, make_audience: Make
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            colleague.page(GROUPS)
        return len(captured)

    def make() -> None:
        audiences = [make_audience("age_within", minimum_age=age) for age in range(6)]
        make_group(space=space, name="Ages", audiences=audiences)

    make()
    colleague.page(GROUPS)
    before = queries()
    assert "and 2 more" in colleague.page(GROUPS)
    for _ in range(5):
        make()
    assert queries() == before


def test_tiers_are_looked_at_and_then_saved(colleague: Any, space: Space, people: Any) -> None:
    sent = fields((None, "Bronze", 0), (None, "Gold", 20), (None, "", ""))
    answer = colleague.save(ADD_TIERS, **sent)
    page = answer.content.decode()
    assert "Who would be in which" in page
    assert "<strong>30</strong> of 30 members would be in a tier" in page
    assert AudienceGroup.objects.count() == 0
    answer = colleague.save(ADD_TIERS, **{**sent, "action": "save", "seen": seen(answer)})
    assert "“Loyalty” is saved" in answer.content.decode()
    bronze, gold = audiences_of_group(AudienceGroup.objects.get())
    assert bronze.configuration == {"attribute": "total_orders", "start": 0, "end": 20}
    assert gold.configuration["end"] is None


def test_what_was_not_looked_at_is_not_saved(
    colleague: Any, space: Space, people: Any, loyalty: AudienceGroup
) -> None:
    bronze, silver, gold = audiences_of_group(loyalty)
    page = f"{GROUPS}{loyalty.pk}/change/"
    rows = (bronze, "Bronze", 0), (silver, "Silver", 5), (gold, "Gold", 20)
    looked = colleague.save(page, **fields(*rows))
    assert "<strong>5</strong> of 30 members would be in another tier" in looked.content.decode()
    other = fields(*rows[:2], (gold, "Gold", 25), action="save", seen=seen(looked))
    again = colleague.save(page, **other)
    assert "Nothing is saved yet" in again.content.decode()
    assert "<strong>10</strong> of 30 members" in again.content.decode()
    gold.refresh_from_db()
    assert gold.configuration["start"] == 20
    colleague.save(page, **{**other, "seen": seen(again)})
    gold.refresh_from_db()
    assert gold.configuration["start"] == 25
    assert audiences_of_group(loyalty) == [bronze, silver, gold]


@pytest.mark.parametrize(
    ("rows", "others", "said"),
    [
        ([(None, "A", 5), (None, "B", 3)], {}, "3 is not above 5"),
        ([(None, "A", "x")], {}, "&#x27;x&#x27; is not a number"),
        ([(None, "A", 0), (None, "A", 3)], {}, "Two tiers have the name “A”"),
        ([(None, "", 3)], {}, "&#x27;&#x27; is not a name"),
        ([], {}, "Give a list of 1 to 50 tiers"),
        ([(None, "A", 5)], {"last_end": "4"}, "4 is not above 5"),
        ([(None, "A", 5)], {"attribute": "email"}, "email is text"),
        ([(None, "A", 5)], {"name": " "}, "Give it a name."),
    ],
)
def test_what_is_wrong_is_told_on_the_page(
    colleague: Any, space: Space, rows: Any, others: Any, said: str
) -> None:
    for action in ("look", "save"):
        answer = colleague.save(ADD_TIERS, **fields(*rows, **{**others, "action": action}))
        assert said in answer.content.decode()
    assert AudienceGroup.objects.count() == 0


def test_a_tier_in_use_is_neither_left_out_nor_deleted(
    colleague: Any, loyalty: AudienceGroup, make_offer: Make, people: Any
) -> None:
    bronze, silver, gold = audiences_of_group(loyalty)
    make_offer(gold, name="Coffee")
    page = f"{GROUPS}{loyalty.pk}/change/"
    sent = fields((bronze, "Bronze", 0), (silver, "Silver", 10))
    looked = colleague.save(page, **sent)
    assert "“Gold” would be deleted, but it is in use by “Coffee”" in looked.content.decode()
    answer = colleague.save(page, **{**sent, "action": "save", "seen": seen(looked)})
    assert "“Gold” is in use by “Coffee”. Take it off first." in answer.content.decode()
    assert loyalty.audiences.count() == 3
    asked = colleague.page(f"{GROUPS}{loyalty.pk}/delete/")
    assert "can't be deleted" in asked.replace("&#x27;", "'")
    assert "Coffee" in asked


def test_a_group_of_tiers_is_deleted_with_them(colleague: Any, loyalty: AudienceGroup) -> None:
    assert "Loyalty with its 3 tiers" in colleague.page(f"{GROUPS}{loyalty.pk}/delete/")
    colleague.save(f"{GROUPS}{loyalty.pk}/delete/", post="yes")
    assert (AudienceGroup.objects.count(), Audience.objects.count()) == (0, 0)


def test_an_audience_in_a_group_is_not_deleted(colleague: Any, loyalty: AudienceGroup) -> None:
    gold = loyalty.audiences.get(name="Gold")
    asked = colleague.page(f"audiences/audience/{gold.pk}/delete/")
    assert f'Audience group <a href="/admin/{GROUPS}{loyalty.pk}/change/">Loyalty</a>' in asked


def test_members_are_shown_with_their_tier_and_found(
    colleague: Any, loyalty: AudienceGroup, space: Space, make_membership: Make
) -> None:
    for count in range(60):
        make_membership(external_id=f"p-{count:02}", total_orders=count)
    refresh_space(space=space, now=timezone.now())
    page = f"{GROUPS}{loyalty.pk}/change/"
    first = colleague.page(page)
    assert ("p-00" in first, "p-50" in first) == (True, False)
    after = re.search(r"\?after=(\d+)", first)
    assert after
    assert "p-50" in colleague.page(page, after=after[1])
    found = colleague.page(page, q="p-12")
    assert re.search(r"<td>p-12</td>\s*<td>–</td>\s*<td>Silver</td>", found)
    assert "No member of this group is found" in colleague.page(page, q="nobody")


def test_quintiles_are_looked_at_made_and_renamed(
    colleague: Any, space: Space, make_membership: Make, at: datetime.datetime
) -> None:
    page = f"{GROUPS}add/?kind=rfm"
    assert "No member has a last order" in colleague.page(page)
    for count in range(10):
        last = at - datetime.timedelta(days=count)
        make_membership(total_orders=count, total_order_value=count, last_order_at=last)
    assert "Make these three groups" in colleague.page(page)
    assert AudienceGroup.objects.count() == 0
    colleague.save(page, space=space.pk)
    assert AudienceGroup.objects.count() == 3
    assert "<strong>0</strong> of 10 members" in colleague.page(page)
    group = AudienceGroup.objects.get(attribute="total_orders")
    one = f"{GROUPS}{group.pk}/change/"
    assert "Work them out anew" in colleague.page(one)
    before = audiences_of_group(group)[0].configuration
    colleague.save(one, **fields((None, "Mine", 3), name="How often", action="save"))
    group.refresh_from_db()
    assert (group.name, audiences_of_group(group)[0].configuration) == ("How often", before)


def test_a_tiers_own_page_leads_to_its_group(colleague: Any, loyalty: AudienceGroup) -> None:
    gold = loyalty.audiences.get(name="Gold")
    page = f"audiences/audience/{gold.pk}/change/"
    assert "It is a tier of the group “Loyalty”: change it there." in colleague.page(page)
    colleague.save(page, attribute="age", start="3", name="Golden", description="The best")
    gold.refresh_from_db()
    assert (gold.name, gold.configuration["start"], gold.description) == ("Gold", 20, "The best")


def test_a_band_is_added_by_itself(colleague: Any, space: Space) -> None:
    add = "audiences/audience/add/?type=tier"
    answer = colleague.save(add, space=space.pk, attribute="age", start="x")
    assert "is not a number" in str(answer.context["adminform"].form.errors)
    colleague.save(add, space=space.pk, attribute="age", start="18", end="25")
    assert Audience.objects.get().configuration == {"attribute": "age", "start": 18, "end": 25}


def test_groups_of_another_space_are_not_there(
    make_colleague: Make, other_space: Space, loyalty: AudienceGroup, three: list[Audience]
) -> None:
    stranger = make_colleague(other_space)
    assert "Loyalty" not in stranger.page(GROUPS)
    for path in ("change", "delete"):
        answer = stranger.get(f"/admin/{GROUPS}{loyalty.pk}/{path}/", follow=True)
        assert "Loyalty" not in answer.content.decode()
    sent = fields((loyalty.audiences.get(name="Gold"), "Mine", 0))
    assert "is none of the tiers" in stranger.save(ADD_TIERS, **sent).content.decode()
    stranger.save(f"{GROUPS}{loyalty.pk}/change/", **{**sent, "action": "save"})
    answer = stranger.save(
        f"{GROUPS}add/?kind=plain", space=other_space.pk, name="Ours", in_order=[three[0].pk]
    )
    assert "Pick audiences of this space" in answer.content.decode()
    loyalty.refresh_from_db()
    assert (loyalty.name, loyalty.audiences.count()) == ("Loyalty", 3)


@pytest.mark.parametrize("kind", ["tiers", "rfm"])
def test_a_form_of_a_space_that_isn_t_theirs_changes_none(
    colleague: Any, people: list[Any], other_space: Space, kind: str
) -> None:
    """One had it open in another window when the space was taken from them."""
    sent = {**fields((None, "Bronze", 0)), "space": other_space.pk}
    answer = colleague.post(f"/admin/{GROUPS}add/?kind={kind}", sent)
    assert answer.status_code == 403
    assert not AudienceGroup.objects.exists()


@pytest.mark.parametrize("name", ["", " ", "x" * 256])
def test_quintiles_keep_their_name_where_another_can_t_be(
    colleague: Any, space: Space, make_membership: Make, name: str
) -> None:
    for count in range(5):
        moment = timezone.now() - datetime.timedelta(days=count)
        make_membership(total_orders=count, total_order_value=count, last_order_at=moment)
    colleague.save(f"{GROUPS}add/?kind=rfm", space=space.pk)
    group = AudienceGroup.objects.order_by("number")[0]

    answer = colleague.save(f"{GROUPS}{group.pk}/change/", name=name)

    assert "Nothing is saved." in answer.content.decode()
    assert AudienceGroup.objects.get(pk=group.pk).name == group.name
