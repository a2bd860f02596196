import datetime
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from audiences.services import refresh_space
from offers.answers import Visibility
from offers.models import Offer
from offers.services import aim_only
from offers.visibility import count_viewers, membership_offers
from segments.models import Membership, Segment, Space
from segments.services import add_members, remove_members, save_row

Make = Callable[..., Any]
DAY = datetime.timedelta(days=1)
SECOND = datetime.timedelta(seconds=1)


@pytest.fixture
def see(space: Space, at: datetime.datetime) -> Callable[..., dict[str, Visibility]]:
    """A member's answers, by the name of the offer."""

    def see(membership: Membership, moment: datetime.datetime = at) -> dict[str, Visibility]:
        answers = membership_offers(space=space, membership=membership.id, at=moment)
        return {answer.offer.name: answer for answer in answers}

    return see


def codes(answer: Visibility) -> list[str]:
    return [reason.code for reason in answer.visible_reasons]


def test_an_offer_without_audiences_is_visible_to_everybody(
    see: Make, make_membership: Make, make_offer: Make
) -> None:
    make_offer(name="open")
    answer = see(make_membership())["open"]
    assert (answer.visible_status, codes(answer), answer.eligible) == ("visible", ["visible"], True)


def test_a_schedule_hides_an_offer_before_it_begins_and_from_its_end_on(
    see: Make, make_membership: Make, make_offer: Make, at: datetime.datetime
) -> None:
    make_offer(name="spring", publish_at=at, expire_at=at + DAY)
    member = make_membership()
    assert see(member, at - SECOND)["spring"].visible_status == "unpublished"
    assert see(member, at)["spring"].visible_status == "visible"
    assert see(member, at + DAY - SECOND)["spring"].visible_status == "visible"
    assert see(member, at + DAY)["spring"].visible_status == "expired"


def test_all_reasons_are_given_in_order_and_the_first_is_the_status(
    see: Make,
    make_membership: Make,
    make_offer: Make,
    make_audience: Make,
    make_segment: Make,
    at: datetime.datetime,
) -> None:
    gold, pets = make_segment("gold-tier"), make_segment("pet-owners")
    both = make_audience("in_all_segments", segments=[str(gold.id), str(pets.id)], name="Gold pets")
    adults = make_audience("age_within", minimum_age=18, maximum_age=None)
    make_offer(both, adults, name="box", discontinued=True, expire_at=at - DAY)
    answer = see(make_membership(gold))["box"]
    assert codes(answer) == [
        "discontinued",
        "expired",
        "age_restricted",
        "missing_required_segments",
    ]
    assert answer.visible_status == "discontinued"
    assert not answer.eligible
    _, expired, age, segments = answer.visible_reasons
    assert expired.detail == "The offer expired on 2026-06-14 14:00 CEST."
    assert age.audience is not None
    assert (age.audience.name, age.detail) == (
        "aged 18 or over",
        "Only for members aged 18 or over.",
    )
    assert segments.document() == {
        "code": "missing_required_segments",
        "detail": "Not in pet owners.",
        "audience": {"id": str(both.id), "name": "Gold pets"},
        "missing_segments": [
            {"id": str(pets.id), "short_code": "pet-owners", "name": "pet owners"}
        ],
    }


def test_every_audience_of_an_offer_must_hold(
    see: Make, make_membership: Make, make_offer: Make, make_audience: Make, make_segment: Make
) -> None:
    gold, silver = make_segment(), make_segment()
    any_tier = make_audience("in_any_segment", segments=[str(gold.id), str(silver.id)])
    young = make_audience("age_within", minimum_age=18, maximum_age=35)
    make_offer(any_tier, young, name="box")
    thirty, fifty = datetime.date(1996, 1, 1), datetime.date(1976, 1, 1)
    assert see(make_membership(silver, birthday=thirty))["box"].visible_status == "visible"
    assert codes(see(make_membership(silver, birthday=fifty))["box"]) == ["age_restricted"]
    missing = see(make_membership(birthday=thirty))["box"].visible_reasons[0]
    assert missing.code == "missing_required_segments"
    assert [segment.id for segment in missing.missing_segments] == [gold.id, silver.id]


@pytest.mark.parametrize(
    ("born", "status"),
    [
        ("2008-06-15", "visible"),  # 18 today
        ("2008-06-16", "age_restricted"),  # 18 tomorrow
        ("1990-06-16", "visible"),  # 36 tomorrow
        ("1990-06-15", "age_restricted"),  # 36 today
        (None, "age_restricted"),
    ],
)
def test_both_ends_of_an_age_are_inclusive(
    see: Make,
    make_membership: Make,
    make_offer: Make,
    make_audience: Make,
    born: str | None,
    status: str,
) -> None:
    make_offer(make_audience("age_within", minimum_age=18, maximum_age=35), name="box")
    birthday = born and datetime.date.fromisoformat(born)
    assert see(make_membership(birthday=birthday))["box"].visible_status == status


def test_ages_are_taken_by_the_clock_of_the_space(
    see: Make, make_membership: Make, make_offer: Make, make_audience: Make
) -> None:
    make_offer(make_audience("age_within", minimum_age=18, maximum_age=None), name="box")
    member = make_membership(birthday=datetime.date(2008, 6, 16))
    # 22:00 UTC is midnight in Amsterdam's summer
    midnight = datetime.datetime(2026, 6, 15, 22, tzinfo=datetime.UTC)
    assert see(member, midnight - SECOND)["box"].visible_status == "age_restricted"
    assert see(member, midnight)["box"].visible_status == "visible"


def test_answers_follow_the_facts_and_the_definitions_at_once(
    see: Make, make_membership: Make, make_offer: Make, make_audience: Make, make_segment: Make
) -> None:
    gold = make_segment(name="Gold")
    audience = make_audience("in_all_segments", segments=[str(gold.id)])
    offer = make_offer(audience, name="box")
    member = make_membership()
    assert see(member)["box"].visible_status == "missing_required_segments"
    add_members(segment=gold, memberships=[member.pk])
    assert see(member)["box"].visible_status == "visible"
    remove_members(segment=gold, memberships=[member.pk])
    save_row(gold, name="Golden")
    assert see(member)["box"].visible_reasons[0].detail == "Not in Golden."
    aim_only(offer=offer, audiences=[])
    assert see(member)["box"].visible_status == "visible"
    save_row(offer, discontinued=True)
    assert see(member)["box"].visible_status == "discontinued"
    Offer.objects.all().delete()
    assert see(member) == {}


def test_saving_a_space_that_was_read_before_a_change_brings_nothing_old_back(
    see: Make, space: Space, make_membership: Make, make_offer: Make
) -> None:
    member = make_membership()
    make_offer(name="first")
    read_before = Space.objects.get(pk=space.pk)
    assert set(see(member)) == {"first"}
    make_offer(name="second")
    version = Space.objects.get(pk=space.pk).definitions_version
    read_before.save()
    assert Space.objects.get(pk=space.pk).definitions_version == version
    assert set(see(member)) == {"first", "second"}


def test_what_a_rolled_back_transaction_saw_is_forgotten(
    see: Make, make_membership: Make, make_offer: Make
) -> None:
    member = make_membership()
    make_offer(name="kept")
    with transaction.atomic():
        make_offer(name="undone")
        assert set(see(member)) == {"kept", "undone"}
        transaction.set_rollback(True)
    make_offer(name="later")
    assert set(see(member)) == {"kept", "later"}


def test_an_audience_of_more_parts_than_bits_is_answered_all_the_same(
    see: Make, make_membership: Make, make_offer: Make, make_audience: Make, make_segment: Make
) -> None:
    segments: list[Segment] = [make_segment(f"s-{place:03}") for place in range(70)]
    make_offer(
        make_audience("in_all_segments", segments=[str(one.id) for one in segments]), name="a"
    )
    make_offer(name="open")
    in_all, in_but_one = make_membership(*segments), make_membership(*segments[:-1])
    assert see(in_all)["a"].visible_status == "visible"
    (reason,) = see(in_but_one)["a"].visible_reasons
    assert [segment.short_code for segment in reason.missing_segments] == ["s-069"]
    assert see(in_but_one)["open"].visible_status == "visible"


def test_a_membership_of_another_space_does_not_exist(
    space: Space, other_space: Space, make_membership: Make, at: datetime.datetime
) -> None:
    stranger = make_membership(space=other_space)
    for id in (stranger.id, uuid4()):
        with pytest.raises(Membership.DoesNotExist):
            membership_offers(space=space, membership=id, at=at)


def test_once_compiled_an_answer_is_one_query_however_many_offers(
    space: Space,
    make_membership: Make,
    make_offer: Make,
    make_audience: Make,
    at: datetime.datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=None)
    for _ in range(20):
        make_offer(audience)
    member = make_membership()
    membership_offers(space=space, membership=member.id, at=at)
    with django_assert_num_queries(1):
        assert len(membership_offers(space=space, membership=member.id, at=at)) == 20


def test_viewers_are_counted_over_every_audience(
    make_membership: Make,
    make_offer: Make,
    make_audience: Make,
    make_segment: Make,
    other_space: Space,
    at: datetime.datetime,
) -> None:
    gold = make_segment()
    young = make_audience("age_within", minimum_age=None, maximum_age=35)
    golden = make_audience("in_any_segment", segments=[str(gold.id)])
    make_membership(gold, birthday=datetime.date(2000, 1, 1))
    make_membership(gold, birthday=datetime.date(1950, 1, 1))
    make_membership(birthday=datetime.date(2000, 1, 1))
    make_membership(space=other_space, birthday=datetime.date(2000, 1, 1))
    assert count_viewers(offer=make_offer(), at=at) == 3
    assert count_viewers(offer=make_offer(young), at=at) == 2
    assert count_viewers(offer=make_offer(young, golden), at=at) == 1
    assert count_viewers(offer=make_offer(young, discontinued=True), at=at) == 0


def test_viewers_are_counted_by_the_members_stored_and_those_who_changed_since(
    space: Space,
    make_membership: Make,
    make_audience: Make,
    make_offer: Make,
    at: datetime.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_membership(birthday=datetime.date(2000, 6, 16))
    other = make_membership(birthday=datetime.date(2000, 1, 1))
    offer = make_offer(make_audience("age_within", minimum_age=26, maximum_age=35))
    assert count_viewers(offer=offer, at=at) == 1
    refresh_space(space=space, now=at)
    with monkeypatch.context() as patched:
        patched.setattr("audiences.services.now.work_out", None)  # nobody else is asked
        assert count_viewers(offer=offer, at=at) == 1
        save_row(other, birthday=datetime.date(1950, 1, 1))
        assert count_viewers(offer=offer, at=at) == 0
    assert count_viewers(offer=offer, at=at + DAY) == 1  # the other's birthday
    monkeypatch.setattr("audiences.services.now._MANY", 0)
    assert count_viewers(offer=offer, at=at) == 0
