"""The worker's side of an import: takes it up, does it, and says how it ended."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import close_old_connections, transaction
from django.utils import timezone
from psycopg.errors import QueryCanceled

from segments.imports import files, targets
from segments.imports.loading import Loaded
from segments.imports.refusals import BadRows, Cancelled, ImportRefused, Problem, TooManyRemoved
from segments.imports.watching import Watch
from segments.models import Import, ImportState, ImportTarget

# What the apps above do when an import has changed a list, in its transaction.
AfterImport = Callable[[Import, datetime.datetime], None]
after_import: list[AfterImport] = []

_UNFORESEEN = "Something went wrong here, and is logged. Nothing was changed; it can be run again."


def carry_out(*, number: int, now: datetime.datetime) -> None:
    """Count or import the file of an import (its number), as was asked.

    One that was cancelled meanwhile, or that another worker has carried out, stays as it is.
    Whatever fails is told by the import; what nobody foresaw is raised, besides.
    """
    import_ = _take_up(number, now)
    if import_ is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        work, watch = _Work(import_, Path(folder), now), Watch(import_)
        try:
            with watch:
                work.do(watch)
        except Cancelled:
            work.end(ImportState.CANCELLED)
        except TooManyRemoved as refusal:
            work.end(ImportState.NEEDS_CONFIRMATION, error=str(refusal))
        except BadRows as refusal:
            found = work.problems(refusal.first, refusal.count)
            work.end(ImportState.FAILED, error=str(refusal), **found)
        except ImportRefused as refusal:
            work.end(ImportState.FAILED, error=str(refusal))
        except Exception as error:
            if watch.stopped and isinstance(error.__cause__, QueryCanceled):
                work.end(ImportState.CANCELLED)
                return
            work.end(ImportState.FAILED, error=_UNFORESEEN)
            raise


@transaction.atomic
def _take_up(number: int, now: datetime.datetime) -> Import | None:
    """The import, if it is to be worked on; from here on no other worker ends it."""
    waiting = Import.objects.at_work().select_for_update(of=("self",))
    import_ = waiting.select_related("space", "segment").filter(pk=number).first()
    if import_ is None:
        return None
    import_.attempt += 1
    import_.started_at = now
    if import_.cancel_requested_at:
        import_.state, import_.ended_at = ImportState.CANCELLED, now
    elif import_.target != ImportTarget.MEMBERSHIPS and import_.segment is None:
        import_.state, import_.ended_at = ImportState.FAILED, now
        import_.error = "The list that this import was for has been deleted."
    import_.save()
    return import_ if import_.is_at_work else None


class _Work:
    """One attempt at an import. Files that it leaves are in the ``folder`` until it ends."""

    def __init__(self, import_: Import, folder: Path, now: datetime.datetime) -> None:
        self._import = import_
        self._now = now
        self._report = folder / "problems.csv"
        self._failed_rows = folder / "failed_rows.csv"
        self._kept: list[str] = []

    def do(self, watch: Watch) -> None:
        dry_run = self._import.state == ImportState.COUNTING
        with transaction.atomic(), files.opened(self._import.file) as file:
            imported = targets.carry_out(
                self._import,
                file,
                dry_run=dry_run,
                now=self._now,
                report=self._report,
                failed_rows=self._failed_rows,
                progress=watch,
            )
            found = self._found(imported)
            if dry_run:
                done = self._write(ImportState.COUNTED, expected=targets.numbers(imported), **found)
            else:
                for follow in after_import:
                    follow(self._import, self._now)
                result = targets.numbers(imported)
                done = self._write(ImportState.SUCCEEDED, result=result, **found)
            if not done:  # what was imported is undone with it
                raise Cancelled

    def end(self, state: ImportState, **values: Any) -> None:
        """Say how an attempt ended that changed nothing. Files that ``values`` don't name go."""
        close_old_connections()
        told = self._write(state, **values)
        files.let_go([name for name in self._kept if not (told and name in values.values())])

    def problems(self, first: list[Problem], bad: int) -> dict[str, Any]:
        """What is told of bad rows; their files are put into the storage."""
        if not bad:
            return {}
        self._kept = [files.keep_from(self._import, self._report)]
        if self._failed_rows.exists():
            self._kept.append(files.keep_from(self._import, self._failed_rows))
        return {
            "problems_file": self._kept[0],
            "failed_rows_file": self._kept[1] if len(self._kept) > 1 else "",
            "problem_count": files.count_problems(self._kept[0]),
            "first_problems": [
                {**problem._asdict(), "value": problem.value or ""} for problem in first
            ],
        }

    def _found(self, imported: Loaded) -> dict[str, Any]:
        found = self.problems(imported.first_problems, imported.bad)
        return found | {"rows_done": imported.rows, "rows_total": imported.rows, "percent": 100}

    def _write(self, state: ImportState, **values: Any) -> int:
        """How many rows that is: none when the attempt is no longer the last."""
        mine = Import.objects.at_work().filter(pk=self._import.pk, attempt=self._import.attempt)
        return mine.update(
            state=state, ended_at=timezone.now(), touched_at=timezone.now(), step="", **values
        )
