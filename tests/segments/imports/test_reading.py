from __future__ import annotations

import codecs
import gzip
import io
import zipfile
from collections.abc import Callable
from typing import Any
from zipfile import ZIP_DEFLATED

import pytest

from segments.imports.memberships import MembershipsImported
from segments.imports.reading import opened
from segments.imports.refusals import BadRows, UnreadableFile, WrongHeader
from segments.models import Membership

Import = Callable[..., MembershipsImported]
Stored = Callable[[str], Membership]

FILE = "external_id,full_name\nh-1,Zoë\nh-2,Noël\n"


def zipped(*names: str, content: bytes = FILE.encode(), method: int = ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as file:
        for name in names:
            file.writestr(zipfile.ZipInfo(name), content, method)
    return archive.getvalue()


def encrypted() -> bytes:
    archive = bytearray(zipped("a.csv"))
    archive[6] |= 1  # in the file's own header, and in the directory
    archive[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(archive)


@pytest.mark.parametrize(
    "content",
    [
        FILE,
        codecs.BOM_UTF8 + FILE.encode(),
        FILE.replace("\n", "\r\n"),
        FILE.replace("\n", "\r"),
        FILE.removesuffix("\n"),
        FILE.replace(",", ";"),
        FILE.replace(",", "\t"),
        FILE.replace(",", ", "),
        "\n" + FILE,
        FILE.replace("\nh-2", "\n\n,\nh-2") + "\n\n",
        FILE.replace("\nh-2", "\r\nh-2"),
        '"external_id","full_name"\n"h-1","Zoë"\n"h-2","Noël"\n',
        codecs.BOM_UTF8 + b'"external_id","full_name"\r\nh-1,"Zo\xc3\xab"\r\nh-2,No\xc3\xabl\r\n',
        FILE.encode("cp1252"),
        FILE.encode("utf-16"),
        codecs.BOM_UTF16_BE + FILE.encode("utf-16-be"),
        FILE.encode("utf-16-le"),
        FILE.encode("utf-16-be"),
        FILE.replace("\n", "\r\n").replace(",", "\t").encode("utf-16"),  # Excel’s “Unicode text”
        zipped("members.csv"),
        zipped("members.csv", method=zipfile.ZIP_STORED),
        zipped("folder/", "folder/members.csv", "__MACOSX/folder/._members.csv"),
        zipped("members.csv", content=FILE.encode("utf-16")),
    ],
)
def test_reads(run: Import, stored: Stored, content: str | bytes) -> None:
    assert run(content).added == 2
    assert [stored(one).full_name for one in ("h-1", "h-2")] == ["Zoë", "Noël"]


def test_reads_a_pipe(run: Import) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *place: int) -> int:
            raise OSError

    with opened(Pipe(FILE.encode())) as file:
        assert file.header == ["external_id", "full_name"]


@pytest.mark.parametrize("quoted", ['"5"" pipe"', '5" pipe'])
def test_reads_a_quote_within_a_value(run: Import, stored: Stored, quoted: str) -> None:
    """Also where it should have been quoted, as in a spreadsheet; COPY alone would drop it."""
    run(f"external_id,full_name,phone\nh-1,{quoted},1\nh-2,{quoted},2\n")

    assert stored("h-1").full_name == '5" pipe'
    assert stored("h-2").phone == "2"


def test_reads_what_ends_the_data_for_some_versions_of_copy(run: Import) -> None:
    assert run("external_id\nh-1\n\\.\nh-2\n").added == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (codecs.BOM_UTF8, "is empty"),
        (b" \r\n \n", "is empty"),
        (codecs.BOM_UTF16_LE, "is empty"),
        (FILE.encode("utf-16")[:-1], "UTF-16 LE, but can't be read as such after line 3"),
        ("x,Zoë\n".encode() + FILE.encode("cp1252"), "Line 3 .* byte 0xEB would be “ë”"),
        (FILE.encode("cp1252") + b"\x81", "Line 4 .* 0x81 stands for nothing in Windows-1252"),
        (b"external_id,full_name\nh-1,a\nh-2,b\0\n", "Line 3 holds a NUL"),
        ((FILE + "h-3,\0\n").encode("utf-16"), "Line 4 holds a NUL"),
        (bytes(1000), "is empty"),
        (b"\x01\0" * 1000 + b"\0\x01" * 1000, "Line 1 holds a NUL"),
        (zipped("xl/workbook.xml"), "Excel workbook"),
        (zipped(), "holds 0 files"),
        (zipped("a.csv", "b.csv"), "holds 2 files"),
        (zipped("a.csv", content=zipped("b.csv")), "zip archive within another"),
        (zipped("a.csv", method=zipfile.ZIP_BZIP2), "packed in a way that is not read"),
        (zipped("a.csv", content=bytes(20_000_000)), "unpacks to more than 10 MB from 19,"),
        (zipped("a.csv")[:60], "archive is damaged"),
        (zipped("a.csv", method=0).replace(b"Zo", b"Xo"), "archive is damaged: Bad CRC"),
        (encrypted(), "encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel workbook"),
        (gzip.compress(FILE.encode(), mtime=0), "compressed with gzip"),
        (b"PAR1....", "Parquet"),
        (b'external_id,full_name\nh-1,"x\nh-2,y\nh-3,z\n', "row of line 2 and is not closed"),
        (b'external_id,full_name\nh-1,"x\nh-2,"y"\nh-3,z\n', "row of line 2 and is not closed"),
        (b'external_id\n"' + b"h-1\n" * 50_000, "row of line 2 and is not closed"),
        (b"external_id,email\nh-1\nh-2," + b"x" * 1_300_000, "Line 3 is longer than 1,000,000"),
        (b"x" * 2_000_000, "Line 1 is longer than 1,000,000 bytes"),
        (b'external_id\n"' + b"x,\n" * 500_000 + b'"', "row of line 2 and is not closed there"),
    ],
)
def test_says_what_a_file_seems_to_be(run: Import, content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        run(content, skip_bad_rows=True)
    assert Membership.objects.count() == 0


def test_finds_the_wrong_byte_far_into_a_file(run: Import) -> None:
    rows = b"".join(b"h-%d,\n" % row for row in range(60_000))
    with pytest.raises(UnreadableFile, match="Line 60002 holds a NUL"):
        run(b"external_id,full_name\n" + rows + b"x,\0\n")


def test_recognises_an_encoding_far_into_a_file(run: Import, stored: Stored) -> None:
    rows = b"".join(b"h-%d,\n" % row for row in range(60_000))

    run(b"external_id,full_name\n" + rows + b"x,Zo\xeb\n")

    assert stored("x").full_name == "Zoë"


@pytest.mark.parametrize("content", ["external_id\nh-ë".encode()[:-1], "a\nü\nh-ë".encode()[:-1]])
def test_refuses_a_file_that_ends_within_a_character(run: Import, content: bytes) -> None:
    with pytest.raises(UnreadableFile, match="ends within a character of UTF-8"):
        run(content)


def test_keeps_to_little_memory_with_a_line_of_any_length() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def seekable(self) -> bool:
            return True

        def seek(self, place: int, whence: int = 0) -> int:
            return place

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= 1024 * 1024
            self.given += size
            return b"x" * size

    file = Endless()
    with pytest.raises(UnreadableFile, match="Line 1 is longer"), opened(file):  # type: ignore[arg-type]
        pass
    assert file.given < 3_000_000


def test_refuses_a_first_row_without_end(run: Import) -> None:
    with pytest.raises(WrongHeader, match="longer than 64 KB"):
        run("x" * 100_000)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("h-1", "has 1 value where the header names 2 columns"),
        ("h-1,Ekberg, Vera", "has 3 values where the header names 2 columns"),
        ('h-1,"Vera" Ekberg', "has a quoted text that goes on after its closing quote"),
        (f'h-1,"{"x" * 140_000}"', "has a value of more than 131,072 characters"),
    ],
)
def test_names_rows_of_another_shape(
    run: Import, problems: Callable[[str], list[Any]], row: str, problem: str
) -> None:
    file = f"external_id,full_name\nh-0,\n{row}\nh-2,\n"

    assert [(one.line, one.column, one.problem) for one in problems(file)] == [(3, "", problem)]
    assert run(file, skip_bad_rows=True).added == 2


def test_never_skips_rows_whose_end_nobody_can_tell(run: Import) -> None:
    with pytest.raises(UnreadableFile):
        run('external_id,full_name\nh-1,"x\nh-2,y"z\nh-3,\n', skip_bad_rows=True)
    with pytest.raises(BadRows):
        run('external_id,full_name\nh-1,"x"y\nh-3,\n')
