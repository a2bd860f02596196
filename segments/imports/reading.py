"""Reading a CSV file: what it is, its header, and its rows, as bytes or one by one."""

from __future__ import annotations

import codecs
import csv
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple, NoReturn

from segments.imports.refusals import UnreadableFile, WrongHeader

_CHUNK = 256 * 1024
_LONGEST_HEADER = 64 * 1024
_LONGEST_LINE = 1_000_000

# What the first bytes of a file that is no CSV say, and what to do then.
_OTHER_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive", "Save it as “CSV UTF-8” first."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save it as “CSV UTF-8” first."),
    (b"\x1f\x8b", "compressed with gzip", "Pass it on unpacked: gunzip -c FILE | … -"),
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


class CsvFile:
    """A CSV file in UTF-8, with or without a byte order mark, whose header has been read.

    ``file`` is open for reading bytes and can seek (``seekable`` makes any such).

    :raises UnreadableFile: when it is no such file: says what it seems to be.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, io.SEEK_END)
        head = self._head()
        self.separator, self.header, self._header_lines, taken = _header(head)
        file.seek(0)
        bom = file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
        self._body = len(head[:taken].encode()) + (len(codecs.BOM_UTF8) if bom else 0)

    @property
    def position(self) -> int:
        """How many bytes have been read."""
        return self._file.tell()

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the rows, without the header.

        :raises UnreadableFile: when they are not UTF-8, or hold a NUL.
        """
        self._file.seek(self._body)
        decoder = codecs.getincrementaldecoder("utf-8")()
        while chunk := self._file.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                self._refuse_encoding()
            if b"\0" in chunk:
                self._refuse_encoding()
            yield chunk
        if decoder.getstate()[0]:  # the file ends within a character
            self._refuse_encoding()

    def rows(self) -> Iterator[Row]:
        """The rows one by one, blank ones left out.

        :raises UnreadableFile: besides, when nobody can tell where a row ends: a quote is never
            closed, or only lines further on and within a cell.
        """
        self._file.seek(self._body)
        reader = csv.reader(self._lines(), delimiter=self.separator, strict=True)
        while True:
            line = self._header_lines + reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if self._header_lines + reader.line_num > line or "unexpected end" in str(error):
                    raise UnreadableFile(
                        f'A quote (") opens in the row of line {line} and is not closed there. '
                        'Close it, or write a quote within a quoted text twice ("").'
                    ) from error
                yield Row(line, [], broken=_GOES_ON if "expected" in str(error) else _TOO_LONG)
            else:
                if any(cells):
                    yield Row(line, cells)

    def _lines(self) -> Iterator[str]:
        text = io.TextIOWrapper(self._file, encoding="utf-8", newline="")
        try:
            while line := text.readline(_LONGEST_LINE):
                if "\0" in line:
                    self._refuse_encoding()
                if len(line) == _LONGEST_LINE:
                    raise UnreadableFile(
                        f"A line is longer than {_LONGEST_LINE:,} characters: is this a CSV file?"
                    )
                yield line
        except UnicodeDecodeError:
            self._refuse_encoding()
        finally:
            text.detach()  # it would close the file

    def _head(self) -> str:
        """The beginning of the file, as text without its byte order mark."""
        self._file.seek(0)
        start = self._file.read(_LONGEST_HEADER)
        if not start.strip(codecs.BOM_UTF8 + b" \t\r\n"):
            raise UnreadableFile("The file is empty. Its first row must name the columns.")
        for magic, kind, remedy in _OTHER_KINDS:
            if start.startswith(magic):
                raise UnreadableFile(f"The file is not CSV but {kind}. {remedy}")
        try:
            head = codecs.getincrementaldecoder("utf-8-sig")().decode(start)
        except UnicodeDecodeError:
            self._refuse_encoding()
        if "\0" in head:
            self._refuse_encoding()
        return head

    def _refuse_encoding(self) -> NoReturn:
        raise UnreadableFile(_what_is_wrong_with_the_encoding(self._file))


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


def _what_is_wrong_with_the_encoding(file: BinaryIO) -> str:
    file.seek(0)
    start = file.read(4096)
    zeros = start.count(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or zeros > len(start) / 4:
        return (
            "The file is in UTF-16, which Excel calls “Unicode text”. Save it as “CSV UTF-8”, or "
            "convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW"
        )
    file.seek(0)
    for line, content in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
        if b"\0" in content:
            return f"Line {line} holds a NUL (a zero byte), which no text has. Is this a CSV file?"
        try:
            content.decode("utf-8-sig" if line == 1 else "utf-8")
        except UnicodeDecodeError as error:
            byte = content[error.start : error.start + 1]
            character = byte.decode("cp1252", errors="replace")
            return (
                f"Line {line} is not in UTF-8: its byte 0x{byte.hex().upper()} would be "
                f"“{character}” in Windows-1252. Save the file as “CSV UTF-8”, or convert it: "
                "iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW"
            )
    return "The file is not in UTF-8. Save it as “CSV UTF-8”."
