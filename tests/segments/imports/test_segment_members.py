from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from segments.imports.refusals import (
    BadRows,
    ImportRefused,
    TooManyRemoved,
    UnreadableFile,
    WrongHeader,
)
from segments.imports.segment_members import (
    Mode,
    SegmentMembersImported,
    import_segment_members,
)
from segments.models import Membership, Segment, SegmentMembership, Space

Place = Callable[..., SegmentMembersImported]
Members = Callable[[str], set[str]]


@pytest.fixture
def place(space: Space, at: datetime.datetime, make_membership: Callable[..., Membership]) -> Place:
    """Import places, of the memberships a to e, given as rows ``segment,external_id``."""
    for external_id in "abcde":
        make_membership(external_id=external_id)

    def place(*rows: str, mode: Mode = Mode.ADD, **options: Any) -> SegmentMembersImported:
        header = "external_id" if "segment" in options else "segment,external_id"
        file = io.BytesIO("\n".join([header, *rows, ""]).encode())
        return import_segment_members(
            **{"space": space, "now": at, "file": file, "mode": mode, "confirmed": True, **options}
        )

    return place


@pytest.fixture
def gold(make_segment: Callable[..., Segment]) -> Segment:
    return make_segment("gold")


@pytest.fixture
def vip(make_segment: Callable[..., Segment]) -> Segment:
    return make_segment("vip")


@pytest.fixture
def members(space: Space) -> Members:
    def members(code: str) -> set[str]:
        places = SegmentMembership.objects.filter(space=space, segment__short_code=code)
        return set(places.values_list("membership__external_id", flat=True))

    return members


def counts(done: SegmentMembersImported) -> tuple[int, int, int, int]:
    return done.added, done.removed, done.unchanged, done.bad


def test_adds_members_to_the_segments_of_the_rows(
    place: Place, members: Members, gold: Segment, vip: Segment, at: datetime.datetime
) -> None:
    assert counts(place("gold,a", "vip,b", "gold,c")) == (3, 0, 0, 0)

    assert members("gold") == {"a", "c"}
    assert members("vip") == {"b"}
    assert set(SegmentMembership.objects.values_list("created_at", flat=True)) == {at}


def test_adding_again_writes_nothing(place: Place, gold: Segment) -> None:
    def rows() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT number, id, xmin::text FROM segments_segmentmembership")
            return cursor.fetchall()

    place("gold,a", "gold,b")
    before = rows()

    assert counts(place("gold,a", "gold,b", "gold,b")) == (0, 0, 3, 0)
    assert counts(place("gold,a", "gold,b", mode=Mode.REPLACE)) == (0, 0, 2, 0)
    assert rows() == before


def test_counts_a_repeated_row_once(place: Place, members: Members, gold: Segment) -> None:
    assert counts(place("gold,a", "gold,a", "gold,b")) == (2, 0, 1, 0)
    assert members("gold") == {"a", "b"}


def test_replaces_the_members_of_the_segments_in_the_file_alone(
    place: Place, members: Members, gold: Segment, vip: Segment
) -> None:
    place("gold,a", "gold,b", "vip,a")

    assert counts(place("gold,b", "gold,c", mode=Mode.REPLACE)) == (1, 1, 1, 0)

    assert members("gold") == {"b", "c"}
    assert members("vip") == {"a"}


def test_removes_the_rows_of_the_file(place: Place, members: Members, gold: Segment) -> None:
    place("gold,a", "gold,b", "gold,c")

    assert counts(place("gold,b", "gold,d", mode=Mode.REMOVE)) == (0, 1, 1, 0)

    assert members("gold") == {"a", "c"}


@pytest.mark.parametrize("mode", Mode)
def test_a_dry_run_counts_what_an_import_then_does_and_changes_nothing(
    place: Place, members: Members, gold: Segment, mode: Mode
) -> None:
    place("gold,a", "gold,b")
    rows = ("gold,b", "gold,c", "new,a", "gold,c")

    dry = place(*rows, mode=mode, create_segments=True, dry_run=True)

    assert members("gold") == {"a", "b"}
    assert not Segment.objects.filter(short_code="new").exists()
    done = place(*rows, mode=mode, create_segments=True)
    assert counts(dry) == counts(done)
    assert dry.segments_created == done.segments_created == 1


def test_takes_the_segment_of_all_rows_by_name(
    place: Place, members: Members, gold: Segment
) -> None:
    assert place("a", "b", segment="gold").added == 2
    assert members("gold") == {"a", "b"}


def test_makes_segments_when_asked_to(place: Place, members: Members, gold: Segment) -> None:
    done = place("new-1,a", "gold,a", "new-2,b", "new-1,c", create_segments=True)

    assert done.segments_created == 2
    assert members("new-1") == {"a", "c"}
    assert Segment.objects.get(short_code="new-1").name == "new-1"
    assert place("a", segment="other", create_segments=True).segments_created == 1
    assert place("a", segment="other", create_segments=True).segments_created == 0


def test_names_rows_of_unknown_segments_and_memberships(place: Place, gold: Segment) -> None:
    with pytest.raises(BadRows) as refusal:
        place("gold,a", "glod,b", "gold,z", ",c", "gold,")

    assert [str(problem) for problem in refusal.value.first] == [
        "line 3, segment “glod”: is not a segment of this space; "
        "create the segment first, or correct the code",
        "line 4, external_id “z”: is not a membership of this space; "
        "import the membership first, or correct the id",
        "line 5, segment: is missing; give every row the short code of a segment",
        "line 6, external_id: is missing; give every row the identifier of its membership",
    ]
    assert SegmentMembership.objects.count() == 0


def test_skips_bad_rows_when_asked_to(
    place: Place, members: Members, gold: Segment, tmp_path: Path
) -> None:
    report = tmp_path / "problems.csv"

    done = place("gold,a", "gold,z", "gold,b", skip_bad_rows=True, report=report)

    assert counts(done) == (2, 0, 0, 1)
    assert members("gold") == {"a", "b"}
    assert "3,external_id,z,is not a membership of this space" in report.read_text()


def test_makes_no_segment_for_a_bad_row(place: Place, members: Members) -> None:
    done = place("new,a", "odd code,a", "lost,z", create_segments=True, skip_bad_rows=True)

    assert (done.segments_created, done.bad) == (1, 2)
    assert done.first_problems[0].problem == "can't be a short code"
    assert list(Segment.objects.values_list("short_code", flat=True)) == ["new"]


def test_puts_nobody_into_the_list_of_an_audience(
    place: Place, members: Members, space: Space
) -> None:
    Segment.objects.create(space=space, short_code="list-1", name="VIPs", is_list=True)

    for create, problem in ((False, "is not a segment of this space"),
                            (True, "is the list of an audience")):  # fmt: skip
        with pytest.raises(BadRows) as refusal:
            place("list-1,a", "other,b", create_segments=create)
        assert refusal.value.first[0].problem == problem
        with pytest.raises(ImportRefused, match="list-1"):
            place("a", segment="list-1", create_segments=create)
    assert members("list-1") == set()


def test_never_empties_a_segment_of_which_all_rows_are_bad(
    place: Place, members: Members, gold: Segment
) -> None:
    place("gold,a")

    done = place("z", segment="gold", mode=Mode.REPLACE, skip_bad_rows=True)

    assert counts(done) == (0, 0, 0, 1)
    assert members("gold") == {"a"}


def test_never_empties_a_segment_for_a_file_without_rows(
    place: Place, members: Members, gold: Segment
) -> None:
    place("gold,a")

    with pytest.raises(UnreadableFile, match="no rows"):
        place(segment="gold", mode=Mode.REPLACE)

    assert members("gold") == {"a"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"segment": "glod"}, "no segment “glod” in the space “north”. Did you mean “gold”?"),
        ({"segment": "no good", "create_segments": True}, "“no good” can't be a segment's short"),
    ],
)
def test_refuses_a_segment_that_is_not_there(
    place: Place, gold: Segment, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ImportRefused) as refusal:
        place("a", **options)
    assert message in str(refusal.value)


def test_refuses_a_segment_named_twice(place: Place, gold: Segment, space: Space) -> None:
    with pytest.raises(WrongHeader, match="Leave out the one or the other"):
        place(segment="gold", file=io.BytesIO(b"Segment,external_id\ngold,a\n"))


def test_refuses_columns_it_does_not_know(place: Place, gold: Segment) -> None:
    with pytest.raises(WrongHeader, match="“city” is not known"):
        place(file=io.BytesIO(b"segment,external_id,city\ngold,a,\n"))


def test_knows_nothing_of_another_space(
    place: Place, other_space: Space, make_membership: Callable[..., Membership], gold: Segment
) -> None:
    make_membership(external_id="theirs", space=other_space)
    Segment.objects.create(space=other_space, short_code="theirs", name="Theirs")

    with pytest.raises(BadRows) as refusal:
        place("gold,theirs", "theirs,a")

    assert refusal.value.count == 2
    with pytest.raises(ImportRefused) as named:
        place("a", segment="theirs")
    assert "Did you mean" not in str(named.value)


def test_finds_members_by_email_and_phone(
    place: Place,
    members: Members,
    space: Space,
    gold: Segment,
    make_membership: Callable[..., Membership],
) -> None:
    make_membership(external_id="x", email="Xena@example.com")
    make_membership(external_id="y", phone="+31612345678")
    file = b"Segment,E-mail,Phone number\ngold,XENA@example.com,\ngold,,+31 6 1234 5678\n"

    assert counts(place(file=io.BytesIO(file))) == (2, 0, 0, 0)
    assert members("gold") == {"x", "y"}


def test_asks_before_much_of_a_segment_is_taken_off_it(
    place: Place, members: Members, gold: Segment, vip: Segment
) -> None:
    place("gold,a", "gold,b", "gold,c", "gold,d", "gold,e", "vip,a", "vip,b")
    rows = ("gold,a", "gold,b", "gold,c", "gold,d", "vip,a")

    with pytest.raises(TooManyRemoved, match="1 of the 2 off “vip”: 50%, where up to 20%"):
        place(*rows, mode=Mode.REPLACE, confirmed=False)
    assert members("gold") == {"a", "b", "c", "d", "e"}
    dry = place(*rows, mode=Mode.REPLACE, confirmed=False, dry_run=True)
    assert (dry.removed, dry.must_be_confirmed) == (2, True)

    done = place(*rows, mode=Mode.REPLACE, confirmed=False, removable_share=0.5)

    assert (done.removed, done.must_be_confirmed) == (2, False)
    assert members("vip") == {"a"}
