"""From an import's row to the function that imports such a file, and back to its numbers."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError

from segments.imports.columns import membership_columns
from segments.imports.header import IDENTIFIERS, METADATA, match_header
from segments.imports.lists import ListMode, import_list
from segments.imports.loading import Loaded
from segments.imports.memberships import MembershipsMode, import_memberships
from segments.imports.refusals import WrongHeader
from segments.imports.staging import Progress
from segments.models import Import, ImportTarget, Segment, Unknown

__all__ = [
    "FIELDS",
    "METADATA",
    "aim",
    "carry_out",
    "check_options",
    "modes",
    "numbers",
    "objections",
]

# What the apps above say against a file for a list, in a sentence; nothing where one may be sent.
objections: list[Callable[[Segment], str]] = []

FIELDS = tuple(membership_columns(datetime.date.max))  # that a column may hold


def aim(import_: Import, segment: Segment | None) -> None:
    """Say what the rows are: memberships, or members of the segment.

    :raises ValidationError: it is a list that no file may be sent for.
    """
    if segment is not None and segment.is_list:
        for said in filter(None, (object_to(segment) for object_to in objections)):
            raise ValidationError({"segment": said})
    import_.segment = segment
    import_.target = ImportTarget.MEMBERSHIPS
    if segment is not None:
        import_.target = ImportTarget.AUDIENCE if segment.is_list else ImportTarget.SEGMENT


def modes(import_: Import) -> Sequence[str]:
    """What is possible; the first unless something else is said."""
    return list(MembershipsMode if import_.target == ImportTarget.MEMBERSHIPS else ListMode)


def check_options(import_: Import) -> None:
    """:raises ValidationError: when they don't go together."""
    possible = modes(import_)
    import_.mode = import_.mode or possible[0]
    if import_.mode not in possible:
        is_of_a_list = import_.target != ImportTarget.MEMBERSHIPS
        what = "the members of a list" if is_of_a_list else "memberships"
        choices = ", ".join(possible)
        raise ValidationError({"mode": f"An import of {what} takes one of {choices}."})
    _check_mapping(import_)


def _check_mapping(import_: Import) -> None:
    """That each column holds a field or nothing; and, when the file is there, one of its own."""
    mapping = import_.mapping or {}
    for name, field in mapping.items():
        if not (field is None or isinstance(field, str)):
            problem = f"“{name[:60]}” must hold the name of a field, or null to leave it out."
            raise ValidationError({"mapping": problem})
    if import_.look is None:
        return
    try:
        match_header(
            import_.look["header"],
            known=FIELDS,
            needed=[IDENTIFIERS],
            metadata=True,
            mapping=mapping,
        )
    except WrongHeader as error:
        raise ValidationError({"mapping": str(error)}) from error


def carry_out(
    import_: Import,
    file: BinaryIO,
    *,
    dry_run: bool,
    now: datetime.datetime,
    report: Path,
    failed_rows: Path,
    progress: Progress,
) -> Loaded:
    """Import the file, or count what that would do: then bad rows are counted with the others.

    :raises ImportRefused: see ``import_list`` and ``import_memberships``.
    """
    options: dict[str, Any] = {
        "space": import_.space,
        "file": file,
        "now": now,
        "mapping": import_.mapping,
        "dry_run": dry_run,
        "skip_bad_rows": dry_run or import_.skip_bad_rows,
        "report": report,
        "failed_rows": failed_rows,
        "progress": progress,
    }
    if import_.target == ImportTarget.MEMBERSHIPS:
        return import_memberships(mode=MembershipsMode(import_.mode), **options)
    assert import_.segment is not None  # or it would not have been started
    return import_list(
        segment=import_.segment,
        mode=ListMode(import_.mode),
        unknown=Unknown(import_.unknown),
        removable_share=import_.removable_share,
        confirmed=import_.confirmed,
        **options,
    )


def numbers(imported: Loaded) -> dict[str, Any]:
    """What an import did, or would do, by name."""
    told = asdict(imported)
    for name in ("first_problems", "report", "prepared", "dry_run", "mode"):
        told.pop(name, None)
    derived = {"unchanged", "skipped"} & set(dir(imported))
    return told | {name: getattr(imported, name) for name in sorted(derived)}
