from __future__ import annotations

from collections.abc import Callable

import pytest

from segments.imports.header import match_header
from segments.imports.memberships import MembershipsImported
from segments.imports.refusals import WrongHeader

KNOWN = ["external_id", "email", "birthday"]


def match(*header: str) -> list[str]:
    return match_header(header, known=KNOWN, required=["external_id"], metadata=True)


def test_ignores_case_and_surrounding_blanks() -> None:
    assert match(" EXTERNAL_ID", "E-Mail".replace("-", ""), "birthday\t") == KNOWN


def test_keeps_the_case_of_names_within_metadata() -> None:
    assert match("external_id", " Metadata.Home.City ") == ["external_id", "metadata.Home.City"]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (["external_id", "brithday"], "“brithday” is not known. Did you mean “birthday”?"),
        (["external_id", "income"], "name it “metadata.income”"),
        (["external_id", "zzz"], "The columns are: external_id, email, birthday."),
        (["external_id", "email", "EMAIL"], "“email” is in the header twice"),
        (["external_id", "metadata.a", "metadata.a"], "“metadata.a” is in the header twice"),
        (["external_id", " "], "Column 2 of the header has no name"),
        (["email"], "no column “external_id”, which every row needs. It has: email."),
        (["household-1", "vera@example.com"], "“household-1” is not known"),
        (["external_id", *(f"metadata.{n}" for n in range(500))], "501 columns"),
    ],
)
def test_refuses(header: list[str], message: str) -> None:
    with pytest.raises(WrongHeader) as refusal:
        match(*header)
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
