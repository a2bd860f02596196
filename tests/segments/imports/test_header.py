from __future__ import annotations

from collections.abc import Callable

import pytest

from segments.imports.header import IDENTIFIERS, guess, match_header
from segments.imports.memberships import MembershipsImported
from segments.imports.refusals import WrongHeader

KNOWN = ["external_id", "email", "birthday", "full_name", "first_name", "last_name", "phone"]


def match(*header: str, **mapping: str | None) -> list[str | None]:
    return match_header(
        header, known=KNOWN, needed=[IDENTIFIERS], metadata=True, mapping=mapping or None
    )


def test_ignores_case() -> None:
    assert match("EXTERNAL_ID", "Email", "birthday") == ["external_id", "email", "birthday"]


def test_keeps_the_case_of_names_within_metadata() -> None:
    assert match("external_id", "Metadata.Home.City") == ["external_id", "metadata.Home.City"]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("E-mail", "email"),
        ("Email Address", "email"),
        ("e_mail", "email"),
        ("Phone Number", "phone"),
        ("Téléphone", "phone"),
        ("Customer ID", "external_id"),
        ("externalId", "external_id"),
        ("Date of Birth", "birthday"),
        ("Name", "full_name"),
        ("tags", "metadata.tags"),
        ("loyaltyPoints", "metadata.loyalty_points"),
    ],
)
def test_knows_common_spellings(name: str, field: str) -> None:
    assert guess([name], known=KNOWN, metadata=True) == {name: field}


@pytest.mark.parametrize("name", ["shoe size", "id", "Vorname", "metadata", "", "名前"])
def test_leaves_out_what_it_does_not_know(name: str) -> None:
    assert guess([name], known=KNOWN, metadata=True) == {name: None}


def test_guesses_first_and_last_name_together_where_there_is_no_full_one() -> None:
    both = guess(["Vorname", "Nachname"], known=KNOWN)
    assert both == {"Vorname": "first_name", "Nachname": "last_name"}
    full = guess(["Vorname", "Nachname", "Name"], known=KNOWN)
    assert full == {"Vorname": None, "Nachname": None, "Name": "full_name"}


def test_prefers_a_fields_own_name_to_a_spelling_of_it() -> None:
    found = guess(["E-mail address", "EMAIL", "Mail"], known=KNOWN)
    assert found == {"E-mail address": None, "EMAIL": "email", "Mail": None}


def test_a_mapping_decides() -> None:
    mapping = {"Shop no": "external_id", "Notes": None, "email": "metadata.mail"}

    assert match("email", "Shop no", "Notes", "Phone", **mapping) == [
        "metadata.mail",
        "external_id",
        None,
        "phone",
    ]


def test_passes_over_the_column_that_says_what_is_wrong() -> None:
    assert match("what_is_wrong", "email") == [None, "email"]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (["external_id", "brithday"], "“brithday” is not known. Did you mean “birthday”?"),
        (["external_id", "income"], "name it “metadata.income”"),
        (["external_id", "zzz"], "The columns are: external_id, email, birthday,"),
        (["external_id", "email", "EMAIL"], "“email” is in the header twice"),
        (["external_id", "Mail", "E-mail"], "“Mail” and “E-mail” both seem to be “email”"),
        (["external_id", "metadata.a", "metadata.a"], "“metadata.a” is in the header twice"),
        (["external_id", ""], "Column 2 of the header has no name"),
        (["birthday"], "no column “external_id” or “email” or “phone”, which every row needs."),
        (["household-1", "vera@example.com"], "“household-1” is not known"),
        (["external_id", *(f"metadata.{n}" for n in range(500))], "501 columns"),
    ],
)
def test_refuses(header: list[str], message: str) -> None:
    with pytest.raises(WrongHeader) as refusal:
        match(*header)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"zip": None}, "no column “zip”, which the mapping names. It has: email, Code, Notes."),
        ({"Code": "emial"}, "“Code” is mapped to “emial”, which is no field. Did you mean “email”"),
        ({"Code": "email"}, "“email” and “Code” are both “email”"),
        ({"Code": "metadata.code"}, "“Notes” is not known"),
        ({"Code": "first_name", "Notes": "full_name"}, "The full_name is mapped, and the first"),
        ({"email": None, "Code": None, "Notes": None}, "no column “external_id” or “email” or"),
    ],
)
def test_refuses_a_mapping(mapping: dict[str, str | None], message: str) -> None:
    with pytest.raises(WrongHeader) as refusal:
        match("email", "Code", "Notes", **mapping)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("metadata.", "empty name"),
        ("metadata.a..b", "empty name"),
        ("metadata.a,metadata.a.b", "can't both be"),
        ("metadata.a.b,metadata.a", "can't both be"),
        ("metadata.a.b.c.d.e.f", "more than 5 levels"),
    ],
)
def test_refuses_metadata_that_can_not_be(
    run: Callable[..., MembershipsImported], columns: str, message: str
) -> None:
    with pytest.raises(WrongHeader, match=message):
        run(f"external_id,{columns}\nh-1{',' * (columns.count(',') + 1)}\n")
