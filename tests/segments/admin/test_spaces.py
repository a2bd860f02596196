"""Somebody with several spaces is in one of them at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from segments.models import Segment, Space
from segments.services import save_row

Make = Callable[..., Any]


@pytest.fixture
def traveller(make_colleague: Make, space: Space, other_space: Space) -> Any:
    for each in (space, other_space):
        save_row(Segment(space=each, short_code="gold", name=f"Gold of the {each.name}"))
    return make_colleague(space, other_space)


def test_lists_show_the_space_one_is_in(traveller: Any, other_space: Space) -> None:
    assert "Gold of the North" in traveller.page("segments/segment/")
    assert "Gold of the South" not in traveller.page("segments/segment/")
    traveller.post(f"/admin/segments/space/{other_space.pk}/enter/")
    assert "Gold of the South" in traveller.page("segments/segment/")
    assert "Gold of the North" not in traveller.page("segments/segment/")


def test_a_link_to_a_row_leads_into_its_space(traveller: Any, other_space: Space) -> None:
    segment = Segment.objects.get(space=other_space)
    traveller.page(f"segments/segment/{segment.pk}/change/")
    assert "Gold of the South" in traveller.page("segments/segment/")


def test_going_into_a_space_takes_a_button(traveller: Any, other_space: Space) -> None:
    assert traveller.get(f"/admin/segments/space/{other_space.pk}/enter/").status_code == 405


def test_a_form_saves_into_the_space_it_was_opened_in(
    traveller: Any, space: Space, other_space: Space
) -> None:
    traveller.post(f"/admin/segments/space/{other_space.pk}/enter/")  # in another window
    traveller.save("segments/segment/add/", space=space.pk, name="Silver", short_code="silver")
    assert Segment.objects.get(name="Silver").space == space


def test_times_are_read_and_shown_by_the_clock_of_the_space(
    traveller: Any, space: Space, make_offer: Make, at: Any
) -> None:
    offer = make_offer(publish_at=at)  # noon in UTC, two in Amsterdam in June
    page = traveller.page(f"offers/offer/{offer.pk}/change/")
    assert 'value="14:00:00"' in page
    assert "15 Jun 2026, 14:00" in page


@pytest.mark.parametrize("path", ["segments/space/", "segments/space/add/", "auth/user/"])
def test_spaces_and_users_are_for_superusers(
    path: str, traveller: Any, make_colleague: Make
) -> None:
    assert traveller.get(f"/admin/{path}").status_code == 403
    make_colleague(superuser=True).page(path)


def test_a_space_is_deleted_only_when_it_is_empty(
    make_colleague: Make, space: Space, make_membership: Make
) -> None:
    superuser = make_colleague(superuser=True)
    membership = make_membership()
    assert "memberships of “North”" in superuser.page(f"segments/space/{space.pk}/delete/")
    superuser.save(f"segments/space/{space.pk}/delete/", post="yes")
    assert Space.objects.filter(pk=space.pk).exists()
    membership.delete()
    superuser.save(f"segments/space/{space.pk}/delete/", post="yes")
    assert not Space.objects.filter(pk=space.pk).exists()
