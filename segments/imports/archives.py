"""A zip archive of one CSV file, taken out on disk."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO

from segments.imports.refusals import UnreadableFile

_CHUNK = 256 * 1024
_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_LARGEST = 8 * 1024**3
_HIGHEST_RATIO = 200  # of bytes out to bytes in; CSV is seldom packed beyond 30 to 1
_ALWAYS_TAKEN = 10 * 1024**2  # whatever the ratio
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack without a bound on memory


@contextmanager
def unpacked(file: BinaryIO) -> Iterator[BinaryIO]:
    """The one file within the archive, or the file itself where it is no archive.

    :raises UnreadableFile: when the archive holds anything but one CSV file, or one too large.
    """
    file.seek(0)
    is_archive = file.read(4) in _MAGIC
    file.seek(0)
    if not is_archive:
        yield file
        return
    with tempfile.TemporaryFile() as kept:
        try:
            with zipfile.ZipFile(file) as archive:
                _take_out(archive, _only_entry(archive), kept)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise UnreadableFile(
                f"The zip archive is damaged: {error}. Make it again, or pass on the CSV file."
            ) from error
        yield kept


def _only_entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" in names or "xl/workbook.xml" in names:
        raise UnreadableFile(
            "The file is not CSV but an Excel workbook. Save it as “CSV UTF-8” first."
        )
    # What macOS adds to the archives it makes.
    entries = [entry for entry in entries if not entry.filename.startswith("__MACOSX/")]
    if len(entries) != 1:
        raise UnreadableFile(
            f"The zip archive holds {len(entries):,} files. It must hold one, the CSV file."
        )
    (entry,) = entries
    if entry.flag_bits & 1:
        raise UnreadableFile("The zip archive is encrypted. Pass it on without a password.")
    if entry.compress_type not in _METHODS:
        raise UnreadableFile(
            "The zip archive is packed in a way that is not read here. Make it by “deflate”, as "
            "nearly all programs do."
        )
    return entry


def _take_out(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, kept: IO[bytes]) -> None:
    most = min(_LARGEST, max(_ALWAYS_TAKEN, _HIGHEST_RATIO * entry.compress_size))
    size = 0
    with archive.open(entry) as packed:
        while chunk := packed.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise UnreadableFile(
                    f"The zip archive unpacks to more than {most // 1024**2:,} MB from "
                    f"{entry.compress_size:,} bytes, which no list of people does. Pass on the "
                    "CSV file itself, or in parts."
                )
            kept.write(chunk)
