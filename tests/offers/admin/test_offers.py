"""The pages of offers: what, when and to whom, on one page."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audiences.models import Audience
from offers.models import Offer
from offers.services import aim, let_go
from segments.models import Space

Make = Callable[..., Any]

BLANK: dict[str, Any] = {"custom_data": "{}"}


@pytest.fixture
def send(colleague: Any, space: Space) -> Callable[..., Any]:
    """Send an offer's page: its fields, and a card for each audience.

    A card is its type, its audience where it has one, and its fields.
    """

    def send(
        *cards: tuple[str, Audience | None, dict[str, Any]],
        offer: Offer | None = None,
        shown: tuple[Audience, ...] = (),
        **fields: Any,
    ) -> Any:
        sent = {**BLANK, "space": space.pk, "name": "Spring", **fields}
        sent["audience-shown"] = [audience.pk for audience in shown]
        sent["audience"] = []
        for place, (kind, audience, values) in zip(itertools.count(), cards, strict=False):
            sent["audience"].append(f"n{place}:{kind}:{audience.pk if audience else ''}")
            sent |= {f"audience-n{place}-{name}": value for name, value in values.items()}
        path = f"offers/offer/{offer.pk}/change/" if offer else "offers/offer/add/"
        return colleague.save(path, **sent)

    return send


def summaries_of(offer: Offer) -> list[Any]:
    return [audience.configuration for audience in offer.audiences.order_by("number")]


def test_an_offer_is_made_with_its_audiences_on_one_page(
    send: Any, space: Space, make_segment: Make, make_membership: Make
) -> None:
    gold = make_segment("gold-tier", name="Gold tier")
    make_membership(gold, birthday=datetime.date(2000, 1, 1))
    make_membership(gold)
    answer = send(
        ("age_within", None, {"minimum_age": 18, "maximum_age": 35}),
        ("in_all_segments", None, {"segments": [gold.pk]}),
    )
    offer = Offer.objects.get(space=space)
    assert summaries_of(offer) == [
        {"minimum_age": 18, "maximum_age": 35},
        {"segments": [str(gold.id)]},
    ]
    assert answer.redirect_chain[-1][0] == f"/admin/offers/offer/{offer.pk}/change/"
    assert "For members: aged 18 to 35, and in Gold tier." in answer.content.decode()


def test_an_offer_without_audiences_is_for_everybody(send: Any) -> None:
    assert "For everybody: it has no audience." in send().content.decode()


def test_its_audiences_are_changed_in_place(
    send: Any, make_offer: Make, make_audience: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=None)
    offer = make_offer(audience)
    card = ("age_within", audience, {"minimum_age": 21, "name": "Grown up"})
    send(card, offer=offer, shown=(audience,))
    audience.refresh_from_db()
    assert audience.configuration == {"minimum_age": 21, "maximum_age": None}
    assert audience.name == "Grown up"
    assert "audiences" in LogEntry.objects.get().get_change_message()


def test_an_audience_that_was_not_changed_is_left_alone(
    send: Any, make_offer: Make, make_audience: Make, make_segment: Make
) -> None:
    ages = make_audience("age_within", minimum_age=18, maximum_age=None)
    gold = make_segment("gold")
    places = make_audience("in_any_segment", segments=[str(gold.id)])
    offer = make_offer(ages, places)
    cards = [
        ("age_within", ages, {"minimum_age": 18, "maximum_age": ""}),
        ("in_any_segment", places, {"segments": [gold.pk]}),
    ]
    before = set(Audience.objects.values_list("updated_at"))
    send(*cards, offer=offer, shown=(ages, places), name="Renamed")
    assert set(Audience.objects.values_list("updated_at")) == before
    assert "audiences" not in LogEntry.objects.get().get_change_message()


def test_an_existing_audience_is_attached_and_its_sharing_is_told(
    send: Any, colleague: Any, make_offer: Make, make_audience: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=None)
    make_offer(audience)
    send(("existing", None, {"audience": audience.pk}))
    offer = Offer.objects.get(name="Spring")
    assert list(offer.audiences.all()) == [audience]
    assert "Also used by 1 other offer" in colleague.page(f"offers/offer/{offer.pk}/change/")


def test_an_audience_is_taken_off_and_lives_on(
    send: Any, make_offer: Make, make_audience: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=None)
    offer = make_offer(audience)
    send(offer=offer, shown=(audience,))
    assert not offer.audiences.exists()
    assert Audience.objects.filter(pk=audience.pk).exists()


def test_what_somebody_else_attached_meanwhile_stays(
    send: Any, make_offer: Make, make_audience: Make
) -> None:
    shown, theirs = (
        make_audience("age_within", minimum_age=age, maximum_age=None) for age in (18, 21)
    )
    offer = make_offer(shown)
    aim(offer=offer, audiences=[theirs])
    send(offer=offer, shown=(shown,))
    assert list(offer.audiences.all()) == [theirs]


def test_an_audience_that_was_deleted_meanwhile_does_not_open_the_offer(
    send: Any, make_offer: Make, make_audience: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=None)
    offer = make_offer(audience)
    gone = Audience(pk=audience.pk)
    let_go(offer=offer, audiences=[audience])
    audience.delete()
    answer = send(("age_within", gone, {"minimum_age": 18}), offer=offer, shown=(gone,), name="New")
    assert "An audience of this offer was deleted meanwhile." in answer.content.decode()
    offer.refresh_from_db()
    assert offer.name != "New"


def test_an_audience_of_another_space_is_not_to_be_had(
    send: Any, make_audience: Make, other_space: Space
) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=None)
    Audience.objects.filter(pk=audience.pk).update(space=other_space)
    for card in (
        ("existing", None, {"audience": audience.pk}),
        ("age_within", audience, {"minimum_age": 1}),
    ):
        assert "not right yet" in send(card).content.decode() or not Offer.objects.exists()
    assert not Offer.objects.exists()
    audience.refresh_from_db()
    assert audience.configuration["minimum_age"] == 18


@pytest.mark.parametrize(
    ("card", "told"),
    [
        (("age_within", None, {"minimum_age": 40, "maximum_age": 35}), "is above the maximum age"),
        (("age_within", None, {}), "Give the lowest age, the highest, or both."),
        (("in_any_segment", None, {}), "Pick one segment or more."),
        (("existing", None, {}), "Pick an audience, or take this away."),
        (("unheard_of", None, {}), "There is no type of audience called “unheard_of”."),
    ],
)
def test_what_is_wrong_with_an_audience_is_told_at_its_field(
    card: Any, told: str, send: Any
) -> None:
    answer = send(card, name="Spring")
    assert told in answer.content.decode()
    assert 'value="Spring"' in answer.content.decode()  # nothing typed is lost
    assert not Offer.objects.exists()
    assert not Audience.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"name": ""}, "name", "This field is required."),
        (
            {"publish_at_0": "2026-12-24", "expire_at_0": "2026-12-23"},
            "expire_at",
            "The offer must expire after it is published.",
        ),
        ({"publish_at_0": "soon"}, "publish_at", "Enter a valid date."),
        ({"publish_at_1": "12:00"}, "publish_at", "Enter a valid date."),
        ({"external_id": "taken"}, "external_id", "An offer with this external id already exists."),
        ({"custom_data": "[1]"}, "custom_data", "must be an object"),
    ],
)
def test_what_is_wrong_with_an_offer_is_told_at_its_field(
    fields: dict[str, str], field: str, told: str, send: Any, make_offer: Make
) -> None:
    make_offer(external_id="taken")
    errors = send(**fields).context["adminform"].form.errors
    assert list(errors) == [field]
    assert told in errors[field][0]
    assert Offer.objects.count() == 1


def test_a_date_without_a_time_is_the_whole_day_by_the_clock_of_the_space(send: Any) -> None:
    send(publish_at_0="2026-12-24", expire_at_0="2026-12-26")
    offer = Offer.objects.get()
    assert offer.publish_at == datetime.datetime(2026, 12, 23, 23, tzinfo=datetime.UTC)
    assert offer.expire_at == datetime.datetime(2026, 12, 26, 22, 59, 59, tzinfo=datetime.UTC)


def test_no_external_id_is_none_and_not_the_empty_one(send: Any) -> None:
    send(external_id="")
    send(external_id="", name="Another")
    assert list(Offer.objects.values_list("external_id", flat=True)) == [None, None]


def test_an_offer_is_made_discontinued(send: Any) -> None:
    send(discontinued="on")
    assert Offer.objects.get().discontinued


def test_ages_on_an_offer_s_page_take_no_query_of_their_own(
    colleague: Any, make_offer: Make, make_audience: Make
) -> None:
    audiences = [
        make_audience("age_within", minimum_age=age, maximum_age=None) for age in range(18, 28)
    ]
    few, many = make_offer(audiences[0]), make_offer(*audiences)
    counted = []
    for offer in (few, few, many):
        with CaptureQueriesContext(connection) as asked:
            colleague.page(f"offers/offer/{offer.pk}/change/")
        counted.append(len(asked))
    assert counted[1] == counted[2]


def test_the_list_is_narrowed_to_what_is_next_and_to_whom(
    colleague: Any, make_offer: Make, make_audience: Make
) -> None:
    now = timezone.now()
    day = datetime.timedelta(days=1)
    make_offer(name="Starts soon", publish_at=now + 3 * day)
    make_offer(name="Ends soon", expire_at=now + 3 * day)
    make_offer(name="Ends soon but off", expire_at=now + 3 * day, discontinued=True)
    elders = make_audience("age_within", minimum_age=60, maximum_age=None)
    make_offer(elders, make_audience("age_within", minimum_age=61, maximum_age=None), name="Aimed")

    def found(**asked: str) -> set[str]:
        page = colleague.page("offers/offer/", **asked)
        return {
            name for name in Offer.objects.values_list("name", flat=True) if f">{name}<" in page
        }

    assert found(soon="starts") == {"Starts soon"}
    assert found(soon="ends") == {"Ends soon"}
    assert found(**{"for": "audiences"}) == {"Aimed"}
    assert found(**{"for": "everybody"}) == {"Starts soon", "Ends soon", "Ends soon but off"}


def test_the_list_says_when_and_to_whom(
    colleague: Any, make_offer: Make, make_audience: Make
) -> None:
    make_offer(make_audience("age_within", minimum_age=60, maximum_age=None), name="For elders")
    make_offer(name="For all", discontinued=True, category="coupons")
    page = colleague.page("offers/offer/")
    for words in ("For elders", "Live", "Aged 60 or over", "Discontinued", "Everybody"):
        assert words in page
    assert "For all" not in colleague.page("offers/offer/", schedule="live")
    assert "For elders" not in colleague.page("offers/offer/", category="coupons")
    assert "For elders" in colleague.page("offers/offer/", q="elder")


def test_an_offer_is_deleted_and_its_audiences_live_on(
    colleague: Any, make_offer: Make, make_audience: Make
) -> None:
    offer = make_offer(make_audience("age_within", minimum_age=60, maximum_age=None))
    colleague.save(f"offers/offer/{offer.pk}/delete/", post="yes")
    assert not Offer.objects.exists()
    assert Audience.objects.exists()
