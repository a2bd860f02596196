"""COPY and Python read a file that passes as plain to the same cells."""

from __future__ import annotations

import io

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from segments.imports import reading
from segments.imports.plain import NotPlain, PlainCheck
from segments.imports.reading import CsvFile
from segments.imports.refusals import UnreadableFile
from segments.imports.staging import silent, stage_as_it_is, stage_row_by_row

# Little texts of what matters to CSV, so that odd neighbours are frequent.
TEXTS = st.text(alphabet='aé"", \n\r\\.;\t\u00a0', max_size=40)
TABLES = st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1, max_size=4)


def staged(content: bytes, stage: object) -> list[tuple[str | None, ...]]:
    """The rows of a file with a header of two columns, but for empty ones."""
    with transaction.atomic(), connection.cursor() as cursor:
        rows = stage(cursor, CsvFile(io.BytesIO(content)), silent)  # type: ignore[operator]
        cursor.execute(f"SELECT c0, c1 FROM {rows.source} WHERE broken IS NULL ORDER BY line")
        cells = [row for row in cursor.fetchall() if any(row)]
        transaction.set_rollback(True)
        return cells


@pytest.mark.django_db
@pytest.mark.parametrize("chunk", [1, 2, 7, 4096])
@example(body=',"\r"')
@example(body='"\na",b')
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=TEXTS)
def test_any_text(body: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_CHUNK", chunk)
    content = b"a,b\n" + body.encode()
    try:
        plainly = staged(content, stage_as_it_is)
    except (NotPlain, UnreadableFile):
        return
    assert not plainly or plainly == staged(content, stage_row_by_row)


@given(table=TABLES, end=st.sampled_from(["\n", "\r\n", "\r"]), every=st.booleans(), data=st.data())
def test_a_well_formed_file_is_plain(
    table: list[list[str]], end: str, every: bool, data: st.DataObject
) -> None:
    def written(cell: str) -> str:
        odd = every or any(sign in cell for sign in '",\n\r')
        return '"' + cell.replace('"', '""') + '"' if odd else cell

    content = "".join(",".join(map(written, row)) + end for row in table).encode()
    check = PlainCheck(",")
    try:
        while content:
            size = data.draw(st.integers(1, len(content)))
            check.take(content[:size])
            content = content[size:]
        check.end()
    except NotPlain:
        assert any("\\." in cell for row in table for cell in row)


@pytest.mark.parametrize(
    ("body", "padded"),
    [
        (b"a,b c\n", False),
        (b"a, b\n", True),
        (b"a ,b\n", True),
        (b"a,b \n", True),
        (b" a,b\n", True),
        (b'a,"b "\n', True),
        (b"a,\tb\n", True),
        ("a,\u00a0b\n".encode(), True),
        (b'"a","b"\n"c","d"\n', False),
        (b'a,"\nb"\n', True),
        (b'a,"b\r"\n', True),
        (b'a,"b\nc"\n', False),
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_sees_blanks_around_cells(body: bytes, padded: bool, size: int) -> None:
    check = PlainCheck(",")
    for start in range(0, len(body), size):
        check.take(body[start : start + size])
    assert check.padded is padded


def test_a_tab_between_cells_is_no_blank() -> None:
    check = PlainCheck("\t")
    check.take(b"a\tb\nc\td e\n")
    assert not check.padded


@pytest.mark.parametrize(
    "body",
    [
        b'5" pipe,1\n',
        b'"a"b,1\n',
        b'a"",1\n',
        b'""a,1\n',
        b'"a',
        b"\\.\n",
    ],
)
def test_refuses(body: bytes) -> None:
    def judge() -> None:
        check = PlainCheck(",")
        check.take(body)
        check.end()

    with pytest.raises(NotPlain):
        judge()


def test_refuses_a_quoted_text_without_end() -> None:
    check = PlainCheck(",")
    check.take(b'a,"' + b"x" * 600_000)
    with pytest.raises(NotPlain):
        check.take(b"x" * 600_000)
