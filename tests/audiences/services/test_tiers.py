"""Tiers: made, changed, and counted before they are."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.models import Audience, AudienceGroup, AudienceStatus, Lifecycle, Listed
from audiences.services import define_audience, redefine_audience, refresh_space
from audiences.services.bands import read_bands
from audiences.services.by_hand import put_on_list
from audiences.services.groups import AudiencesInUse, audiences_of_group, delete_group
from audiences.services.members import members_of
from audiences.services.tier_moves import TierMoves, preview_tiers
from audiences.services.tiers import change_tiers, make_tiers
from audiences.types import ConfigurationError
from segments.models import Space
from segments.services import InUse, delete_row

Make = Callable[..., Any]
LADDER: list[dict[str, Any]] = [
    {"name": "Bronze", "start": 0, "end": 100},
    {"name": "Silver", "start": 100, "end": 500},
    {"name": "Gold", "start": 500, "end": None},
]


def ladder(*bounds: Any, names: str = "ABCDEFGH") -> list[dict[str, Any]]:
    ends = [*bounds[1:], None]
    return [
        {"name": name, "start": start, "end": end}
        for name, start, end in zip(names, bounds, ends, strict=False)
    ]


@pytest.fixture
def loyalty(space: Space) -> AudienceGroup:
    return make_tiers(space=space, name="Loyalty", attribute="total_order_value", tiers=LADDER)


@pytest.fixture
def tiers(loyalty: AudienceGroup) -> dict[str, Audience]:
    return {audience.name: audience for audience in audiences_of_group(loyalty)}


def moved(found: TierMoves) -> dict[tuple[str | None, str | None], int]:
    return {(move.before, move.after): move.members for move in found.moves}


def problems(tiers: Any, attribute: Any = "total_order_value") -> dict[Any, str]:
    with pytest.raises(ConfigurationError) as refused:
        read_bands(attribute, tiers)
    return refused.value.problems


def test_tiers_are_audiences_in_their_order(loyalty: AudienceGroup, space: Space) -> None:
    found = audiences_of_group(loyalty)
    assert [str(audience) for audience in found] == ["Bronze", "Silver", "Gold"]
    assert {audience.audience_type for audience in found} == {"tier"}
    assert found[1].configuration == {
        "attribute": "total_order_value",
        "start": 100,
        "end": 500,
    }


@pytest.mark.parametrize(
    ("tiers", "place", "said"),
    [
        (
            [LADDER[0], {"name": "Gold", "start": 200, "end": None}],
            ("tiers", 1, "start"),
            "“Bronze” ends at 100 and “Gold” begins at 200: who is from 100 to under 200 would be "
            "in neither. Let “Gold” begin at 100, or “Bronze” end at 200.",
        ),
        (
            [LADDER[0], {"name": "Gold", "start": 50, "end": None}],
            ("tiers", 1, "start"),
            "“Bronze” ends at 100 and “Gold” begins at 50: who is from 50 to under 100 would be "
            "in both. Let “Gold” begin at 100, or “Bronze” end at 50.",
        ),
        (
            [LADDER[1], LADDER[0]],
            ("tiers", 1, "start"),
            "“Bronze” begins at 0, not above “Silver”, which begins at 100. Give the tiers from "
            "the lowest to the highest.",
        ),
        (
            [{"name": "Any", "start": 0, "end": None}, LADDER[1]],
            ("tiers", 0, "end"),
            "“Any” has no end, and “Silver” comes after it. Only the last tier may be open: let "
            "“Any” end at 100.",
        ),
        (
            [{"name": "Odd", "start": 5, "end": 5}],
            ("tiers", 0, "end"),
            "“Odd”: 5 is not above 5. Give an end above the start.",
        ),
        (
            [LADDER[0], {**LADDER[1], "name": " bronze"}],
            ("tiers", 1, "name"),
            "Two tiers have the name “ bronze”. Give each its own.",
        ),
        ([{"name": "", "start": 0}], ("tiers", 0, "name"), "'' is not a name."),
        ([{"name": "A\0", "start": 0}], ("tiers", 0, "name"), "is not a name."),
        ([{"name": "A"}], ("tiers", 0, "start"), "None is not a number."),
        ([{"name": "A", "start": 0, "to": 5}], ("tiers", 0, "to"), "“to” is not known here."),
        ([{"id": "x", "name": "A", "start": 0}], ("tiers", 0, "id"), "'x' is none of the tiers"),
        (["A"], ("tiers", 0), "'A' is not a tier."),
        ([], ("tiers",), "Give a list of 1 to 50 tiers"),
        (None, ("tiers",), "Give a list of 1 to 50 tiers"),
        (LADDER * 17, ("tiers",), "from the lowest to the highest, not 51."),
    ],
)
def test_tiers_that_do_not_go_together_are_refused_by_name(
    tiers: Any, place: Any, said: str
) -> None:
    assert said in problems(tiers)[place]


def test_days_and_moments_are_not_mixed() -> None:
    mixed = ladder("2026-01-01", "2026-02-01")
    mixed[0]["end"], mixed[1]["start"] = "2026-02-01", "2026-02-01T00:00:00Z"
    assert "can't be compared" in problems(mixed, "created_at")["tiers", 1, "start"]


def test_what_has_no_order_has_no_tiers(space: Space) -> None:
    assert "email is text" in problems(LADDER, "email")[("attribute",)]
    assert ("attribute",) in problems(LADDER, None)
    assert Audience.objects.count() == 0


values = st.one_of(
    st.none(),
    st.integers(-5, 15),
    st.decimals(-5, 15, places=2).map(float),
    st.sampled_from(["3", "7.5", "x", "", True, "2026-01-01"]),
    st.lists(st.integers(-5, 15) | st.sampled_from(["4", "x"]), max_size=3),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seen=st.lists(values, min_size=1, max_size=6),
    bounds=st.lists(st.integers(-5, 15), min_size=1, max_size=5, unique=True).map(sorted),
    closed=st.booleans(),
)
def test_a_member_is_in_exactly_one_tier_or_has_no_value_within_them(
    space: Space,
    make_membership: Make,
    at: datetime.datetime,
    seen: list[Any],
    bounds: list[int],
    closed: bool,
) -> None:
    with transaction.atomic():
        for value in seen:
            make_membership(metadata={"points": value})
        tiers = ladder(*bounds)
        tiers[-1]["end"] = 16 if closed else None
        group = make_tiers(space=space, name="P", attribute="metadata.points", tiers=tiers)
        found = preview_tiers(space=space, at=at, group=group)
        refresh_space(space=space, now=at)
        sets = [members_of(audience) for audience in audiences_of_group(group)]
        assert sum(map(len, sets)) == len(sets[0].union(*sets))
        assert [len(one) for one in sets] == found.now == found.then
        assert found.moved == 0
        assert found.everyone - found.outside == sum(map(_is_within(bounds[0]), seen))
        transaction.set_rollback(True)


def _is_within(lowest: int) -> Callable[[Any], bool]:
    def highest(value: Any) -> list[float]:
        known = []
        for one in value if isinstance(value, list) else [value]:
            try:
                known.append(float(one) if not isinstance(one, bool) else float("-inf"))
            except (TypeError, ValueError):
                continue
        return known

    return lambda value: max(highest(value), default=float("-inf")) >= lowest


def test_a_preview_says_who_would_move_from_which_tier_to_which(
    loyalty: AudienceGroup,
    tiers: dict[str, Audience],
    space: Space,
    make_membership: Make,
    at: datetime.datetime,
) -> None:
    for value in (-1, 0, 50, 100, 300, 300, 500, 900):
        make_membership(total_order_value=value)
    found = preview_tiers(
        space=space,
        at=at,
        group=loyalty,
        tiers=[
            {"name": "Silver", "start": 50, "end": 400},
            {"id": str(tiers["Gold"].id), "name": "Golden", "start": 400, "end": 800},
            {"name": "Platinum", "start": 800, "end": None},
        ],
    )
    assert found.now == [2, 3, 2]
    assert found.then == [4, 1, 1]
    assert moved(found) == {
        ("Bronze", "Silver"): 1,
        ("Bronze", None): 1,
        ("Silver", "Silver"): 3,
        ("Gold", "Golden"): 1,
        ("Gold", "Platinum"): 1,
    }
    assert (found.everyone, found.outside, found.moved) == (8, 2, 3)
    assert found.gone == {tiers["Bronze"]: []}
    assert audiences_of_group(loyalty) == list(tiers.values())


def test_a_preview_of_new_tiers_says_who_comes_in(
    space: Space, make_membership: Make, at: datetime.datetime
) -> None:
    make_membership(total_orders=3)
    make_membership(total_orders=0)
    found = preview_tiers(space=space, at=at, attribute="total_orders", tiers=ladder(1, 3))
    assert moved(found) == {(None, "B"): 1}
    assert (found.then, found.outside, AudienceGroup.objects.count()) == ([0, 1], 1, 0)


def test_a_change_keeps_the_tiers_that_stay_with_their_members(
    loyalty: AudienceGroup,
    tiers: dict[str, Audience],
    space: Space,
    make_membership: Make,
    at: datetime.datetime,
) -> None:
    for value in (50, 150, 550, 950):
        make_membership(total_order_value=value)
    refresh_space(space=space, now=at)
    change_tiers(
        loyalty,
        tiers=[
            LADDER[0],
            {"id": str(tiers["Silver"].id), "name": "Argent", "start": 100, "end": 500},
            {"name": "Gold", "start": 500, "end": 900},
            {"name": "Platinum", "start": 900, "end": None},
        ],
    )
    bronze, argent, gold, platinum = audiences_of_group(loyalty)
    assert [bronze, argent, gold] == list(tiers.values())
    assert (argent.name, platinum.name) == ("Argent", "Platinum")
    assert bronze.updated_at == tiers["Bronze"].updated_at
    refresh_space(space=space, now=at + datetime.timedelta(minutes=1))
    statuses = AudienceStatus.objects.in_bulk()
    assert [statuses[audience.pk].as_of for audience in (bronze, argent)] == [at, at]
    assert [len(members_of(audience)) for audience in (bronze, argent, gold, platinum)] == [1] * 4


def test_names_may_be_exchanged_by_id(loyalty: AudienceGroup, tiers: dict[str, Audience]) -> None:
    names = {"Bronze": "Silver", "Silver": "Bronze", "Gold": "Gold"}
    swapped = [
        {**tier, "id": str(tiers[tier["name"]].id), "name": names[tier["name"]]} for tier in LADDER
    ]
    change_tiers(loyalty, tiers=swapped)
    found = audiences_of_group(loyalty)
    assert found == list(tiers.values())
    assert [audience.name for audience in found] == ["Silver", "Bronze", "Gold"]


def test_another_attribute_goes_with_tiers_that_fit_it(loyalty: AudienceGroup) -> None:
    change_tiers(loyalty, attribute="total_orders")
    loyalty.refresh_from_db()
    assert loyalty.attribute == "total_orders"
    assert {one.configuration["attribute"] for one in audiences_of_group(loyalty)} == {
        "total_orders"
    }
    with pytest.raises(ConfigurationError):
        change_tiers(loyalty, attribute="birthday")


def test_a_tier_in_use_does_not_go_and_then_nothing_changes(
    loyalty: AudienceGroup,
    tiers: dict[str, Audience],
    make_offer: Make,
    make_audience: Make,
    space: Space,
    at: datetime.datetime,
) -> None:
    make_offer(tiers["Bronze"], name="Coffee")
    make_audience("rules", rule={"in_audience": str(tiers["Silver"].id)}, name="Few")
    wanted = [{"name": "Gold", "start": 0, "end": None}]
    found = preview_tiers(space=space, at=at, group=loyalty, tiers=wanted)
    assert {str(one): list(map(str, used)) for one, used in found.gone.items()} == {
        "Bronze": ["Coffee"],
        "Silver": ["Few"],
    }
    with pytest.raises(AudiencesInUse) as refused:
        change_tiers(loyalty, tiers=wanted)
    assert str(refused.value) == (
        "“Bronze” is in use by “Coffee”; “Silver” is in use by “Few”. Take them off first."
    )
    assert audiences_of_group(loyalty) == list(tiers.values())
    assert audiences_of_group(loyalty)[2].configuration["start"] == 500
    with pytest.raises(AudiencesInUse):
        delete_group(group=loyalty)
    assert AudienceGroup.objects.count() == 1


def test_tiers_are_deleted_with_their_group(
    loyalty: AudienceGroup, space: Space, at: datetime.datetime
) -> None:
    refresh_space(space=space, now=at)
    delete_group(group=loyalty)
    assert (AudienceGroup.objects.count(), Audience.objects.count()) == (0, 0)


def test_a_tier_is_changed_with_the_others_alone(
    tiers: dict[str, Audience], make_membership: Make
) -> None:
    gold = tiers["Gold"]
    with pytest.raises(ConfigurationError, match="is a tier of “Loyalty”"):
        redefine_audience(gold, configuration={"attribute": "age", "start": 3})
    with pytest.raises(ConfigurationError, match="is a tier of “Loyalty”"):
        redefine_audience(gold, audience_type="age_within", configuration={"minimum_age": 3})
    with pytest.raises(ValidationError, match="Change its name there"):
        redefine_audience(gold, name="Golden")
    with pytest.raises(ValidationError, match="Take it off there"):
        redefine_audience(gold, lifecycle=Lifecycle.ARCHIVED)
    with pytest.raises(ValidationError, match="follows from the bounds alone"):
        put_on_list(audience=gold, memberships=[make_membership().pk], listed=Listed.INCLUDED)
    with pytest.raises(InUse, match="in use by “Loyalty”"):
        delete_row(gold)
    redefine_audience(gold, description="The best", enabled=False, lifecycle=Lifecycle.INACTIVE)


def test_a_band_of_its_own_is_an_audience_like_any(space: Space) -> None:
    band = define_audience(
        space=space, audience_type="tier", configuration={"attribute": "age", "start": 18}
    )
    redefine_audience(band, configuration={"attribute": "age", "start": 21}, name="Adults")
    delete_row(band)


def test_the_database_keeps_a_group_in_its_space(
    loyalty: AudienceGroup, other_space: Space
) -> None:
    place = loyalty.places.first()
    assert place is not None
    place.space = other_space
    with pytest.raises(IntegrityError, match="in_its_space"), transaction.atomic():
        place.save()
