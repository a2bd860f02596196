from __future__ import annotations

import csv
import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from segments.imports.memberships import MembershipsImported
from segments.imports.refusals import BadRows, UnreadableFile
from segments.models import Membership, Space

Import = Callable[..., MembershipsImported]
Stored = Callable[[str], Membership]

FULL = (
    "external_id,email,phone,full_name,birthday,total_orders,total_order_value,last_order_at,"
    "created_at,metadata.income,metadata.household_size\n"
    "h-1,vera@example.com,+12015550100,Vera Ekberg,1937-02-03,51,2415.56,2017-12-31T19:01:05Z,"
    "2017-01-07T18:55:24Z,35-49K,2\n"
)


def counts(done: MembershipsImported) -> tuple[int, int, int, int]:
    return done.added, done.updated, done.unchanged, done.bad


def row_versions() -> dict[tuple[int, str], Any]:
    """By space and external id: which transaction wrote the row, and where it stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT space_number, external_id, xmin::text, ctid::text FROM segments_membership"
        )
        return {(space, external_id): row for space, external_id, *row in cursor.fetchall()}


def test_adds_memberships_with_all_their_facts(
    run: Import, stored: Stored, at: datetime.datetime
) -> None:
    assert counts(run(FULL)) == (1, 0, 0, 0)

    vera = stored("h-1")
    assert vera.email == "vera@example.com"
    assert vera.phone == "+12015550100"
    assert vera.full_name == "Vera Ekberg"
    assert vera.birthday == datetime.date(1937, 2, 3)
    assert vera.total_orders == 51
    assert vera.total_order_value == Decimal("2415.56")
    assert vera.last_order_at == datetime.datetime(2017, 12, 31, 19, 1, 5, tzinfo=datetime.UTC)
    assert vera.created_at == datetime.datetime(2017, 1, 7, 18, 55, 24, tzinfo=datetime.UTC)
    assert vera.updated_at == at
    assert vera.metadata == {"income": "35-49K", "household_size": 2}


def test_needs_no_column_but_the_external_id(
    run: Import, stored: Stored, at: datetime.datetime
) -> None:
    assert counts(run("external_id\nh-1\nh-2\n")) == (2, 0, 0, 0)

    one = stored("h-1")
    assert (one.email, one.birthday, one.last_order_at) == (None, None, None)
    assert (one.total_orders, one.total_order_value) == (0, Decimal(0))
    assert one.metadata == {}
    assert (one.created_at, one.updated_at) == (at, at)


def test_gives_numbers_in_the_order_of_the_file(run: Import) -> None:
    ids = [f"h-{place * 7919 % 101}" for place in range(101)]
    run("external_id\n" + "\n".join(ids[50:60]) + "\n")
    run("external_id\n" + "\n".join(ids) + "\n")

    added = [one for one in ids if one not in ids[50:60]]
    in_order = Membership.objects.order_by("number").values_list("external_id", flat=True)
    assert list(in_order) == ids[50:60] + added


def test_importing_again_writes_nothing_and_uses_up_no_numbers(
    run: Import, stored: Stored, at: datetime.datetime
) -> None:
    run(FULL)
    before = row_versions()

    done = run(FULL, now=at + datetime.timedelta(days=1))

    assert counts(done) == (0, 0, 1, 0)
    assert row_versions() == before
    assert stored("h-1").updated_at == at
    run("external_id\nh-2\n")
    assert stored("h-2").pk == stored("h-1").pk + 1


def test_updates_only_the_rows_that_differ(
    run: Import, stored: Stored, at: datetime.datetime
) -> None:
    run("external_id,email\nh-1,a@example.com\nh-2,b@example.com\n")
    before = row_versions()
    later = at + datetime.timedelta(days=1)

    done = run("external_id,email\nh-1,a@example.com\nh-2,new@example.com\n", now=later)

    assert counts(done) == (0, 1, 1, 0)
    first = (stored("h-1").space_id, "h-1")
    assert row_versions()[first] == before[first]
    assert (stored("h-1").updated_at, stored("h-2").updated_at) == (at, later)
    assert stored("h-2").email == "new@example.com"


def test_leaves_facts_as_they_are_whose_column_is_absent(run: Import, stored: Stored) -> None:
    run(FULL)
    before = stored("h-1")

    assert counts(run("external_id,total_orders\nh-1,52\n")) == (0, 1, 0, 0)

    after = stored("h-1")
    assert after.total_orders == 52
    for name in ("email", "birthday", "total_order_value", "last_order_at", "metadata"):
        assert getattr(after, name) == getattr(before, name)


def test_an_empty_cell_clears_the_fact(run: Import, stored: Stored) -> None:
    run(FULL)
    header = FULL.splitlines()[0]

    assert counts(run(f"{header}\nh-1,,,,,,,,,,\n")) == (0, 1, 0, 0)

    cleared = stored("h-1")
    assert (cleared.email, cleared.phone, cleared.full_name) == (None, None, None)
    assert (cleared.birthday, cleared.last_order_at) == (None, None)
    assert (cleared.total_orders, cleared.total_order_value) == (0, Decimal(0))
    assert cleared.metadata == {}
    assert cleared.created_at.year == 2017  # every membership has one, so it stays


def test_keeps_metadata_that_the_file_does_not_name(
    run: Import, stored: Stored, make_membership: Callable[..., Membership]
) -> None:
    make_membership(external_id="h-1", metadata={"own": None, "income": "10K", "size": 1})

    run("external_id,metadata.income,metadata.size\nh-1,20K,\n")

    assert stored("h-1").metadata == {"own": None, "income": "20K"}


def test_reaches_into_nested_metadata(
    run: Import, stored: Stored, make_membership: Callable[..., Membership]
) -> None:
    make_membership(
        external_id="h-1", metadata={"home": {"city": "Delft", "zip": 1, "own": [1]}, "other": 2}
    )
    make_membership(external_id="h-2", metadata={"home": "a text"})

    run(
        "external_id,metadata.home.city,metadata.home.zip,metadata.pet.name.first\n"
        "h-1,Breda,,Rex\nh-2,,,\nh-3,Gouda,,\nh-4,,,\n"
    )

    assert stored("h-1").metadata == {
        "home": {"city": "Breda", "own": [1]},
        "other": 2,
        "pet": {"name": {"first": "Rex"}},
    }
    assert stored("h-2").metadata == {"home": "a text"}
    assert stored("h-3").metadata == {"home": {"city": "Gouda"}}
    assert stored("h-4").metadata == {}


def test_a_name_takes_the_place_of_a_text_that_is_in_its_way(
    run: Import, stored: Stored, make_membership: Callable[..., Membership]
) -> None:
    make_membership(external_id="h-1", metadata={"home": "a text"})

    run("external_id,metadata.home.city\nh-1,Breda\n")

    assert stored("h-1").metadata == {"home": {"city": "Breda"}}


def test_takes_more_columns_of_metadata_than_a_function_has_arguments(
    run: Import, stored: Stored
) -> None:
    names = [f"n{place}" for place in range(250)]
    header = ",".join(f"metadata.{name}" for name in names)

    run(f"external_id,{header}\nh-1,{','.join('1' for _ in names)}\n")

    assert stored("h-1").metadata == dict.fromkeys(names, 1)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("5", 5),
        ("0", 0),
        ("-12.50", -12.5),
        ("123456789012345", 123456789012345),
        ("true", True),
        ("FALSE", False),
        ("007", "007"),
        ("+31", "+31"),
        ("1e3", "1e3"),
        ("1.", "1."),
        (".5", ".5"),
        ("35-49K", "35-49K"),
        ("4111111111111111", "4111111111111111"),  # a card's number: too long to be kept exactly
        ("yes", "yes"),
        ("null", "null"),
        ('"say ""hi"", \\ é\n{"', 'say "hi", \\ é\n{'),
    ],
)
def test_tells_numbers_and_truth_in_metadata_from_text(
    run: Import, stored: Stored, cell: str, value: object
) -> None:
    run(f"external_id,metadata.it\nh-1,{cell}\n")

    assert stored("h-1").metadata == {"it": value}
    assert type(stored("h-1").metadata["it"]) is type(value)


def test_a_dry_run_counts_what_an_import_then_does_and_changes_nothing(
    run: Import, stored: Stored
) -> None:
    run("external_id,email,metadata.a\nh-1,a@example.com,1\nh-2,b@example.com,2\n")
    before = row_versions()
    file = "external_id,email,metadata.a\nh-1,a@example.com,1\nh-2,b@example.com,3\nh-3,,\n"

    dry = run(file, dry_run=True)

    assert dry.dry_run
    assert row_versions() == before
    assert counts(dry) == (1, 1, 1, 0)
    assert counts(run(file)) == (1, 1, 1, 0)
    assert stored("h-3").pk == stored("h-2").pk + 1  # the dry run used up no number


def test_any_bad_row_stops_the_whole_import(run: Import, report: Path) -> None:
    with pytest.raises(BadRows) as refusal:
        run("external_id,birthday\nh-1,1990-01-01\nh-2,1990-02-30\n", report=report)

    assert Membership.objects.count() == 0
    assert refusal.value.count == 1
    assert refusal.value.report == report
    assert [str(problem) for problem in refusal.value.first] == [
        "line 3, birthday “1990-02-30”: is not a date; write year-month-day, such as 1990-12-31"
    ]


def test_reports_every_bad_cell(run: Import, report: Path) -> None:
    rows = [f"h-{place},x,-1" for place in range(40)]
    with pytest.raises(BadRows) as refusal:
        run("external_id,birthday,total_orders\n" + "\n".join(rows), report=report)

    assert refusal.value.count == 40
    assert len(refusal.value.first) == 10
    with report.open(newline="") as file:
        written = list(csv.DictReader(file))
    assert len(written) == 80
    assert written[1] == {
        "line": "2",
        "column": "total_orders",
        "value": "-1",
        "problem": "is negative",
        "remedy": "write 0 or more",
    }


def test_imports_the_rest_when_bad_rows_are_to_be_skipped(run: Import, report: Path) -> None:
    file = "external_id,birthday,email\nh-1,1990-01-01,\nh-2,soon,x\n\nh-3,,\nh-4\n"

    done = run(file, skip_bad_rows=True, report=report)

    assert counts(done) == (2, 0, 0, 2)
    assert done.rows == 4
    assert [(problem.line, problem.column) for problem in done.first_problems] == [
        (3, "birthday"),
        (3, "email"),
        (6, ""),
    ]
    assert set(Membership.objects.values_list("external_id", flat=True)) == {"h-1", "h-3"}
    assert counts(run(file, skip_bad_rows=True, report=report)) == (0, 0, 2, 2)


def test_writes_no_report_when_no_row_is_bad(run: Import, report: Path) -> None:
    done = run(FULL, skip_bad_rows=True, report=report)

    assert done.report is None
    assert not report.exists()


def test_names_the_line_on_which_a_row_begins(
    problems: Callable[[str], list[Any]],
) -> None:
    found = problems(
        'external_id,full_name,birthday\nh-1,"two\nlines",\n\nh-2,"three\n\nlines",bad\nh-3,,bad\n'
    )

    assert [problem.line for problem in found] == [5, 8]


def test_refuses_an_external_id_that_an_earlier_row_has(
    problems: Callable[[str], list[Any]],
) -> None:
    found = problems("external_id,email\nh-1,\nh-2,\nh-1,a@example.com\n h-1 ,\n")

    assert [str(problem) for problem in found] == [
        "line 4, external_id “h-1”: is in line 2 already; keep one row for each membership",
        "line 5, external_id “h-1”: is in line 2 already; keep one row for each membership",
    ]


def test_refuses_the_same_external_id_among_those_that_exist(
    run: Import, problems: Callable[[str], list[Any]]
) -> None:
    run("external_id\nh-1\n")

    assert [problem.line for problem in problems("external_id\nh-1\nh-1\n")] == [3]


def test_touches_no_membership_of_another_space(
    run: Import, other_space: Space, stored: Stored
) -> None:
    run("external_id,email\nh-1,theirs@example.com\n", space=other_space)
    theirs = row_versions()

    assert counts(run("external_id\nh-1\n")) == (1, 0, 0, 0)
    assert counts(run("external_id,email\nh-1,ours@example.com\n")) == (0, 1, 0, 0)

    assert stored("h-1").email == "ours@example.com"
    assert theirs.items() <= row_versions().items()


def test_leaves_the_connection_as_it_was(run: Import, report: Path) -> None:
    def settings() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting(name) FROM unnest(ARRAY['TimeZone', 'DateStyle',"
                " 'work_mem', 'enable_nestloop']) AS name"
            )
            return cursor.fetchall()

    before = settings()
    run("external_id,birthday\nh-1,\nh-2,soon\n", skip_bad_rows=True, report=report)

    assert settings() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relpersistence = 't'")
        assert cursor.fetchone() == (0,)


def test_refuses_a_file_without_rows(run: Import) -> None:
    with pytest.raises(UnreadableFile, match="has a header, but no rows"):
        run("external_id,email\n")
    with pytest.raises(UnreadableFile, match="has a header, but no rows"):
        run("external_id,email\n\n,\n\n")
