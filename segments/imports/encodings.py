"""Which encoding a file is in, and the same file in UTF-8."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, NamedTuple, NoReturn

from segments.imports.refusals import UnreadableFile

_CHUNK = 256 * 1024
_LONGEST_LINE = 1_000_000  # bytes
_NOT_IN_WINDOWS_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
_NAMES = {"utf-16-le": "UTF-16 LE", "utf-16-be": "UTF-16 BE", "cp1252": "Windows-1252"}


class InUtf8(NamedTuple):
    """A file as UTF-8 without any NUL, and what it was in."""

    file: BinaryIO
    encoding: str


@contextmanager
def in_utf8(file: BinaryIO) -> Iterator[InUtf8]:
    """The file itself, or a copy of it in UTF-8 on disk. Every byte has been looked at then.

    :raises UnreadableFile: when it is in no encoding that is known, or no text.
    """
    codec = _utf_16(file)
    if codec is None:
        if _is_utf8(file):
            yield InUtf8(file, "UTF-8")
            return
        _require_windows_1252(file)
        codec = "cp1252"
    with tempfile.TemporaryFile() as kept:
        _convert(file, codec, kept)
        _is_utf8(kept)
        yield InUtf8(kept, _NAMES[codec])


def _utf_16(file: BinaryIO) -> str | None:
    """Which of the two, by the byte order mark, or by where the zero bytes of Latin letters are."""
    file.seek(0)
    start = file.read(4096)
    if start.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if start.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    first, second = start[::2].count(0), start[1::2].count(0)
    if max(first, second) <= len(start) / 4 or 10 * min(first, second) > max(first, second):
        return None
    return "utf-16-le" if second else "utf-16-be"


def _is_utf8(file: BinaryIO) -> bool:
    """Whether it is, from end to end.

    :raises UnreadableFile: when it holds a NUL, a line without end, or half a character at its end.
    """
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, length = _Lines(), 0
    while chunk := file.read(_CHUNK):
        if b"\0" in chunk:
            raise UnreadableFile(
                f"Line {lines.after(chunk[: chunk.index(0)])} holds a NUL (a zero byte), which no "
                "text has. Is this a CSV file?"
            )
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        length = len(chunk) - last - 1 if last >= 0 else length + len(chunk)
        if length > _LONGEST_LINE:
            raise UnreadableFile(
                f"Line {lines.after(chunk)} is longer than {_LONGEST_LINE:,} bytes. Is this a CSV "
                "file?"
            )
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            return False
        lines.after(chunk)
    if decoder.getstate()[0]:
        raise UnreadableFile(
            f"Line {lines.after(b'')} ends within a character of UTF-8: the file seems to be cut "
            "off. Pass on the whole."
        )
    return True


class _Lines:
    """Counts lines: by line feeds or, where there are none, by carriage returns."""

    def __init__(self) -> None:
        self._feeds = self._returns = 0

    def after(self, some: bytes) -> int:
        """The line that one is on, having read on; the first is 1."""
        self._feeds += some.count(b"\n")
        self._returns += some.count(b"\r")
        return (self._feeds or self._returns) + 1


def _require_windows_1252(file: BinaryIO) -> None:
    """:raises UnreadableFile: when the file, which is not UTF-8, is for the most part, or has bytes
    that stand for nothing."""
    file.seek(0)
    first: tuple[int, int] | None = None
    in_order = amiss = 0
    for line, content in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
        if content.isascii():
            continue
        text = content.decode("utf-8-sig" if line == 1 else "utf-8", errors="surrogateescape")
        wrong = [ord(sign) - 0xDC00 for sign in text if "\udc80" <= sign <= "\udcff"]
        amiss += len(wrong)
        in_order += sum(not sign.isascii() for sign in text) - len(wrong)
        if wrong and first is None:
            first = line, wrong[0]
        if undefined := _NOT_IN_WINDOWS_1252.intersection(wrong):
            first, in_order = (line, min(undefined)), amiss  # refused, whatever the rest
            break
    if first and 10 * in_order > amiss:  # what is UTF-8 by chance is much less
        _refuse(*first)


def _refuse(line: int, byte: int) -> NoReturn:
    shown = bytes([byte])
    meaning = (
        "stands for nothing in Windows-1252 either"
        if byte in _NOT_IN_WINDOWS_1252
        else f"would be “{shown.decode('cp1252')}” in Windows-1252, which the file is not in as a "
        "whole"
    )
    raise UnreadableFile(
        f"Line {line} is not in UTF-8: its byte 0x{byte:02X} {meaning}. Correct it, or save the "
        "file as “CSV UTF-8”."
    )


def _convert(file: BinaryIO, codec: str, kept: IO[bytes]) -> None:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(codec)()
    lines = _Lines()
    try:
        while chunk := file.read(_CHUNK):
            some = decoder.decode(chunk).encode()
            kept.write(some)
            lines.after(some)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"The file seems to be in {_NAMES[codec]}, but can't be read as such after line "
            f"{lines.after(b'')}. Save it as “CSV UTF-8”."
        ) from error
