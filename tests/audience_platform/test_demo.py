"""``manage.py demo``: its data, its answers, and the ways in that it prints."""

from __future__ import annotations

import csv
import datetime
import io
import re
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from audience_platform.demo.load import SLUG, load
from audience_platform.demo.sample import LAST_DAY, Sample, possible_last_days
from audience_platform.services import UnusableToken, find_key, make_key
from offers.models import Offer
from offers.visibility import count_viewers, membership_offers
from segments.models import Membership, Segment, Space

FILES = settings.BASE_DIRECTORY / "audience_platform" / "demo" / "complete_journey"
ORDER = ["discontinued", "unpublished", "expired", "age_restricted", "missing_required_segments"]

# A plain reading of the files, which knows nothing of rules, audiences or the loader


class Answer(NamedTuple):
    status: str
    reasons: frozenset[str]
    missing: frozenset[str]  # segments


def read(name: str) -> list[dict[str, str]]:
    with (FILES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def day(text: str, moved_by: datetime.timedelta) -> datetime.date | None:
    return datetime.date.fromisoformat(text) + moved_by if text else None


def age(birthday: datetime.date, today: datetime.date) -> int:
    had_it = (today.month, today.day) >= (birthday.month, birthday.day)
    return today.year - birthday.year - (0 if had_it else 1)


def segments_of_households() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in read("segment_memberships"):
        found.setdefault(row["external_id"], set()).add(row["segment"])
    return found


def plain_answer(
    offer: dict[str, str],
    birthday: datetime.date | None,
    segments: set[str],
    today: datetime.date,
    moved_by: datetime.timedelta,
) -> Answer:
    reasons, missing = set(), set()
    starts, ends = day(offer["starts_at"], moved_by), day(offer["ends_at"], moved_by)
    if starts and today < starts:
        reasons.add("unpublished")
    if ends and today > ends:
        reasons.add("expired")
    youngest, oldest = offer["minimum_age"], offer["maximum_age"]
    if youngest or oldest:
        years = age(birthday, today) if birthday else None
        if years is None or years < int(youngest or 0) or years > int(oldest or 999):
            reasons.add("age_restricted")
    if offer["in_any_segment"]:
        one_of = set(offer["in_any_segment"].split("|"))
        if not one_of & segments:
            missing |= one_of
    if offer["in_all_segments"]:
        missing |= set(offer["in_all_segments"].split("|")) - segments
    if missing:
        reasons.add("missing_required_segments")
    status = next((reason for reason in ORDER if reason in reasons), "visible")
    return Answer(status, frozenset(reasons or {"visible"}), frozenset(missing))


def plain_answers(
    today: datetime.date, moved_by: datetime.timedelta
) -> Iterator[tuple[str, dict[str, Answer]]]:
    """Each household, and by the code of each offer whether the household sees it today."""
    offers, segments = read("offers"), segments_of_households()
    for household in read("memberships"):
        name = household["external_id"]
        birthday = day(household["birthday"], moved_by)
        yield (
            name,
            {
                offer["code"]: plain_answer(
                    offer, birthday, segments.get(name, set()), today, moved_by
                )
                for offer in offers
            },
        )


def given_answers(space: Space, membership: Membership, at: datetime.datetime) -> dict[Any, Answer]:
    return {
        answer.offer.external_id: Answer(
            answer.visible_status,
            frozenset(reason.code for reason in answer.visible_reasons),
            frozenset(
                segment.short_code
                for reason in answer.visible_reasons
                for segment in reason.missing_segments
            ),
        )
        for answer in membership_offers(space=space, membership=membership.id, at=at)
    }


@pytest.mark.django_db
@pytest.mark.parametrize("last_day", [LAST_DAY, None, datetime.date(2020, 2, 29)])
def test_every_answer_equals_a_plain_reading_of_the_files(last_day: datetime.date | None) -> None:
    last_day = last_day or timezone.now().date()
    moved_by = last_day - datetime.date(2017, 12, 31)
    space = load(Sample(last_day), now=timezone.now())
    memberships = {row.external_id: row for row in Membership.objects.filter(space=space)}
    midnight = datetime.datetime.combine(last_day, datetime.time.min, datetime.UTC)
    one_day, instant = datetime.timedelta(days=1), datetime.timedelta(microseconds=1)
    seen = set()
    for moment, every in [
        (midnight + one_day / 2, 1),  # everybody
        (midnight, 25),
        (midnight + one_day - instant, 25),
        (midnight - 300 * one_day, 25),
        (midnight + 59 * one_day, 25),  # 28 or 29 February
    ]:
        viewers = dict.fromkeys((offer["code"] for offer in read("offers")), 0)
        for number, (household, expected) in enumerate(plain_answers(moment.date(), moved_by)):
            if number % every == 0:
                assert given_answers(space, memberships[household], moment) == expected, household
            for code, answer in expected.items():
                viewers[code] += answer.status == "visible"
                seen.add(answer.status)
        for offer in Offer.objects.filter(space=space):
            assert count_viewers(offer=offer, at=moment) == viewers[str(offer.external_id)]

    assert len(memberships) == 2469
    assert len(viewers) == 32
    assert seen == {"visible", *ORDER} - {"discontinued"}  # the sample has no such offer


def run(*arguments: str) -> str:
    """What ``manage.py demo --no-serve`` says."""
    output = io.StringIO()
    call_command("demo", "--no-serve", *arguments, stdout=output)
    return output.getvalue()


def printed(pattern: str, output: str) -> str:
    found = re.search(pattern, output)
    assert found, output
    return found[1]


def token(output: str) -> str:
    return printed(r"API token +(\S+)", output)


def password(output: str) -> str:
    return printed(r"user demo, password (\S+)", output)


def test_every_date_moves_by_the_same_number_of_days() -> None:
    moved = Sample(LAST_DAY + datetime.timedelta(days=3000))

    for name, columns in [
        ("memberships", ["birthday", "last_order_at", "created_at"]),
        ("offers", ["starts_at", "ends_at"]),
    ]:
        for before, after in zip(read(name), moved.rows(name), strict=True):
            for column in columns:
                assert bool(before[column]) == bool(after[column])
                if before[column]:
                    then = datetime.datetime.fromisoformat(before.pop(column))
                    now = datetime.datetime.fromisoformat(after.pop(column))
                    assert now - then == datetime.timedelta(days=3000)
            assert {**after, **dict.fromkeys(columns)} == {**before, **dict.fromkeys(columns)}


@pytest.mark.django_db
def test_an_offer_lasts_from_its_first_midnight_through_its_last_day() -> None:
    run("--as-of", "2017-12-31")

    offer = Offer.objects.get(external_id="young-family")
    assert offer.publish_at == datetime.datetime(2017, 12, 1, tzinfo=datetime.UTC)
    assert offer.expire_at == datetime.datetime(2018, 3, 1, tzinfo=datetime.UTC)
    baby_buyers = Segment.objects.get(short_code="baby-buyers")
    assert {
        audience.audience_type: audience.configuration for audience in offer.audiences.all()
    } == {
        "in_any_segment": {"segments": [str(baby_buyers.id)]},
        "age_within": {"minimum_age": 19, "maximum_age": 44},
    }
    assert Offer.objects.get(external_id="welcome").expire_at is None


@pytest.mark.django_db
def test_a_run_says_what_was_loaded_and_prints_ways_in_that_work(client: Client) -> None:
    output = run("--port", "8123")

    assert "2,469 memberships, 35 segments with 10,111 places, 32 offers" in output
    assert f"moved to {timezone.now().date()}" in output
    assert "http://127.0.0.1:8123/admin/" in output
    assert client.login(username="demo", password=password(output))
    key = find_key(token(output), at=timezone.now())
    assert key.scope == "write"
    assert [space.slug for space in key.spaces.all()] == ["complete-journey"]
    assert token(output) in printed(r"(curl .*)", output)
    assert "http://127.0.0.1:8123/api/" in printed(r"(curl .*)", output)


@pytest.mark.django_db
def test_a_second_run_keeps_the_data_and_renews_the_ways_in(client: Client) -> None:
    first = run()
    Membership.objects.filter(external_id="household-2").delete()

    second = run("--as-of", "2017-12-31")

    assert "is kept as it was: 2,468 memberships" in second
    assert "--as-of has no effect" in second
    assert client.login(username="demo", password=password(second))
    assert not client.login(username="demo", password=password(first))
    assert find_key(token(second), at=timezone.now())
    with pytest.raises(UnusableToken, match="revoked"):
        find_key(token(first), at=timezone.now())


@pytest.mark.django_db
def test_reset_loads_the_data_afresh_and_keeps_the_keys_to_the_space() -> None:
    run("--as-of", "2017-12-31")
    space = Space.objects.get(slug=SLUG)
    Membership.objects.filter(external_id="household-2").delete()
    kept = make_key(name="web shop", spaces=[space], at=timezone.now())

    output = run("--reset", "--as-of", "2020-02-29")

    assert "is loaded: 2,469 memberships" in output
    expires = Offer.objects.get(external_id="campaign-15").expire_at  # 59 days after the last day
    assert expires == datetime.datetime(2020, 4, 29, tzinfo=datetime.UTC)
    assert [space.slug for space in find_key(kept.token, at=timezone.now()).spaces.all()] == [SLUG]


@pytest.mark.django_db
def test_reset_leaves_other_spaces_alone(make_offer: Any, make_membership: Any) -> None:
    offer, membership = make_offer(), make_membership()
    run()

    run("--reset")

    offer.refresh_from_db()
    membership.refresh_from_db()


@pytest.mark.parametrize("last_day", ["1980-01-01", "2100-01-01", "9999-12-31", "0001-01-01"])
def test_a_last_day_that_makes_birthdays_impossible_is_refused(last_day: str) -> None:
    with pytest.raises(CommandError, match=r"Give a day from \d{4}-\d\d-\d\d to "):
        run("--as-of", last_day)


@pytest.mark.django_db
@pytest.mark.parametrize("end", [0, 1])
def test_the_first_and_the_last_possible_days_load(end: int) -> None:
    assert "is loaded" in run("--as-of", str(possible_last_days(timezone.now().date())[end]))


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--as-of", "2017-13-01"], "'2017-13-01' is not a date. Give one as YYYY-MM-DD."),
        (["--port", "65536"], "'65536' is not a port. Give a number from 1 to 65535."),
        (["--port", "http"], "'http' is not a port."),
    ],
)
def test_arguments_that_cannot_be_used_are_named(arguments: list[str], wrong: str) -> None:
    with pytest.raises(CommandError, match=re.escape(wrong)):
        run(*arguments)


def test_a_port_in_use_is_said_before_anything_is_loaded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:  # no database is allowed in this test
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is taken by another program"):
            call_command("demo", "--port", str(port))
