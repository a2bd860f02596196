"""The pages of memberships."""

from __future__ import annotations

import datetime
import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from segments.admin.metadata import MetadataWidget
from segments.models import Membership, Segment, Space

Make = Callable[..., Any]

BLANK = {"total_orders": 0, "total_order_value": 0}


def errors(answer: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = answer.context["adminform"].form.errors.get_json_data()
    return {field: [fault["message"] for fault in faults] for field, faults in found.items()}  # type: ignore[index]


def test_a_membership_is_added_with_its_segments(
    colleague: Any, space: Space, make_segment: Make
) -> None:
    gold, silver = make_segment("gold"), make_segment("silver")
    colleague.save(
        "segments/membership/add/",
        **BLANK,
        space=space.pk,
        external_id="card-1",
        birthday="1990-05-04",
        segments=[gold.pk, silver.pk],
    )
    added = Membership.objects.get(space=space, external_id="card-1")
    assert {place.segment for place in added.segment_memberships.all()} == {gold, silver}


def test_the_list_is_told_how_it_is_filled_and_then_tells_the_time_as_other_pages_do(
    colleague: Any, make_membership: Make
) -> None:
    assert "segments/import/add/?what=memberships" in colleague.page("segments/membership/")
    moment = datetime.datetime(2026, 5, 4, 15, 6, tzinfo=datetime.UTC)
    make_membership(last_order_at=moment)
    page = colleague.page("segments/membership/")
    assert re.search(r"4 May 2026, \d\d:06<", page)
    assert "p.m." not in page


def test_its_segments_are_changed_on_its_page(
    colleague: Any, make_membership: Make, make_segment: Make
) -> None:
    gold, silver, bronze = (make_segment(code) for code in ("gold", "silver", "bronze"))
    membership = make_membership(gold, silver)
    kept = membership.segment_memberships.get(segment=silver)
    path = f"segments/membership/{membership.pk}/change/"
    segments = [silver.pk, bronze.pk]
    colleague.save(path, **BLANK, external_id=membership.external_id, segments=segments)
    places = membership.segment_memberships.all()
    assert {place.segment for place in places} == {silver, bronze}
    assert kept in places  # the same row, with the moment it was made


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("external_id", "taken", "A membership with this external id already exists."),
        ("external_id", "", "This field is required."),
        ("birthday", "2999-01-01", "is in the future"),
        ("birthday", "1800-01-01", "more than 123 years ago"),
        ("birthday", "soon", "Enter a valid date."),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    field: str, value: str, told: str, colleague: Any, space: Space, make_membership: Make
) -> None:
    make_membership(external_id="taken")
    given = {**BLANK, "space": space.pk, "external_id": "new", field: value}
    faults = errors(colleague.save("segments/membership/add/", **given))
    assert list(faults) == [field]
    assert told in faults[field][0]
    assert Membership.objects.count() == 1


def facts(*rows: tuple[str, str, str]) -> dict[str, Any]:
    """What the rows of other facts send: of each the name, the kind and the value."""
    return {
        f"metadata-{part}": [row[place] for row in rows]
        for place, part in enumerate(("name", "kind", "value"))
    }


def test_its_facts_are_told_at_a_glance(colleague: Any, make_membership: Make) -> None:
    born = timezone.localdate() - datetime.timedelta(days=40 * 365.25 + 30)
    membership = make_membership(birthday=born, total_orders=7, full_name="Ada")
    page = colleague.page(f"segments/membership/{membership.pk}/change/")
    glance = page[page.index("glance") : page.index("</section>")]
    assert '<span class="count">40</span>' in glance
    assert "7</span>" in glance
    assert str(membership.id) in glance


METADATA = {
    "income": "35-49K",
    "points": 12,
    "rate": 2.5,
    "five": "5",
    "yes": True,
    "gone": None,
    "tags": ["a", {"b": [1, "ü"]}],
    "lines": "one\ntwo",
    "odd lines": "one\r\ntwo",
    " padded ": "",
    "<b>": '"quoted"',
}


def test_its_other_facts_are_sent_back_as_they_were(colleague: Any, make_membership: Make) -> None:
    membership = make_membership(metadata=METADATA)
    path = f"segments/membership/{membership.pk}/change/"
    page = colleague.page(path)
    rows = [(row.name, row.kind, row.value) for row in MetadataWidget().format_value(METADATA)]
    for name, _kind, value in rows:
        assert f'value="{html.escape(name)}"' in page
        assert f">\n{html.escape(value)}</textarea>" in page
    sent = facts(*((name, kind, value.replace("\n", "\r\n")) for name, kind, value in rows))
    colleague.save(path, **BLANK, external_id=membership.external_id, **sent)
    membership.refresh_from_db()
    assert json.dumps(membership.metadata, sort_keys=True) == json.dumps(METADATA, sort_keys=True)


def test_its_other_facts_are_changed_each_as_what_it_is(
    colleague: Any, make_membership: Make
) -> None:
    membership = make_membership(metadata={"income": "low", "old": 1})
    sent = facts(
        ("income", "text", "12"),
        ("", "number", ""),  # the row of “old”, emptied
        ("points", "number", "12"),
        (" keen ", "flag", "Yes"),
        ("tags", "json", '["a"]'),
        ("gone", "nothing", ""),
    )
    path = f"segments/membership/{membership.pk}/change/"
    colleague.save(path, **BLANK, external_id=membership.external_id, **sent)
    membership.refresh_from_db()
    expected = {"income": "12", "points": 12, "keen": True, "tags": ["a"], "gone": None}
    assert membership.metadata == expected
    assert membership.metadata["keen"] is True


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("points", "number", "many"), "“many” of “points” must be a number, such as 12.5."),
        (("points", "number", "true"), "must be a number"),
        (("points", "number", "1e999"), "must be a number"),
        (("points", "number", "NaN"), "must be a number"),
        (("keen", "flag", "perhaps"), "“perhaps” of “keen” must be yes or no."),
        (("tags", "json", "[a]"), "must be JSON"),
        (("tags", "json", "[NaN]"), "must be JSON"),
        (("gone", "nothing", "x"), "must be left empty"),
        (("x", "kind", "x"), "must be one of Text, Number, Yes/no, Empty, JSON."),
        (("", "text", "x"), "“x” has no name. Give it one, or empty it."),
        (("income", "text", "x"), "“income” is there twice. Keep one of them."),
        (("odd", "text", "a\0"), "“odd” has a character that can't be kept."),
        (("odd", "json", '{"a": ["\\ud800"]}'), "“odd” has a character that can't be kept."),
    ],
)
def test_a_wrong_fact_is_told_by_its_name(
    row: tuple[str, str, str], told: str, colleague: Any, make_membership: Make
) -> None:
    membership = make_membership(metadata={"income": "low"})
    path = f"segments/membership/{membership.pk}/change/"
    sent = facts(("income", "text", "high"), row)
    answer = colleague.save(path, **BLANK, external_id=membership.external_id, **sent)
    (fault,) = errors(answer)["metadata"]
    assert told in fault
    assert html.escape(row[2]) in answer.content.decode() or "\0" in row[2]
    membership.refresh_from_db()
    assert membership.metadata == {"income": "low"}


def test_saving_leaves_the_moment_of_the_last_order_as_exact_as_it_is(
    colleague: Any, make_membership: Make
) -> None:
    moment = datetime.datetime(2026, 6, 15, 12, 0, 1, 123456, tzinfo=datetime.UTC)
    membership = make_membership(last_order_at=moment)
    path = f"segments/membership/{membership.pk}/change/"
    shown = {"last_order_at_0": "2026-06-15", "last_order_at_1": "14:00:01"}  # in Amsterdam
    sent = {**BLANK, "external_id": membership.external_id, **shown}
    colleague.save(path, **sent, full_name="Ada")
    membership.refresh_from_db()
    assert (membership.full_name, membership.last_order_at) == ("Ada", moment)
    colleague.save(path, **{**sent, "last_order_at_1": "14:00:02"})
    membership.refresh_from_db()
    assert membership.last_order_at == moment.replace(second=2, microsecond=0)


@pytest.fixture
def place(colleague: Any) -> Callable[..., str]:
    """Tick members in the list, and send the form that one is led to; the text of the answer."""

    def place(*members: Membership, segments: list[Segment], way: str) -> str:
        numbers = [member.pk for member in members]
        ticked = {"action": "place", "_selected_action": numbers}
        led_to = colleague.post("/admin/segments/membership/", ticked)["Location"]
        page = led_to.removeprefix("/admin/")
        assert all(f'value="{number}"' in colleague.page(page) for number in numbers)
        chosen = [segment.pk for segment in segments]
        answer = colleague.save(page, member=numbers, segments=chosen, way=way)
        text: str = html.unescape(answer.content.decode())
        return text

    return place


def test_ticked_members_are_put_into_several_segments_or_taken_out(
    place: Callable[..., str], make_membership: Make, make_segment: Make
) -> None:
    gold, silver = make_segment("gold"), make_segment("silver")
    ada, bo, cleo = make_membership(gold), make_membership(), make_membership()
    said = place(ada, bo, segments=[gold, silver], way="in")
    assert "2 members put into “gold”, “silver”. 1 had been so already." in said
    assert set(Membership.objects.in_segment(silver)) == {ada, bo}
    assert "1 member taken out of “gold”." in place(ada, segments=[gold], way="out")
    assert set(Membership.objects.in_segment(gold)) == {bo}
    assert "Pick one segment or more." in place(cleo, segments=[], way="in")


def test_nobody_of_another_space_is_placed(
    colleague: Any, other_space: Space, make_membership: Make, make_segment: Make
) -> None:
    stranger = make_membership(space=other_space)
    gold = make_segment("gold")
    page = f"segments/membership/place/?member={stranger.pk}"
    answer = colleague.save(page, member=stranger.pk, segments=gold.pk, way="in")
    assert "Nobody is ticked" in answer.content.decode()
    assert not Membership.objects.in_segment(gold).exists()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("card-1", ["card-1", "card-12"]),
        ("card-12", ["card-12"]),
        ("ada@EXAMPLE.com", ["card-1"]),
        ("ada@example", ["card-1"]),
        ("lace 41", []),
        ("7755", ["card-2"]),
        ("lovelace", ["card-1"]),
        ("card", ["card-1", "card-12", "card-2"]),
        ("nobody", []),
    ],
)
def test_a_membership_is_found_by_id_address_or_name(
    words: str, found: list[str], colleague: Any, make_membership: Make
) -> None:
    make_membership(external_id="card-1", full_name="Ada Lovelace", email="ada@example.com")
    make_membership(external_id="card-12")
    make_membership(external_id="card-2", phone="+31207755000")
    rows = colleague.get("/admin/segments/membership/", {"q": words}).context["cl"].result_list
    assert sorted(row.external_id for row in rows) == found


def test_a_membership_is_deleted(colleague: Any, make_membership: Make, make_segment: Make) -> None:
    membership = make_membership(make_segment("gold"))
    page = colleague.page(f"segments/membership/{membership.pk}/delete/")
    assert f"Delete “{membership}”?" in page
    assert "What goes with it: places in segments and lists, 1." in page
    colleague.save(f"segments/membership/{membership.pk}/delete/", post="yes")
    assert not Membership.objects.exists()
