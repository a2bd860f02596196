"""Reading a CSV file: what it is, its header, and its rows, as bytes or one by one."""

from __future__ import annotations

import codecs
import csv
import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from segments.imports.archives import unpacked
from segments.imports.encodings import in_utf8
from segments.imports.refusals import UnreadableFile, WrongHeader

if TYPE_CHECKING:
    from _csv import Reader

_CHUNK = 256 * 1024
_LONGEST_HEADER = 64 * 1024

# What the first bytes of a file that is no CSV say, and what to do then.
_OTHER_KINDS = (
    (b"PK\x03\x04", "a zip archive within another", "Take it out first."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save it as “CSV UTF-8” first."),
    (b"\x1f\x8b", "compressed with gzip", "Pass it on unpacked, or as a zip archive."),
    (b"PAR1", "a Parquet file", "Export it as CSV first."),
    (b"%PDF", "a PDF document", "Ask for the table as CSV."),
)

_GOES_ON = "has a quoted text that goes on after its closing quote"
_TOO_LONG = f"has a value of more than {csv.field_size_limit():,} characters"


class Row(NamedTuple):
    """One row of the file, read in Python."""

    line: int  # on which it begins; the header is line 1
    cells: list[str]
    broken: str = ""  # what is wrong with its quotes, when its cells can't be told
    text: str = ""  # as it is in the file, line ends included, when asked for


class CsvFile:
    """A CSV file whose header has been read.

    ``file`` can seek, and is in UTF-8 without a NUL, as ``opened`` makes any.

    :raises WrongHeader: when it has none that can be read.
    """

    def __init__(self, file: BinaryIO, encoding: str = "UTF-8") -> None:
        self._file = file
        self.encoding = encoding  # before it was UTF-8
        self.size = file.seek(0, io.SEEK_END)
        file.seek(0)
        start = file.read(_LONGEST_HEADER)
        head = codecs.getincrementaldecoder("utf-8-sig")().decode(start)
        self.separator, self.header, self._header_lines, taken = _header(head)
        self.header = [name.strip() for name in self.header]
        bom = len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0
        self._body = len(head[:taken].encode()) + bom

    @property
    def position(self) -> int:
        """How many bytes have been read."""
        return self._file.tell()

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the rows, without the header."""
        self._file.seek(self._body)
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def rows(self, *, with_text: bool = False) -> Iterator[Row]:
        """The rows one by one, blank ones left out.

        :raises UnreadableFile: when nobody can tell where a row ends: a quote is never
            closed, or only lines further on and within a cell.
        """
        self._file.seek(self._body)
        text = io.TextIOWrapper(self._file, encoding="utf-8", newline="")
        kept: list[str] = []
        lines = _kept(text, kept) if with_text else text
        reader = csv.reader(lines, delimiter=self.separator, strict=True)
        try:
            while (row := self._next(reader)) is not None:
                if row.broken or any(row.cells):
                    yield row._replace(text="".join(kept)) if with_text else row
                kept.clear()
        finally:
            text.detach()  # it would close the file

    def _next(self, reader: Reader) -> Row | None:
        line = self._header_lines + reader.line_num + 1
        try:
            return Row(line, next(reader))
        except StopIteration:
            return None
        except csv.Error as error:
            if self._header_lines + reader.line_num > line or "unexpected end" in str(error):
                raise UnreadableFile(
                    f'A quote (") opens in the row of line {line} and is not closed there. '
                    'Close it, or write a quote within a quoted text twice ("").'
                ) from error
            return Row(line, [], broken=_GOES_ON if "expected" in str(error) else _TOO_LONG)


def _kept(lines: Iterable[str], kept: list[str]) -> Iterator[str]:
    """The lines, each added to ``kept`` too."""
    for line in lines:
        kept.append(line)
        yield line


@contextmanager
def opened(file: BinaryIO) -> Iterator[CsvFile]:
    """The CSV file that some bytes are: packed as a zip archive, in whichever encoding.

    Copies of it are made on disk where needed: of a pipe, an archive, another encoding.

    :raises UnreadableFile: when it is no such file: says what it seems to be.
    :raises WrongHeader: when it has no header that can be read.
    """
    with seekable(file) as raw, unpacked(raw) as plain:
        _refuse_other_kinds(plain)
        with in_utf8(plain) as (text, encoding):
            yield CsvFile(text, encoding)


@contextmanager
def seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    """The file itself, or, where it can't be read twice (a pipe), a copy of it on disk."""
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as kept:
        shutil.copyfileobj(file, kept, _CHUNK)
        yield kept


def _header(head: str) -> tuple[str, list[str], int, int]:
    """The separator, the names, and how many lines and characters the header takes.

    The separator is the one that makes the most columns of the header: the comma, or what Excel
    writes in countries with a decimal comma, or the tab.
    """
    return max((_header_by(separator, head) for separator in ",;\t"), key=lambda by: len(by[1]))


def _header_by(separator: str, head: str) -> tuple[str, list[str], int, int]:
    lines = io.StringIO(head, newline="")
    reader = csv.reader(lines, delimiter=separator)
    try:
        names = next(row for row in reader if row)
    except csv.Error as error:
        raise WrongHeader(f"The header can't be read: {error}.") from error
    if lines.tell() == len(head) and len(head.encode()) >= _LONGEST_HEADER - 4:
        raise WrongHeader(
            f"The first row is longer than {_LONGEST_HEADER // 1024} KB. It must name the columns, "
            "with a comma between and a line of its own."
        )
    return separator, names, reader.line_num, lines.tell()


def _refuse_other_kinds(file: BinaryIO) -> None:
    file.seek(0)
    start = file.read(_LONGEST_HEADER)
    if not start.strip(codecs.BOM_UTF8 + codecs.BOM_UTF16 + b"\0 \t\r\n"):
        raise UnreadableFile("The file is empty. Its first row must name the columns.")
    for magic, kind, remedy in _OTHER_KINDS:
        if start.startswith(magic):
            raise UnreadableFile(f"The file is not CSV but {kind}. {remedy}")
