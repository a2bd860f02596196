"""The pages of memberships."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from segments.models import Membership, Space

Make = Callable[..., Any]

BLANK = {"total_orders": 0, "total_order_value": 0, "metadata": "{}"}


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
        ("metadata", "[1]", "The metadata must be an object of names and values."),
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


def test_its_other_facts_are_shown_in_words(colleague: Any, make_membership: Make) -> None:
    membership = make_membership(metadata={"income": "35-49K", "<b>": None})
    page = colleague.page(f"segments/membership/{membership.pk}/change/")
    assert "income: <b>35-49K</b>" in page
    assert "&lt;b&gt;: <b>None</b>" in page


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
    colleague.save(f"segments/membership/{membership.pk}/delete/", post="yes")
    assert not Membership.objects.exists()
