"""Whom a row means: by external id, else e-mail, else phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from segments.imports import people
from segments.imports.lists import ListImported, ListMode
from segments.imports.memberships import MembershipsImported, MembershipsMode
from segments.imports.refusals import BadRows, Problem
from segments.models import Membership, Space, Unknown

Import = Callable[..., MembershipsImported]
Enlist = Callable[..., ListImported]
Listed = Callable[[], set[str]]
Make = Callable[..., Membership]
Stored = Callable[[str], Membership]


@pytest.fixture
def known(space: Space, make_membership: Make) -> None:
    """Three people, each with an e-mail and a phone."""
    space.country = "NL"
    space.save()
    make_membership(external_id="ann", email="Ann@Example.com", phone="+31611111111")
    make_membership(external_id="bob", email="bob@example.com", phone="06 2222 2222")
    make_membership(external_id="cas", email="cas@example.com", phone="(020) 333-3333")


@pytest.mark.usefixtures("known")
class TestOfAList:
    @pytest.mark.parametrize(
        ("header", "row", "meant"),
        [
            ("external_id", "ann", "ann"),
            ("email", "ANN@example.com", "ann"),
            ("phone", "+31 6 1111 1111", "ann"),
            ("phone", "0611111111", "ann"),
            ("phone", "0031622222222", "bob"),
            ("phone", "+31203333333", "cas"),
            ("phone", "020-3333333", "cas"),
            ("external_id,email,phone", "ann,bob@example.com,020 333 3333", "ann"),
            ("external_id,email,phone", "x,bob@example.com,020 333 3333", "bob"),
            ("external_id,email,phone", "x,x@example.com,020 333 3333", "cas"),
            ("phone,email,external_id", ",,bob", "bob"),
            ("phone,email,external_id", "020 333 3333,ann@example.com,", "ann"),
        ],
    )
    def test_the_first_that_finds_somebody_counts(
        self, enlist: Enlist, listed: Listed, header: str, row: str, meant: str
    ) -> None:
        done = enlist(f"{header}\n{row}\n", unknown=Unknown.REFUSE)

        assert (done.added, done.created) == (1, 0)
        assert listed() == {meant}

    def test_a_person_found_by_several_rows_is_one(self, enlist: Enlist, listed: Listed) -> None:
        done = enlist("external_id,email,phone\nann,,\n,ann@example.com,\n,,0611111111\nann,,\n")

        assert (done.rows, done.added, done.repeated) == (4, 1, 3)
        assert listed() == {"ann"}

    def test_somebody_new_is_named_by_what_is_given(
        self, enlist: Enlist, listed: Listed, stored: Stored
    ) -> None:
        done = enlist(
            "external_id,email,phone\nnew,New@Example.com,06 4\n,Eve@Example.com,0655555555\n"
            ",,06 6666 6666\n"
        )

        assert (done.created, done.added) == (3, 3)
        assert listed() == {"new", "eve@example.com", "+31666666666"}
        assert (stored("new").email, stored("new").phone) == ("New@Example.com", "06 4")
        assert stored("eve@example.com").email == "Eve@Example.com"
        assert stored("eve@example.com").phone == "+31655555555"
        assert stored("+31666666666").phone == "+31666666666"

    def test_importing_again_finds_those_who_were_new(self, enlist: Enlist) -> None:
        file = (
            "external_id,email,phone\nnew,n@example.com,0644444444\n,E@example.com,0655555555\n"
            ",,06 6666 6666\n,N@EXAMPLE.COM,\n,,+31 6 4444 4444\n,e@example.com,\n"
        )
        first = enlist(file)
        assert (first.created, first.repeated) == (3, 3)

        again = enlist(file)

        assert (again.created, again.added, again.already_in, again.repeated) == (0, 0, 3, 3)

    def test_an_unknown_external_id_means_the_same_person_in_all_rows(
        self, enlist: Enlist, listed: Listed
    ) -> None:
        done = enlist("external_id,email\nx,ann@example.com\nx,\n")

        assert (done.added, done.created, done.repeated) == (1, 0, 1)
        assert listed() == {"ann"}

    def test_one_whose_external_id_is_their_email_is_found_by_it(
        self, enlist: Enlist, listed: Listed, make_membership: Make
    ) -> None:
        make_membership(external_id="dan@example.com", email="other@example.com")

        assert enlist("email\nDan@example.com\n").created == 0
        assert listed() == {"dan@example.com"}

    def test_several_who_share_an_email_or_phone_are_not_told_apart(
        self, enlist: Enlist, make_membership: Make
    ) -> None:
        make_membership(external_id="ann-2", email="ann@example.com", phone="+31 6 11111111")

        with pytest.raises(BadRows) as refusal:
            enlist(
                "external_id,email,phone\nann,ann@example.com,\n,ann@example.com,\n"
                ",,0611111111\n,new@example.com,\nn1,,0677777777\nn2,,0677777777\n,,0677777777\n"
            )

        assert [str(problem) for problem in refusal.value.first] == [
            "line 3, email “ann@example.com”: is the e-mail of several memberships; "
            "give the external id of the one that is meant",
            "line 4, phone “0611111111”: is the phone of several memberships; "
            "give the external id or e-mail of the one that is meant",
            "line 8, phone “0677777777”: is the phone of several memberships; "
            "give the external id or e-mail of the one that is meant",
        ]

    def test_a_row_must_name_somebody(self, enlist: Enlist) -> None:
        with pytest.raises(BadRows) as refusal:
            enlist("email,phone,full_name\n,,Eve\n,0612,\n,n/a,\neve@example.com,n/a,\n")

        assert [str(problem) for problem in refusal.value.first] == [
            "line 2: names nobody; give every row an email or phone",
            "line 3, phone “0612”: is not a phone number; "
            "write it with its country's code, such as +31201234567",
            "line 4, phone “n/a”: is not a phone number; "
            "write it with its country's code, such as +31201234567",
        ]

    def test_a_phone_without_a_country_finds_nobody_where_the_space_has_none(
        self, space: Space, enlist: Enlist
    ) -> None:
        space.country = ""
        space.save()

        assert enlist("phone\n+31611111111\n").already_in == 0
        with pytest.raises(BadRows, match="1 row"):
            enlist("phone\n0611111111\n")

    def test_knows_nobody_of_another_space(
        self, enlist: Enlist, listed: Listed, make_membership: Make, other_space: Space
    ) -> None:
        for name in ("theirs", "their-double"):
            make_membership(
                space=other_space, external_id=name, email="t@example.com", phone="+31699999999"
            )

        done = enlist("external_id,email,phone\ntheirs,,\n,t@example.com,\n,,+31699999999\n")

        assert done.created == 3
        assert listed() == {"theirs", "t@example.com", "+31699999999"}

    def test_reads_any_number_of_phones(
        self, enlist: Enlist, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(people, "_BATCH", 7)
        numbers = [f"06 1234 {number:04}" for number in range(50)]

        assert enlist("\n".join(["phone", *numbers, *numbers])).created == 50
        assert enlist("\n".join(["phone", *numbers])).already_in == 50


@pytest.mark.usefixtures("known")
class TestOfAFileOfMemberships:
    def test_an_external_id_that_is_given_decides_alone(self, run: Import) -> None:
        """An e-mail may be shared: by a household, for one."""
        done = run("external_id,email,phone\nnew,ann@example.com,+31611111111\n")

        assert (done.added, done.updated) == (1, 0)

    def test_rows_without_one_are_found_by_email_and_phone(
        self, run: Import, stored: Stored
    ) -> None:
        file = (
            "external_id,email,phone,total_orders\nann,ann@example.com,+31611111111,1\n"
            ",BOB@example.com,,2\n,,020 333 33 33,3\n,eve@example.com,,4\n"
        )

        done = run(file)

        assert (done.added, done.updated, done.unchanged) == (1, 3, 0)
        orders = {name: stored(name).total_orders for name in ("ann", "bob", "cas")}
        assert orders == {"ann": 1, "bob": 2, "cas": 3}
        assert stored("eve@example.com").total_orders == 4
        again = run(file)
        assert (again.added, again.updated, again.unchanged) == (0, 0, 4)

    def test_naming_by_email_says_nothing_of_the_phone(self, run: Import, stored: Stored) -> None:
        run("external_id,email,phone\n,bob@example.com,\n,,+31611111111\n")

        assert (stored("bob").phone, stored("ann").email) == ("06 2222 2222", "Ann@Example.com")

    def test_with_an_external_id_it_does(self, run: Import, stored: Stored) -> None:
        run("external_id,email,phone\nbob,,\n,cas@example.com,\n")

        assert (stored("bob").phone, stored("bob").email) == (None, None)

    def test_one_row_for_each_person(
        self, run: Import, problems: Callable[[str], list[Problem]]
    ) -> None:
        found = problems(
            "external_id,email,phone\nann,,\n,ann@example.com,\n,,0622222222\n,bob@example.com,\n"
            "new,new@example.com,\n,NEW@example.com,\n"
        )

        assert [str(problem).split(";")[0] for problem in found] == [
            "line 3, email “ann@example.com”: is in line 2 already",
            "line 5, email “bob@example.com”: is in line 4 already",
            "line 7, email “NEW@example.com”: is in line 6 already",
        ]

    def test_one_known_by_email_or_phone_alone_takes_the_external_id_that_is_given(
        self, run: Import, enlist: Enlist, listed: Listed
    ) -> None:
        enlist("email,phone\neve@example.com,\n,0677777777\n")
        numbers = set(Membership.objects.values_list("number", flat=True))

        done = run(
            "external_id,email,phone\nh-1,Eve@example.com,\nh-2,,+31677777777\n"
            "h-3,ann@example.com,\n"
        )

        assert (done.added, done.updated) == (1, 2)
        assert listed() == {"h-1", "h-2"}
        assert numbers <= set(Membership.objects.values_list("number", flat=True))

    def test_it_takes_none_of_two(self, run: Import, enlist: Enlist, listed: Listed) -> None:
        enlist("email\neve@example.com\n")

        assert run("external_id,email\nh-1,eve@example.com\nh-2,eve@example.com\n").added == 2
        assert listed() == {"eve@example.com"}

    def test_updates_only_those_who_are_there(self, run: Import, stored: Stored) -> None:
        done = run("external_id,total_orders\nann,1\nnew,1\n", mode=MembershipsMode.UPDATE_ONLY)

        assert (done.added, done.updated, done.unknown, done.unchanged) == (0, 1, 1, 0)
        assert Membership.objects.count() == 3


def test_removing_by_email_and_phone(known: None, enlist: Enlist, listed: Listed) -> None:
    enlist("external_id\nann\nbob\ncas\n")

    done = enlist("email,phone\nann@example.com,\n,0622222222\n,0688888888\n", ListMode.REMOVE)

    assert (done.removed, done.not_in, done.unknown) == (2, 0, 1)
    assert listed() == {"cas"}
