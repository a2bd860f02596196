"""The import of one list: its modes, its numbers, and what it asks before."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from segments.imports.lists import ListImported, ListMode, import_list
from segments.imports.memberships import MembershipsImported, MembershipsMode, import_memberships
from segments.imports.refusals import BadRows, Cancelled, TooManyRemoved, WrongHeader
from segments.models import Membership, Segment, SegmentMembership, Space, Unknown
from segments.services import add_members

Enlist = Callable[..., ListImported]
Listed = Callable[[], set[str]]
Make = Callable[..., Membership]
Stored = Callable[[str], Membership]


@pytest.fixture
def known(make_membership: Make, vips: Segment) -> None:
    """Five people, of whom the first three are on the list."""
    for external_id in "abcde":
        on = [vips] if external_id in "abc" else []
        make_membership(*on, external_id=external_id, full_name=external_id.upper())


pytestmark = pytest.mark.usefixtures("known")
FILE = "external_id\nb\nc\nd\nz\n"


def test_adds(enlist: Enlist, listed: Listed, at: datetime.datetime) -> None:
    done = enlist(FILE, ListMode.ADD)

    assert (done.listed, done.added, done.already_in, done.created) == (3, 2, 2, 1)
    assert listed() == {"a", "b", "c", "d", "z"}
    new = SegmentMembership.objects.get(membership__external_id="z")
    assert (new.created_at, new.membership.created_at) == (at, at)


def test_replaces(enlist: Enlist, listed: Listed) -> None:
    done = enlist(FILE, ListMode.REPLACE, confirmed=True)

    assert (done.added, done.already_in, done.removed, done.created) == (2, 2, 1, 1)
    assert listed() == {"b", "c", "d", "z"}


def test_removes(enlist: Enlist, listed: Listed) -> None:
    done = enlist(FILE, ListMode.REMOVE)

    assert (done.removed, done.not_in, done.unknown, done.created) == (2, 1, 1, 0)
    assert listed() == {"a"}
    assert Membership.objects.count() == 5


def test_brings_only_those_on_the_list_up_to_date(
    enlist: Enlist, listed: Listed, stored: Stored
) -> None:
    done = enlist("external_id,full_name\na,Ann\nb,B\nd,Dan\nz,Zoë\n", ListMode.UPDATE_ONLY)

    assert (done.already_in, done.updated, done.not_in, done.unknown) == (2, 1, 1, 1)
    assert [stored(one).full_name for one in "abd"] == ["Ann", "B", "D"]
    assert listed() == {"a", "b", "c"}


@pytest.mark.parametrize("mode", ListMode)
def test_counts_those_who_are_unknown_and_leaves_them_out(
    enlist: Enlist, listed: Listed, mode: ListMode
) -> None:
    done = enlist(FILE, mode, Unknown.SKIP, confirmed=True)

    assert (done.unknown, done.created, done.skipped) == (1, 0, 1)
    assert "z" not in listed()


@pytest.mark.parametrize("mode", ListMode)
def test_refuses_those_who_are_unknown(enlist: Enlist, listed: Listed, mode: ListMode) -> None:
    with pytest.raises(BadRows) as refusal:
        enlist(FILE, mode, Unknown.REFUSE)

    assert [str(problem) for problem in refusal.value.first] == [
        "line 5, external_id “z”: is not a membership of this space; "
        "import the membership first, or correct the id"
    ]
    assert listed() == {"a", "b", "c"}
    done = enlist(FILE, mode, Unknown.REFUSE, skip_bad_rows=True, confirmed=True)
    assert (done.bad, done.skipped, done.rows) == (1, 1, 4)


def test_facts_are_of_the_persons_last_row(enlist: Enlist, stored: Stored) -> None:
    file = (
        "external_id,E-mail,Vorname,Nachname,metadata.city\na,,Ann,A,Delft\nz,Z@example.com,Zoë,,\n"
        "a,,Anna,,Breda\nz,,Zoé,Z,Gouda\n"
    )

    done = enlist(file)

    assert (done.updated, done.created, done.repeated) == (1, 1, 2)
    assert (stored("a").full_name, stored("a").metadata) == ("Anna", {"city": "Breda"})
    assert (stored("z").full_name, stored("z").metadata) == ("Zoé Z", {"city": "Gouda"})
    again = enlist(file)
    assert (again.updated, again.created) == (0, 0)


def test_who_is_meant_stays_as_they_are(
    enlist: Enlist, stored: Stored, make_membership: Make
) -> None:
    make_membership(external_id="f", email="f@example.com", phone="+31611111111")

    done = enlist("external_id,email,phone\nf,other@example.com,\na,a@example.com,+31622222222\n")

    assert (done.added, done.already_in, done.updated) == (1, 1, 0)
    assert (stored("f").email, stored("f").phone) == ("f@example.com", "+31611111111")
    assert (stored("a").email, stored("a").phone) == (None, None)


def test_facts_are_not_looked_at_when_removing(enlist: Enlist, stored: Stored) -> None:
    done = enlist("external_id,birthday,full_name\na,soon,Ann\n", ListMode.REMOVE)

    assert (done.removed, done.bad, done.updated) == (1, 0, 0)
    assert stored("a").full_name == "A"


def test_maps_columns(enlist: Enlist, listed: Listed, stored: Stored) -> None:
    mapping = {"Shop": "external_id", "Town": "metadata.city", "Notes": None}

    enlist("Shop,Town,Notes,name\na,Delft,x,Ann\n", mapping=mapping)

    assert (stored("a").metadata, stored("a").full_name) == ({"city": "Delft"}, "Ann")
    with pytest.raises(WrongHeader, match="“Notes” is not known"):
        enlist("external_id,Notes\na,x\n")


def test_asks_before_much_of_the_list_would_go(enlist: Enlist, listed: Listed) -> None:
    with pytest.raises(TooManyRemoved) as refusal:
        enlist("external_id\na\nb\nd\nz\n", ListMode.REPLACE)

    assert (refusal.value.listed, refusal.value.removed, refusal.value.share) == (3, 1, 0.2)
    assert "1 of the 3 off “vips”: 33%, where up to 20% go" in str(refusal.value)
    assert listed() == {"a", "b", "c"}
    assert not Membership.objects.filter(external_id="z").exists()


def test_a_dry_run_says_that_it_must_be_confirmed(enlist: Enlist) -> None:
    file = "external_id\na\nb\n"

    dry = enlist(file, ListMode.REPLACE, dry_run=True)

    assert (dry.removed, dry.must_be_confirmed) == (1, True)
    assert not enlist(file, ListMode.REPLACE, dry_run=True, removable_share=0.34).must_be_confirmed
    assert enlist(file, ListMode.REPLACE, removable_share=0.34).removed == 1


def test_no_file_empties_a_list_for_meaning_nobody(enlist: Enlist, listed: Listed) -> None:
    done = enlist("external_id\ny\nz\n", ListMode.REPLACE, Unknown.SKIP)

    assert (done.unknown, done.removed) == (2, 0)
    assert listed() == {"a", "b", "c"}


@pytest.mark.parametrize("step", ["Reading", "Checking 4 rows", "Finding people", "Writing"])
def test_can_be_cancelled_at_any_step(enlist: Enlist, listed: Listed, step: str) -> None:
    def cancel(now_at: str, done: int = 0, total: int = 0) -> None:
        if now_at == step:
            raise Cancelled

    file = "external_id,email\nb,\nc,\nd,\nz,\n"
    with pytest.raises(Cancelled, match="The import was cancelled"):
        enlist(file, ListMode.REPLACE, confirmed=True, progress=cancel)

    assert listed() == {"a", "b", "c"}
    assert Membership.objects.count() == 5
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relpersistence = 't'")
        assert cursor.fetchone() == (0,)


def test_importing_an_export_changes_nothing(
    enlist: Enlist, space: Space, at: datetime.datetime, make_membership: Make, vips: Segment
) -> None:
    make_membership(
        vips,
        external_id="f",
        email="F@Example.com",
        phone="(020) 1234567",
        full_name="Félicité, “Fé”",
        birthday=datetime.date(1990, 1, 1),
        metadata={"city": "Delft", "orders": {"web": 3}},
    )
    facts = ["external_id", "email", "phone", "full_name", "birthday", "total_orders"]
    moments = ["last_order_at", "created_at"]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*facts, *moments, "metadata.city", "metadata.orders.web"])
    for one in Membership.objects.filter(segment_memberships__segment=vips):
        metadata = [one.metadata.get("city"), one.metadata.get("orders", {}).get("web")]
        writer.writerow([getattr(one, name) for name in (*facts, *moments)] + metadata)

    for mode in (ListMode.ADD, ListMode.REPLACE, ListMode.UPDATE_ONLY):
        done = enlist(out.getvalue(), mode)
        assert (done.rows, done.already_in) == (4, 4)
        assert (done.added, done.removed, done.created, done.updated) == (0, 0, 0, 0)
    file = io.BytesIO(out.getvalue().encode())
    assert import_memberships(space=space, file=file, now=at).unchanged == 4


# Few of each, so that people meet; and a phone as it is written in different ways.
IDS = st.sampled_from(["", "", "a", "b", "d", "y", "z"])
EMAILS = st.sampled_from(["", "", "a@x.nl", "A@x.nl", "b@x.nl", "y@x.nl", "d@x.nl", "bad"])
PHONES = st.sampled_from(["", "", "0611111111", "+31 6 11111111", "0622222222", "06 3", "a"])
ORDERS = st.sampled_from(["", "1", "2", "x"])
ROWS = st.lists(st.tuples(IDS, EMAILS, PHONES, ORDERS), min_size=1, max_size=8)


# A row that was found by what a bad one says, which then was left out.
@example(
    rows=[("", "a@x.nl", "", ""), ("b", "a@x.nl", "", "x")],
    stored=[("b", None, None, False)],
    mode=ListMode.ADD,
    unknown=Unknown.REFUSE,
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=ROWS,
    stored=st.lists(
        st.tuples(
            st.sampled_from("abcdefg"),
            st.sampled_from([None, "a@x.nl", "B@x.nl", "d@x.nl"]),
            st.sampled_from([None, "+31611111111", "06-22222222"]),
            st.booleans(),
        ),
        max_size=5,
        unique_by=lambda one: one[0],
    ),
    mode=st.sampled_from(ListMode),
    unknown=st.sampled_from(Unknown),
)
def test_a_dry_run_counts_exactly_what_is_then_done(
    space: Space,
    vips: Segment,
    at: datetime.datetime,
    rows: list[tuple[str, ...]],
    stored: list[tuple[str, str | None, str | None, bool]],
    mode: ListMode,
    unknown: Unknown,
) -> None:
    content = "\n".join(["external_id,email,phone,total_orders", *map(",".join, rows)])
    space.country = "NL"

    def run(**options: Any) -> ListImported:
        return import_list(
            space=space,
            segment=vips,
            file=io.BytesIO(content.encode()),
            mode=mode,
            unknown=unknown,
            now=at,
            skip_bad_rows=True,
            confirmed=True,
            **options,
        )

    if not any(map(any, rows)):
        return  # no rows at all
    with transaction.atomic():
        SegmentMembership.objects.all().delete()
        Membership.objects.all().delete()
        for external_id, email, phone, is_listed in stored:
            one = Membership.objects.create(
                space=space, external_id=external_id, email=email, phone=phone
            )
            if is_listed:
                add_members(segment=vips, memberships=[one.pk])
        before = Membership.objects.count()

        dry = run(dry_run=True)
        assert Membership.objects.count() == before
        done = run()

        told = {**asdict(done), "dry_run": True}
        assert told == asdict(dry)
        listed = SegmentMembership.objects.count()
        assert listed == done.listed + done.added - done.removed
        assert Membership.objects.count() == before + done.created
        people = done.added + done.already_in + done.not_in
        if mode is ListMode.REMOVE:
            people += done.removed
        assert done.rows == done.bad + done.unknown + done.repeated + people
        if not done.bad:
            again = run()
            assert [again.added, again.removed, again.created, again.updated] == [0, 0, 0, 0]
        transaction.set_rollback(True)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=ROWS, mode=st.sampled_from(MembershipsMode))
def test_so_it_does_of_memberships(
    space: Space, at: datetime.datetime, rows: list[tuple[str, ...]], mode: MembershipsMode
) -> None:
    content = "\n".join(["external_id,email,phone,total_orders", *map(",".join, rows)])
    space.country = "NL"

    def run(**options: Any) -> MembershipsImported:
        return import_memberships(
            space=space,
            file=io.BytesIO(content.encode()),
            mode=mode,
            now=at,
            skip_bad_rows=True,
            **options,
        )

    if not any(map(any, rows)):
        return
    with transaction.atomic():
        before = Membership.objects.count()
        dry = run(dry_run=True)
        assert Membership.objects.count() == before
        done = run()
        assert {**asdict(done), "dry_run": True} == asdict(dry)
        assert Membership.objects.count() == before + done.added
        assert done.unchanged >= 0
        if not done.bad:
            again = run()
            assert (again.added, again.updated) == (0, 0)
        transaction.set_rollback(True)


def test_failed_rows_are_as_they_came(enlist: Enlist, tmp_path: Path) -> None:
    failed = tmp_path / "failed.csv"
    file = (
        'external_id;birthday;full_name\r\na;1990-01-01;A\r\n"z";"soon";" two\nlines "\r\n'
        'b;1990-01-01\r\nc;x;"C"x"\r\nd;;D\r\n'
    )

    enlist(file, skip_bad_rows=True, failed_rows=failed)

    assert failed.read_bytes().decode("utf-8-sig") == (
        "what_is_wrong;external_id;birthday;full_name\r\n"
        '"birthday “soon”: is not a date; write year-month-day, such as 1990-12-31";'
        '"z";"soon";" two\nlines "\r\n'
        '"has 2 values where the header names 3 columns; put quotes around a value that holds the '
        'separator or a quote, and write each quote within it twice ("""")";b;1990-01-01\r\n'
        '"has a quoted text that goes on after its closing quote; put quotes around a value that '
        'holds the separator or a quote, and write each quote within it twice ("""")";c;x;"C"x"\r\n'
    )


def test_failed_rows_that_fail_again_come_back_as_they_came(enlist: Enlist, tmp_path: Path) -> None:
    once, twice = tmp_path / "once.csv", tmp_path / "twice.csv"
    enlist('external_id,birthday\nz,"so, on"\nb,"x"y\na,\n', skip_bad_rows=True, failed_rows=once)

    enlist(once.read_text(), skip_bad_rows=True, failed_rows=twice)

    assert twice.read_bytes() == once.read_bytes()


def test_failed_rows_are_there_also_when_nothing_was_imported(
    enlist: Enlist, tmp_path: Path
) -> None:
    with pytest.raises(BadRows):
        enlist("external_id,birthday\nz,soon\na,\n", failed_rows=tmp_path / "failed.csv")

    assert len((tmp_path / "failed.csv").read_text().splitlines()) == 2
    enlist("external_id\na\n", failed_rows=tmp_path / "none.csv")
    assert not (tmp_path / "none.csv").exists()
