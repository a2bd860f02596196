"""A search finds whom the columns say, whatever a worker has read or has yet to read."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.services import refresh_space
from segments import search
from segments.jobs import defer_reading
from segments.jobs import read_texts as job
from segments.models import ChangedMemberships, Membership, MembershipText, Space, UnreadTexts
from segments.search import numbers_found, read_texts
from segments.services import delete_row, save_row

Make = Callable[..., Any]
SEARCHED = ("external_id", "email", "phone", "full_name")


def found(space: Space, words: str) -> list[str]:
    numbers = numbers_found(space=space, words=words)
    rows = Membership.objects.filter(pk__in=list(numbers)).order_by("number")
    return list(rows.values_list("external_id", flat=True))


@pytest.fixture
def worker(space: Space, at: datetime.datetime) -> Callable[[], None]:
    def work() -> None:
        refresh_space(space=space, now=at)
        read_texts(space=space)
        assert not ChangedMemberships.objects.exists()
        assert not UnreadTexts.objects.exists()

    return work


def test_a_part_of_each_identifier_and_of_the_name_finds_in_capitals_or_not(
    space: Space, make_membership: Make, worker: Make
) -> None:
    make_membership(
        external_id="Ana-1", email="ana@example.com", phone="+31 6", full_name="Zoë Müller"
    )
    make_membership(external_id="bob-2")
    for work in (lambda: None, worker):
        work()
        for words in ("ana-", "NA@EX", "31 6", "zoË m", "Ü"):
            assert found(space, words) == ["Ana-1"], words
        assert found(space, "b-2") == ["bob-2"]
        assert found(space, "-") == ["Ana-1", "bob-2"]
        for words in ("a%1", "a_a", "\\", "-1ana", "1\x01ana", "nobody"):
            assert found(space, words) == [], words


def test_a_change_is_found_at_once_before_and_after_each_step_of_the_worker(
    space: Space, make_membership: Make, worker: Make, at: datetime.datetime
) -> None:
    person = make_membership(external_id="ana", full_name="Ana Jansen")
    other = make_membership(external_id="bob", full_name="Bob Jansen")
    worker()
    save_row(person, full_name="Ana Smith")
    delete_row(other)
    steps = (
        lambda: None,
        lambda: refresh_space(space=space, now=at),
        lambda: read_texts(space=space),
    )
    for step in steps:
        step()
        assert (found(space, "jansen"), found(space, "smith")) == ([], ["ana"])
        assert not numbers_found(space=space, words="bob")
    assert MembershipText.objects.count() == 1


def test_texts_are_written_only_where_they_changed(
    space: Space, make_membership: Make, worker: Make
) -> None:
    def rows() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT ctid::text FROM segments_membershiptext")
            return list(cursor.fetchall())

    person = make_membership()
    worker()
    before = rows()
    save_row(person, total_orders=7)
    worker()
    assert rows() == before


def test_a_space_sees_its_own(
    space: Space, other_space: Space, make_membership: Make, worker: Make
) -> None:
    make_membership(full_name="Ana")
    worker()
    make_membership(full_name="Ana")
    assert len(numbers_found(space=space, words="ana")) == 2
    assert not numbers_found(space=other_space, words="ana")


def test_many_changes_are_noted_and_read_in_parts(
    space: Space,
    make_membership: Make,
    worker: Make,
    at: datetime.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = make_membership(full_name="Ana")
    ChangedMemberships.objects.create(
        space=space, membership_numbers=[*range(10**8, 10**8 + 45_000), person.pk]
    )
    refresh_space(space=space, now=at)
    sizes = [len(row.membership_numbers) for row in UnreadTexts.objects.order_by("number")]
    assert sizes == [1, 20_000, 20_000, 5_001]
    monkeypatch.setattr(search, "_AT_ONCE", 20_001)
    assert search._read_some(space)
    assert [len(row.membership_numbers) for row in UnreadTexts.objects.all()] == [20_000, 5_001]
    worker()
    assert found(space, "ana") == [person.external_id]


def test_memberships_alone_are_asked_when_many_have_changed(
    space: Space, make_membership: Make, worker: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_membership(external_id="ana")
    worker()
    save_row(person, external_id="zoe")
    monkeypatch.setattr(search, "_MANY", 1)
    assert (found(space, "ana"), found(space, "ZO")) == ([], ["zoe"])


def test_reading_is_asked_for_once(
    space: Space, make_membership: Make, at: datetime.datetime
) -> None:
    make_membership(full_name="Ana")
    refresh_space(space=space, now=at)
    assert [defer_reading(), defer_reading()] == [1, 0]
    job(space=space.pk)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert defer_reading() == 0
    assert MembershipText.objects.count() == 1


names = st.text(st.sampled_from("aAbéÉß%_\\ 1"), max_size=5)
people: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict, external_id=names, full_name=st.none() | names, email=st.none() | names, phone=names
)
steps = st.one_of(
    st.tuples(st.just("save"), st.integers(0, 4), people),
    st.tuples(st.just("delete"), st.integers(0, 4)),
    st.just(("refresh",)),
    st.just(("read",)),
)


@pytest.mark.django_db
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(steps, max_size=12), st.text(st.sampled_from("aAbéÉ%_\\ 1"), min_size=1, max_size=4)
)
def test_a_search_finds_whom_the_columns_say(
    space: Space, at: datetime.datetime, sequence: list[tuple[Any, ...]], words: str
) -> None:
    with transaction.atomic():
        for step, *given_ in sequence:
            if step == "refresh":
                refresh_space(space=space, now=at)
            elif step == "read":
                read_texts(space=space)
            elif step == "delete":
                Membership.objects.filter(external_id__startswith=f"{given_[0]}-").delete()
            else:
                place, values = given_
                old = Membership.objects.filter(external_id__startswith=f"{place}-").first()
                values = {**values, "external_id": f"{place}-{values['external_id']}"}
                save_row(old or Membership(), space=space, **values)
        meant = {
            row.pk
            for row in Membership.objects.all()
            if any(words.upper() in (getattr(row, name) or "").upper() for name in SEARCHED)
        }
        assert set(numbers_found(space=space, words=words)) == meant
        transaction.set_rollback(True)
