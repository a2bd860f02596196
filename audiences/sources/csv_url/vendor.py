"""A CSV file at an HTTPS URL: one list, read whole each time."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from audiences.sources.base import (
    Access,
    Beginning,
    Kind,
    Profile,
    SettingsError,
    SourceError,
    Vendor,
    VendorList,
)
from audiences.sources.web import Limits, Web, split
from segments.imports.reading import CsvFile, opened
from segments.imports.refusals import ImportRefused
from segments.imports.spellings import field_by_spelling

THE_FILE = "file"  # the id of the one list
_NAMES = ("first_name", "last_name")
_READ = {"external_id", "email", "phone", "full_name", *_NAMES}  # other columns are passed over
_LIMITS = Limits(bytes=2_000_000_000, seconds=1800)
_BEGINNING = Limits(bytes=1_000_000, seconds=10, cut=True)
_HIDDEN = "?…"  # in the place of a query, in which secrets are given
_REDIRECTS = 5
_PAGE = 1000


class CsvUrl(Vendor):
    name = "csv_url"
    label = "CSV at a URL"
    help_text = "A CSV file that is kept up to date at an HTTPS URL."
    kinds = (Kind.LIST,)
    needs_key = False
    key_help = "What the server wants in the header Authorization, if anything, such as “Bearer …”."
    settings = {"url": "The URL of the file, https://…. What follows a ? is not shown again."}

    def clean(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        clean = super().clean(settings)
        url = clean.get("url")
        if not isinstance(url, str) or not url:
            raise SettingsError({"url": "Give the URL of the file, https://…."})
        if url.endswith(_HIDDEN):
            whole = "Give the whole URL: what followed the ? is not shown, and goes with a change."
            raise SettingsError({"url": whole})
        try:
            split(url)
        except SourceError as error:
            raise SettingsError({"url": str(error)}) from error
        return clean

    def shown(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        url, query, _ = str(settings.get("url", "")).partition("?")
        return {**settings, "url": url.partition("#")[0] + (_HIDDEN if query else "")}

    def lists(self, access: Access) -> Iterator[VendorList]:
        url = urlsplit(access.settings["url"])
        name = PurePosixPath(unquote(url.path)).name or url.hostname or ""
        yield VendorList(Kind.LIST, THE_FILE, name)

    def check(self, access: Access) -> None:
        self.beginning(access, Kind.LIST, THE_FILE)

    def beginning(self, access: Access, kind: Kind, id: str) -> Beginning:
        """Of a large file, what a short download has; of a large archive, nothing."""
        file = io.BytesIO()
        is_whole = _download(access, file, _BEGINNING)
        if not is_whole:
            if file.getvalue().startswith(b"PK"):
                return Beginning([], None)
            file = io.BytesIO(_whole_lines(file.getvalue()))
        try:
            with opened(file) as csv:
                people = list(islice(_profiles(csv), None if is_whole else _PAGE))
        except ImportRefused as error:
            raise _not_understood(str(error)) from error
        return Beginning(people, len(people) if is_whole else None)

    def profiles(self, access: Access, kind: Kind, id: str) -> Iterator[Sequence[Profile]]:
        with tempfile.TemporaryFile() as file:
            _download(access, file, _LIMITS)
            try:
                with opened(file) as csv:
                    people = _profiles(csv)
                    while page := list(islice(people, _PAGE)):
                        yield page
            except ImportRefused as error:
                raise _not_understood(str(error)) from error


def _whole_lines(cut: bytes) -> bytes:
    """Without the last line, which may be cut within a letter."""
    if cut[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return cut.decode("utf-16", "ignore").rpartition("\n")[0].encode("utf-16")
    return cut.rpartition(b"\n")[0]


def _download(access: Access, file: BinaryIO, limits: Limits) -> bool:
    """Whether the file is whole: of a beginning, it may not be."""
    headers = {"Accept": "text/csv, */*;q=0.1"}
    if access.key:
        headers["Authorization"] = access.key
    with Web() as web:
        answer = web.get(
            access.settings["url"],
            headers=headers,
            into=file,
            limits=limits,
            redirects=_REDIRECTS,
        )
    if answer.status in (401, 403):
        raise SourceError(
            "key_refused",
            f"The server doesn't let us read the file ({answer.status}). Give the source the key "
            "that it wants.",
        )
    if answer.status in (404, 410):
        raise SourceError("not_found", "There is no file at this URL (any more). Correct the URL.")
    if answer.status != 200:
        raise SourceError(
            "unreachable", f"The server answers {answer.status} instead of the file. Try later."
        )
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise _not_understood("The file is sent compressed. Have it sent as it is.")
    return answer.is_whole


def _profiles(file: CsvFile) -> Iterator[Profile]:
    """The people of the file.

    :raises SourceError: a row can't be told apart: without it, its person would seem to have left.
    """
    fields = [field_by_spelling(name) for name in file.header]
    known = [name for name in fields if name in _READ]
    twice = [name for name in known if known.count(name) > 1]
    if twice:
        raise _not_understood(f"The file has several columns for {twice[0]}. Leave one.")
    if not {"external_id", "email", "phone"}.intersection(known):
        raise _not_understood(
            "The file has no column by which people are found: external_id, email or phone."
        )
    with closing(file.rows()) as rows:  # type: ignore[type-var]  # a generator
        for row in rows:
            problem = row.broken
            if not problem and len(row.cells) != len(fields):
                problem = (
                    f"has {len(row.cells)} values where the header names {len(fields)} columns"
                )
            if problem:
                raise _not_understood(f"The row of line {row.line} {problem}. Mend the file.")
            cells = zip(fields, row.cells, strict=True)
            person = {name: value.strip() for name, value in cells if name in _READ and value}
            halves = " ".join(person.pop(name) for name in _NAMES if name in person)
            yield Profile(**{"full_name": halves, **person})


def _not_understood(message: str) -> SourceError:
    return SourceError("not_understood", message)
