"""Facts that are kept between two edits of a rule, and who has changed since."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audiences.models import Audience, Listed, TakenMemberships
from audiences.rules import document
from audiences.rules.columns import read_chunk
from audiences.services import kept_facts, preview, read_meanings, refresh_space
from audiences.services.define import list_by_hand
from audiences.services.preview import Preview
from segments.models import Membership, Segment, Space
from segments.services import add_members, remove_members

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Any]
KEEN = {"field": "total_orders", "operator": "greater_or_equal", "value": 10}
DUTCH = {"field": "metadata.country", "operator": "equals", "value": "NL"}
ADA = {"field": "full_name", "operator": "contains", "value": "ada"}


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    kept_facts._kept.clear()
    yield
    kept_facts._kept.clear()


@pytest.fixture
def look(space: Space) -> Callable[..., Preview]:
    def look(rule: dict[str, Any], **options: Any) -> Preview:
        read = document.read(rule)
        meanings = read_meanings(space).with_segments_of(space, read)
        at = timezone.now()
        return preview(space=space, rule=read, meanings=meanings, names={}, at=at, **options)

    return look


@pytest.fixture
def columns_read(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The columns of whole chunks that are read, reading by reading."""
    found: list[list[str]] = []

    def note(**asked: Any) -> Any:
        found.append([*asked["wanted"].sources, *map(str, asked["wanted"].segments)])
        return read_chunk(**asked)

    monkeypatch.setattr("audiences.services.kept_facts.read_chunk", note)
    return found


def told(found: Preview) -> tuple[Any, ...]:
    steps = [(step.path, step.count, step.removes, step.adds) for step in found.steps]
    return found.count, found.everyone, steps, found.lacking, found.sample


def anew(look: Callable[..., Preview], rule: dict[str, Any], **options: Any) -> Preview:
    """Inside a transaction nothing that is kept is used."""
    with transaction.atomic():
        return look(rule, **options)


def test_only_what_an_edit_asks_besides_is_read(
    look: Make, make_membership: Make, make_segment: Make, columns_read: list[list[str]]
) -> None:
    gold = make_segment("gold")
    for orders in (5, 10, 15):
        make_membership(gold, total_orders=orders, metadata={"country": "NL"})
    assert look(KEEN).count == 2
    assert look({**KEEN, "value": 15}).count == 1
    assert look({"all": [KEEN, DUTCH, {"in_segment": str(gold.id)}]}).count == 2
    assert look({"any": [DUTCH, {"in_segment": str(gold.id)}]}).count == 3
    assert columns_read == [["total_orders"], ["metadata.country", str(gold.number)]]


def test_where_the_facts_are_at_hand_all_are_counted_in_place_of_an_estimate(
    look: Make, make_membership: Make
) -> None:
    make_membership(total_orders=12)
    assert look(KEEN, estimate=True).exact is False
    look(KEEN)
    assert look({**KEEN, "value": 12}, estimate=True).exact is True
    assert look({"all": [KEEN, DUTCH]}, estimate=True).exact is False


def test_who_changed_since_is_read_anew_before_a_refresh_and_after_it(
    look: Make, space: Space, make_membership: Make, columns_read: list[list[str]]
) -> None:
    one, other = make_membership(total_orders=5), make_membership(total_orders=15)
    refresh_space(space=space, now=timezone.now())
    assert look(KEEN).sample == [other.pk]
    Membership.objects.filter(pk=one.pk).update(total_orders=50)
    assert look(KEEN).sample == [one.pk, other.pk]
    refresh_space(space=space, now=timezone.now())
    assert look(KEEN).sample == [one.pk, other.pk]
    other.delete()
    third = make_membership(total_orders=12)
    assert look(KEEN).sample == [one.pk, third.pk]
    refresh_space(space=space, now=timezone.now())
    assert look(KEEN).sample == [one.pk, third.pk]
    assert columns_read == [["total_orders"]]


def test_whatever_changes_and_whenever_the_answer_is_that_of_reading_all(
    look: Make, space: Space, make_membership: Make, make_segment: Make, make_audience: Make
) -> None:
    dice = random.Random(20)
    gold: Segment = make_segment("gold")
    listing: Audience = make_audience("rules", rule=DUTCH)
    in_gold, in_listing = {"in_segment": str(gold.id)}, {"in_audience": str(listing.id)}
    rules: list[dict[str, Any]] = [
        {"all": [KEEN, DUTCH]},
        {"any": [{"not": KEEN}, in_gold, ADA]},
        {"not": in_listing},
        {"all": [{"field": "age", "operator": "greater_or_equal", "value": 30}, in_gold]},
    ]

    def anybody() -> Membership:
        return dice.choice(list(Membership.objects.filter(space=space)))

    def change() -> None:
        orders, country = dice.randint(5, 15), dice.choice(["NL", "DE", None])
        born = dice.choice([None, datetime.date(1980, 1, 1), datetime.date(2005, 1, 1)])
        Membership.objects.filter(pk=anybody().pk).update(
            total_orders=orders, metadata={"country": country}, birthday=born
        )

    steps: list[Callable[[], object]] = [
        change,
        lambda: make_membership(total_orders=dice.randint(5, 15), full_name="Ada"),
        lambda: anybody().delete(),
        lambda: add_members(segment=gold, memberships=[anybody().pk]),
        lambda: remove_members(segment=gold, memberships=[anybody().pk]),
        lambda: list_by_hand(
            audience=listing,
            memberships=[anybody().pk],
            listed=dice.choice([*Listed, None]),
        ),
        lambda: refresh_space(space=space, now=timezone.now()),
    ]
    for _ in range(20):
        make_membership(total_orders=dice.randint(5, 15), full_name=dice.choice(["Ada", "Bo"]))
    for _ in range(60):
        dice.choice(steps)()
        rule = dice.choice(rules)
        assert told(look(rule)) == told(anew(look, rule))
    assert kept_facts._kept


def test_where_many_changed_all_are_read(
    look: Make,
    space: Space,
    make_membership: Make,
    columns_read: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept_facts, "_MOST_CHANGED", 2)
    for orders in (5, 10, 15):
        make_membership(total_orders=orders)
    refresh_space(space=space, now=timezone.now())
    look(KEEN)
    Membership.objects.filter(space=space).update(total_orders=20)
    assert look(KEEN).count == 3
    refresh_space(space=space, now=timezone.now())  # it says that they were too many to list
    assert look(KEEN, estimate=True).exact is False
    assert look(KEEN).count == 3
    assert TakenMemberships.objects.latest("number").membership_numbers is None


def test_what_changed_past_the_triggers_is_noticed_where_others_are_there(
    look: Make, make_membership: Make
) -> None:
    first = make_membership(total_orders=10)
    make_membership(total_orders=10, metadata={"country": "NL"})
    look(KEEN)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM segments_membership WHERE number = %s", [first.pk])
        cursor.execute("SET session_replication_role = DEFAULT")
    assert look({"all": [KEEN, {"not": DUTCH}]}).everyone == 1


def test_facts_are_kept_for_a_while_and_within_bounds(
    look: Make,
    make_membership: Make,
    columns_read: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_membership(total_orders=10)
    monkeypatch.setattr(kept_facts, "_MOST_BYTES", 40)
    look({"all": [KEEN, DUTCH]})
    assert 0 < sum(one.size for one in kept_facts._kept.values()) <= 40
    monkeypatch.undo()
    monkeypatch.setattr(kept_facts, "SECONDS", 0)
    look(KEEN)
    assert [one for one in kept_facts._kept.values() if one.is_fresh] == []


def test_takings_are_forgotten_after_an_hour(space: Space, make_membership: Make) -> None:
    for _ in range(2):
        make_membership()
        refresh_space(space=space, now=timezone.now())
    assert TakenMemberships.objects.count() == 2
    TakenMemberships.objects.update(taken_at=timezone.now() - datetime.timedelta(minutes=61))
    make_membership()
    refresh_space(space=space, now=timezone.now())
    assert TakenMemberships.objects.count() == 1


def test_a_refresh_of_nobody_leaves_nothing_behind(space: Space) -> None:
    refresh_space(space=space, now=timezone.now())
    assert not TakenMemberships.objects.exists()


def test_kept_or_not_a_preview_asks_as_many_queries_however_many_there_are(
    look: Make, make_membership: Make
) -> None:
    counts = []
    for _ in range(2):
        make_membership(total_orders=10)
        look(KEEN)
        with CaptureQueriesContext(connection) as asked:
            look(KEEN)
        counts.append(len(asked))
    assert counts[0] == counts[1]
