"""The files of imports: what was sent, and what a run leaves for people. In the storage “imports”.

They hold members' data. Nothing serves them but the API and the admin, to those who may read the
space; ``segments.jobs`` removes them when they are old.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast
from uuid import uuid4

from django.core.files import File
from django.core.files.storage import Storage, storages

from segments.imports.refusals import ImportRefused, Problem
from segments.models import Import

_CHUNK = 256 * 1024


def _storage() -> Storage:
    return storages["imports"]


def keep(import_: Import, content: File[bytes]) -> str:
    """Put the content, which is not held in memory, into the storage; its name there.

    A file of Django's uploads is moved where the storage is on the same disk.
    """
    return _storage().save(f"{import_.space.id}/{import_.id}/{uuid4()}", content)


def keep_from(import_: Import, path: Path) -> str:
    """The same, for a file on this disk."""
    with path.open("rb") as file:
        return keep(import_, File(file))


def let_go(names: Sequence[str]) -> None:
    """Remove files; those that are gone already are passed over."""
    for name in filter(None, names):
        _storage().delete(name)


def stored(*, before: datetime.datetime) -> set[str]:
    """The names of all files that were put into the storage before then."""
    found = set()
    for space in _listed("")[0]:
        for import_ in _listed(space)[0]:
            for file in _listed(f"{space}/{import_}")[1]:
                name = f"{space}/{import_}/{file}"
                with suppress(FileNotFoundError):  # it went meanwhile
                    if _storage().get_modified_time(name) < before:
                        found.add(name)
    return found


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """The folders in it, and the files; none where nothing was ever put."""
    try:
        return _storage().listdir(folder)
    except FileNotFoundError:
        return [], []


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """:raises ImportRefused: when the file is there no longer."""
    if not _storage().exists(name):
        raise ImportRefused("The file is there no longer. Send it again.")
    with _storage().open(name, "rb") as file:
        yield cast(BinaryIO, file)


def chunks(name: str) -> Iterator[bytes]:
    """The file in parts, to be sent on."""
    with opened(name) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def count_lines(name: str) -> int:
    with opened(name) as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(_CHUNK), b""))


def count_problems(name: str) -> int:
    with opened(name) as file:
        rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
        return sum(1 for _ in rows) - 1


def problems(name: str, start: int, stop: int) -> list[Problem]:
    """Some of the problems that were written to a file: the first is 0."""
    found = []
    with opened(name) as file:
        rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
        next(rows)  # the header
        for line, *cells in islice(rows, start, stop):
            found.append(Problem(int(line), *cells))
    return found
