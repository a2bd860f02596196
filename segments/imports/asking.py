"""What one can ask of an import, and when: make it, send its file, correct it, have it counted and
run, cancel it, delete it.

    waiting → uploaded → counting → counted → running → succeeded
                            ↓                    ↓
                  failed, cancelled    needs confirmation, failed, cancelled

A file may be sent, and an import be changed or started, at any time but while it is worked on or
when it has succeeded. Functions that change an import are atomic and wait for each other.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.files import File
from django.db import transaction

from segments.imports import files
from segments.imports.look import Look, look
from segments.imports.refusals import ImportRefused
from segments.imports.targets import aim, check_options
from segments.models import Import, ImportState, Segment, Space
from segments.services import save_row

_FILES = ("file", "problems_file", "failed_rows_file")
_NOTHING_FOUND: Mapping[str, Any] = {
    "problems_file": "",
    "failed_rows_file": "",
    "problem_count": 0,
    "first_problems": [],
    "expected": None,
    "result": None,
    "error": "",
    "step": "",
    "rows_done": 0,
    "percent": 0,
    "confirmed": False,
    "started_at": None,
    "ended_at": None,
    "cancel_requested_at": None,
}


class NotNow(ImportRefused):
    """The import is in no state for it."""


def make_import(
    *, space: Space, segment: Segment | None = None, id: UUID | None = None, **options: Any
) -> Import:
    """An import of memberships, or of members of the ``segment``; it waits for its file.

    :raises ValidationError: naming each option that is not possible.
    """
    made = Import(space=space, **options, **({"id": id} if id else {}))
    aim(made, segment)
    check_options(made)
    return save_row(made)


@transaction.atomic
def change_import(import_: Import, **options: Any) -> None:
    """Change how the file is to be imported. What was found out about it before is forgotten.

    :raises NotNow: it is worked on, or has succeeded.
    :raises ValidationError: naming each option that is not possible.
    """
    _lock(import_)
    if all(getattr(import_, name) == value for name, value in options.items()):
        return
    _refuse_unless_open(import_, "be changed")
    if options.get("segment", import_.segment) != import_.segment:  # one that is gone is not told
        aim(import_, options["segment"])
    for name, value in options.items():
        setattr(import_, name, value)
    check_options(import_)
    _forget_findings(import_)
    import_.state = ImportState.UPLOADED if import_.file else ImportState.WAITING
    save_row(import_)


def take_file(
    import_: Import, content: File[bytes], *, name: str = "", at: datetime.datetime
) -> None:
    """Keep the file that is to be imported, in place of one sent before, and look at it.

    What was said before of a column that it has still holds; of the others, what they seem to be.

    :raises NotNow: the import is worked on, or has succeeded.
    :raises ImportRefused: the file can't be read; nothing is kept then.
    """
    _refuse_unless_open(import_, "take a file")
    kept = files.keep(import_, content)
    try:
        with files.opened(kept) as file:
            seen = look(file)
        lines = files.count_lines(kept)  # about as many rows: known for sure when they are read
        with transaction.atomic():
            _lock(import_)
            _refuse_unless_open(import_, "take a file")
            before = import_.file
            _forget_findings(import_)
            import_.file, import_.file_name, import_.file_size = kept, name[-255:], content.size
            import_.mapping = _mapping(seen, import_.mapping or {})
            import_.rows_total = max(lines - 1, 0)
            import_.look = asdict(seen)
            del import_.look["mapping"]
            import_.state, import_.uploaded_at = ImportState.UPLOADED, at
            import_.save()
            transaction.on_commit(lambda: files.let_go([before]), robust=True)
    except BaseException:
        files.let_go([kept])
        raise


@transaction.atomic
def start(import_: Import, *, dry_run: bool, confirmed: bool, at: datetime.datetime) -> None:
    """Have the file counted (``dry_run``) or imported; ``segments.jobs`` sees to it.

    ``confirmed``: though it removes more than the set share of a list.

    :raises NotNow: it is worked on, has succeeded, or waits for its file.
    """
    _lock(import_)
    _refuse_unless_open(import_, "be started")
    if not import_.file:
        raise NotNow("This import waits for its file. PUT it to upload_url first.")
    expected = import_.expected
    _forget_findings(import_)
    import_.expected = None if dry_run else expected
    import_.state = ImportState.COUNTING if dry_run else ImportState.RUNNING
    import_.confirmed, import_.asked_at = confirmed, at
    import_.save()


@transaction.atomic
def cancel(import_: Import, *, at: datetime.datetime) -> None:
    """Let it not happen. What is worked on ends within a second or two, and changes nothing.

    :raises NotNow: it has ended already.
    """
    _lock(import_)
    if import_.state in (ImportState.SUCCEEDED, ImportState.FAILED, ImportState.CANCELLED):
        raise NotNow(f"This import has {import_.state} already: there is nothing to cancel.")
    if import_.is_at_work and import_.started_at:
        import_.cancel_requested_at = import_.cancel_requested_at or at
    else:
        import_.state, import_.ended_at = ImportState.CANCELLED, at
    import_.save()


@transaction.atomic
def forget(import_: Import) -> None:
    """Delete the import and its files. What it imported stays.

    :raises NotNow: it is worked on.
    """
    _lock(import_)
    if import_.is_at_work:
        raise NotNow("This import is being worked on. Cancel it, then delete it.")
    names = [getattr(import_, name) for name in _FILES]
    import_.delete()
    transaction.on_commit(lambda: files.let_go(names))


@transaction.atomic
def give_up(import_: Import, *, at: datetime.datetime) -> None:
    """End an import that was to be worked on and isn't; it may be started again."""
    asked_at = import_.asked_at
    _lock(import_)
    if import_.is_at_work and import_.asked_at == asked_at:
        import_.state, import_.ended_at = ImportState.FAILED, at
        import_.error = (
            "The program that worked on this was stopped each time it tried. Nothing was changed. "
            "Look whether it has room enough, then run the import again."
        )
        import_.save()


def remove_files(import_: Import) -> None:
    """Remove the files of an import; it stays as a record of what was done."""
    with transaction.atomic():
        _lock(import_)
        if import_.is_at_work:
            return
        names = [getattr(import_, name) for name in _FILES]
        for name in _FILES:
            setattr(import_, name, "")
        if import_.state not in (ImportState.SUCCEEDED, ImportState.FAILED):
            import_.state = ImportState.CANCELLED
        import_.save()
    files.let_go(names)


def remove_nameless_files(*, before: datetime.datetime) -> int:
    """Remove the files, stored before then, that no import names: those of programs that were
    killed between storing a file and saying so, or of a space that is gone. How many."""
    stored = files.stored(before=before)
    named = Import.objects.with_files().values_list(*_FILES)
    nameless = stored.difference(*named)
    files.let_go(sorted(nameless))
    return len(nameless)


def _mapping(seen: Look, before: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name: before.get(name, field) for name, field in seen.mapping.items()}


def _lock(import_: Import) -> None:
    """Wait for whoever changes the import, and see what they made of it."""
    import_.refresh_from_db(from_queryset=Import.objects.select_for_update(of=("self",)))


def _refuse_unless_open(import_: Import, what: str) -> None:
    if import_.is_at_work:
        raise NotNow(f"This import is being worked on and can't {what}. Cancel it first.")
    if import_.state == ImportState.SUCCEEDED:
        raise NotNow(f"This import has succeeded and can't {what} again. Make a new one.")


def _forget_findings(import_: Import) -> None:
    stale = [import_.problems_file, import_.failed_rows_file]
    for name, value in _NOTHING_FOUND.items():
        setattr(import_, name, value)
    transaction.on_commit(lambda: files.let_go(stale))
