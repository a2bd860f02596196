"""The pages of segments, and their members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from segments.admin import segment_members, segments
from segments.models import Segment, Space
from segments.services import add_members

Make = Callable[..., Any]


def members(segment: Segment) -> set[str]:
    places = segment.segment_memberships.select_related("membership")
    return {place.membership.external_id for place in places}


def test_a_segment_is_added(colleague: Any, space: Space) -> None:
    colleague.save("segments/segment/add/", space=space.pk, name="Gold tier", short_code="gold")
    assert Segment.objects.get(space=space).name == "Gold tier"


def test_the_later_of_two_windows_is_told_before_it_undoes_the_other(
    colleague: Any, make_segment: Make
) -> None:
    segment = make_segment("gold", name="Gold")
    path = f"segments/segment/{segment.pk}/change/"
    opened = colleague.get(f"/admin/{path}").context["adminform"].form["opened_at"].value()
    fields = {"name": "First", "short_code": "gold", "opened_at": opened}
    colleague.save(path, **fields)
    form = colleague.save(path, **fields | {"name": "Second"}).context["adminform"].form
    assert "changed after you opened it" in form.non_field_errors()[0]
    segment.refresh_from_db()
    assert segment.name == "First"
    colleague.save(path, **fields | {"name": "Second", "opened_at": form["opened_at"].value()})
    segment.refresh_from_db()
    assert segment.name == "Second"


def test_a_short_code_that_is_taken_is_told_at_its_field(
    colleague: Any, space: Space, make_segment: Make
) -> None:
    make_segment("gold")
    answer = colleague.save("segments/segment/add/", space=space.pk, name="x", short_code="gold")
    told = answer.context["adminform"].form.errors
    assert told == {"short_code": ["A segment with this short code already exists."]}


def test_the_list_counts_members_up_to_where_it_says_more(
    colleague: Any, make_segment: Make, make_membership: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "MOST_COUNTED", 2)
    for size, code in enumerate(["none", "one", "two", "three"]):
        segment = make_segment(code)
        add_members(segment=segment, memberships=[make_membership().pk for _ in range(size)])
    rows = colleague.get("/admin/segments/segment/").context["cl"].result_list
    admin = colleague.get("/admin/segments/segment/").context["cl"].model_admin
    counted = {row.short_code: admin.members(row) for row in rows}
    assert counted == {"none": "0", "one": "1", "two": "2", "three": "more than 2"}


def test_members_are_added_by_pasting_external_ids(
    colleague: Any, make_segment: Make, make_membership: Make
) -> None:
    segment = make_segment("gold")
    for name in ("a", "b", "c d", "e"):
        make_membership(external_id=name)
    path = f"segments/segment/{segment.pk}/add-members/"
    colleague.save(path, external_ids="a\r\n b , c d;\n\na\n")
    assert members(segment) == {"a", "b", "c d"}
    answer = colleague.save(path, external_ids="a\te")
    assert "1 member added to “gold”. 1 had been in it already." in answer.content.decode()
    assert members(segment) == {"a", "b", "c d", "e"}


def test_unknown_external_ids_are_named_and_nobody_is_added(
    colleague: Any, make_segment: Make, make_membership: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_members, "NAMED", 2)
    segment = make_segment("gold")
    make_membership(external_id="a")
    path = f"segments/segment/{segment.pk}/add-members/"
    answer = colleague.save(path, external_ids="x\na\ny\nz")
    (told,) = answer.context["form"].errors["external_ids"]
    assert told.startswith("3 of 4 are no external id of a membership of this space: x, y and 1")
    assert "x\na\ny\nz" in answer.content.decode()  # still there, to be corrected
    assert members(segment) == set()


def test_members_are_removed_by_ticking(
    colleague: Any, make_segment: Make, make_membership: Make
) -> None:
    segment = make_segment("gold")
    kept, gone = make_membership(segment), make_membership(segment)
    path = f"segments/segment/{segment.pk}/remove-members/"
    assert "tick those to remove" in colleague.save(path).content.decode()
    assert "1 member removed" in colleague.save(path, member=[gone.pk]).content.decode()
    assert members(segment) == {kept.external_id}


def test_members_are_paged_and_searched(
    colleague: Any, make_segment: Make, make_membership: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_members, "PAGE", 2)
    segment = make_segment("gold")
    made = [make_membership(segment, external_id=f"card-{number}") for number in range(5)]
    make_membership(external_id="card-outside")
    panel = segment_members.MembersPanel()

    def page(**asked: Any) -> tuple[list[str], int | None]:
        response = colleague.get(f"/admin/segments/segment/{segment.pk}/change/", asked)
        shown = panel.context(response.wsgi_request, segment)
        for member in shown["members"]:
            assert member.external_id in response.content.decode()
        return [member.external_id for member in shown["members"]], shown["next"]

    assert page() == (["card-0", "card-1"], made[1].pk)
    assert page(after=made[1].pk) == (["card-2", "card-3"], made[3].pk)
    assert page(after=made[3].pk) == (["card-4"], None)
    assert page(q="card-3") == (["card-3"], None)
    assert page(q="card-outside") == ([], None)


def test_a_segment_in_use_is_not_deleted_and_says_by_what(
    colleague: Any, make_segment: Make, make_audience: Make
) -> None:
    segment = make_segment("gold")
    audience = make_audience("in_any_segment", segments=[str(segment.id)])
    path = f"segments/segment/{segment.pk}/delete/"
    page = colleague.page(path)
    assert "can't be deleted" in page
    assert f'Audience <a href="/admin/audiences/audience/{audience.pk}/change/">In gold</a>' in page
    colleague.save(path, post="yes")
    colleague.save(
        "segments/segment/", action="delete_selected", _selected_action=[segment.pk], post="yes"
    )
    assert Segment.objects.filter(pk=segment.pk).exists()


def test_a_segment_shows_the_audiences_that_ask_for_it(
    colleague: Any, make_segment: Make, make_audience: Make
) -> None:
    segment = make_segment("gold")
    path = f"segments/segment/{segment.pk}/change/"
    assert "None yet. Pick this segment in an audience" in colleague.page(path)
    make_audience("in_any_segment", segments=[str(segment.id)], name="Our best")
    assert "Our best" in colleague.page(path)


def test_a_picker_offers_a_page_of_what_is_found(
    colleague: Any, space: Space, make_segment: Make
) -> None:
    for number in range(25):
        make_segment(f"gold-{number:02}")
    make_segment("silver")

    def choices(**asked: Any) -> tuple[int, bool]:
        asked = {"space": space.pk, "term": "gold", **asked}
        answer = colleague.get("/admin/segments/segment/choices/", asked).json()
        return len(answer["results"]), answer["pagination"]["more"]

    assert choices() == (20, True)
    assert choices(page=2) == (5, False)
    for odd in ("x", "0", "-1", "²", "9" * 30):
        assert choices(page=odd) == (20, True)
