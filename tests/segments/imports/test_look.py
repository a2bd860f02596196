from __future__ import annotations

import io

import pytest

from segments.imports.look import Look, LookRow, look
from segments.imports.refusals import UnreadableFile


def look_at(content: str, encoding: str = "utf-8") -> Look:
    return look(io.BytesIO(content.encode(encoding)))


def test_says_what_the_columns_seem_to_be_and_how_rows_read() -> None:
    seen = look_at(
        'Kundennummer;E-Mail;Vorname;Nachname;Notiz\n7; zoe@example.com ;Zoë;"B;c"\n\n8;;;;x\n',
        "cp1252",
    )

    assert seen == Look(
        encoding="Windows-1252",
        separator=";",
        header=["Kundennummer", "E-Mail", "Vorname", "Nachname", "Notiz"],
        mapping={
            "Kundennummer": "external_id",
            "E-Mail": "email",
            "Vorname": "first_name",
            "Nachname": "last_name",
            "Notiz": None,
        },
        rows=[
            LookRow(
                line=2,
                cells=["7", "zoe@example.com", "Zoë", "B;c"],
                problem="has 4 values where the header names 5 columns",
            ),
            LookRow(line=4, cells=["8", "", "", "", "x"]),
        ],
    )


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16 LE"),
        ("utf-16-be", "UTF-16 BE"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_says_which_encoding_it_is_in(encoding: str, name: str) -> None:
    seen = look_at("email,name\na@example.com,Zoë\n", encoding)

    assert (seen.encoding, seen.rows[0].cells[1]) == (name, "Zoë")


def test_shows_ten_rows_at_most() -> None:
    assert len(look_at("external_id\n" + "x\n" * 100).rows) == 10


def test_a_file_without_rows_can_be_looked_at() -> None:
    assert look_at("segment,external_id").mapping == {
        "segment": "segment",
        "external_id": "external_id",
    }


def test_refuses_what_is_no_such_file() -> None:
    with pytest.raises(UnreadableFile, match="is empty"):
        look_at("")
