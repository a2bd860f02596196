"""The first page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Make = Callable[..., Any]


def test_an_empty_space_is_told_what_to_do_next(colleague: Any) -> None:
    page = colleague.page("")
    assert "What to do next" in page
    assert "manage.py import_memberships FILE --space north" in page
    assert "Made last" not in page


def test_a_full_space_shows_its_counts_and_last_offers(
    colleague: Any, make_membership: Make, make_segment: Make, make_offer: Make, make_audience: Make
) -> None:
    gold = make_segment("gold")
    for _ in range(3):
        make_membership(gold)
    make_offer(make_audience("in_any_segment", segments=[str(gold.id)]), name="For gold")
    make_offer(name="Withdrawn", discontinued=True)
    response = colleague.get("/admin/")
    assert [(label, count) for label, count, *_ in response.context["counts"]] == [
        ("Memberships", 3),
        ("Segments", 1),
        ("Live offers", 1),
    ]
    page = response.content.decode()
    for words in ("For gold", "In gold", "Withdrawn", "Discontinued", "Everybody"):
        assert words in page
    assert "What to do next" not in page


def test_a_superuser_without_a_space_is_led_to_make_one(make_colleague: Make) -> None:
    assert "There is no space yet" in make_colleague(superuser=True).page("")


def test_a_switch_between_spaces_is_there_for_who_has_several(
    make_colleague: Make, space: Any, other_space: Any
) -> None:
    enter = f'action="/admin/segments/space/{other_space.pk}/enter/"'
    assert enter in make_colleague(space, other_space).page("")
    assert enter not in make_colleague(space).page("")
